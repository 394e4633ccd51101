import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createApp } from '#lib/derive/http/app';
import { writeAtomically } from '#lib/local/folder/atomic-write';
import { nameDefaultModel } from '#lib/resources/language-model/default';
import { createFirstKey } from '#lib/resources/workspace/first-key';
import { version } from './version.ts';
import { type Local, type LocalOptions, openLocal } from './wire-local.ts';

export interface House extends Omit<Local, 'work'> {
  /** Starts the workers. */
  work(): Promise<void>;
  app: ReturnType<typeof createApp>;
  workspaceId: string;
  /** The admin key, when this start made it: shown once, and kept in the 0600 file `keyFile`. */
  newKey: string | null;
  keyFile: string;
}

export interface HouseOptions extends LocalOptions {
  /** The model that programs use when they name none; `provider/model`. Only for a new data folder. */
  defaultModel?: string;
}

const DEFAULT_MODEL = 'embedded/SmolLM2-135M-Instruct';

/** The local product with its HTTP surface: folder, kernel, app, first key, default model. Workers are not started yet. */
export async function openHouse(options: HouseOptions): Promise<House> {
  const local = await openLocal(options);
  try {
    const keyFile = join(options.dataDir, 'admin.key');
    const token = (options.environment ?? process.env).DSPEX_API_KEY;
    const first = await createFirstKey({ kernel: local.kernel, store: local.home.store }, 'default', {
      ...(token ? { token } : {}),
      // On disk before it is valid: a crash between the two must not lose the only key.
      keep: (key) => writeAtomically(keyFile, `${key}\n`),
    });
    await nameDefaultModel(
      { kernel: local.kernel, store: local.home.store },
      first.workspaceId,
      options.defaultModel ?? DEFAULT_MODEL,
    );
    const app = createApp({
      kernel: local.kernel,
      cursorKey: await cursorKey(local),
      version,
      metrics: () => lmMetrics(local),
      onFault: ({ traceId, method, route, error }) => options.onFault?.(`${method} ${route} (trace ${traceId})`, error),
    });
    const { workspaceId, token: newKey } = first;
    return { ...local, work: () => local.work([workspaceId]), app, workspaceId, newKey, keyFile };
  } catch (error) {
    await local.close();
    throw error;
  }
}

/** Cursors handed out before a restart stay good after it. */
async function cursorKey({ home }: Local): Promise<string> {
  const known = await home.secrets.get('local:cursor-key');
  if (known !== null) return known;
  const made = randomBytes(32).toString('base64url');
  await home.secrets.put('cursor-key', made);
  return made;
}

function lmMetrics({ gateway }: Local) {
  const { calls, hits, attempts, failures } = gateway.stats();
  const counter = (name: string, help: string, value: number) => ({
    name,
    help,
    type: 'counter' as const,
    samples: [{ labels: {}, value }],
  });
  return [
    counter('dspex_lm_calls_total', 'Model calls asked for.', calls),
    counter('dspex_lm_cache_hits_memory_total', 'Answers from memory.', hits.memory),
    counter('dspex_lm_cache_hits_store_total', 'Answers from the store.', hits.store),
    counter('dspex_lm_cache_hits_flight_total', 'Answers shared with a call under way.', hits.flight),
    counter('dspex_lm_provider_attempts_total', 'Calls that reached a provider.', attempts),
    counter('dspex_lm_failures_total', 'Calls that failed for good.', failures),
  ];
}
