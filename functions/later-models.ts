import type { Embeddings } from '#lib/lm/embedding/spec';
import type { GatewayStats, OpenGateway } from '#lib/lm/gateway';
import { once } from './later.ts';

const UNASKED: GatewayStats = {
  ...{ calls: 0, attempts: 0, failures: 0 },
  hits: { memory: 0, store: 0, flight: 0 },
  stored: { written: 0, tooLarge: 0, failed: 0 },
};

/** The gateway, loaded with the first model call. What nobody has asked has nothing to write and nothing to count. */
export function laterGateway(open: () => Promise<OpenGateway>): OpenGateway {
  let opened: OpenGateway | null = null;
  const gateway = once(async () => {
    opened = await open();
    return opened;
  });
  return {
    complete: async (request) => (await gateway()).complete(request),
    flush: async () => opened?.flush(),
    close: async () => opened?.close(),
    stats: () => opened?.stats() ?? UNASKED,
  };
}

/** The same for embeddings. */
export function laterEmbeddings(open: () => Promise<Embeddings>): Embeddings {
  let opened: Embeddings | null = null;
  const embeddings = once(async () => {
    opened = await open();
    return opened;
  });
  return {
    embed: async (request) => (await embeddings()).embed(request),
    flush: async () => opened?.flush(),
  };
}
