import type { Clock } from '#lib/base/clock';
import type { Outbound } from '#lib/outbound/exchange';
import type { Secrets } from '#lib/ports/secrets';
import type { SearchCorpus } from '../corpus.ts';
import { builtinTool } from './builtin.ts';
import type { ToolRunners } from './call.ts';
import { httpTool } from './http.ts';
import { mcpTool } from './mcp.ts';

/** The kinds of tools that every home can call. Python and Lambda are added by a home that has them. */
export function toolRunners(home: {
  outbound: Outbound;
  secrets: Pick<Secrets, 'get'>;
  clock: Clock;
  search?: SearchCorpus;
}): ToolRunners {
  const { outbound, secrets, clock, search } = home;
  return {
    http: httpTool(outbound, secrets),
    builtin: builtinTool(clock),
    mcp: mcpTool(outbound, secrets),
    ...(search === undefined
      ? {}
      : {
          corpus: async ({ corpus, k }, args, { workspaceId, signal, onCalls }) => {
            const found = await search(workspaceId, corpus, String(Object.values(args)[0] ?? ''), k, signal);
            onCalls?.(found.calls);
            return found.passages.map(({ text }) => text);
          },
        }),
  };
}
