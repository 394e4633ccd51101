import type { Clock } from '#lib/base/clock';
import type { Outbound } from '#lib/outbound/exchange';
import type { Blobs } from '#lib/ports/blobs';
import type { Python } from '#lib/ports/python';
import type { Secrets } from '#lib/ports/secrets';
import type { SearchCorpus } from '../corpus.ts';
import { builtinTool } from './builtin.ts';
import type { ToolRunners } from './call.ts';
import { httpTool } from './http.ts';
import { type InvokeFunction, lambdaTool } from './lambda.ts';
import { mcpTool } from './mcp.ts';
import { pythonTool } from './python.ts';

/** Every kind of tool that a home has what it takes for; the others fail by name. */
export function toolRunners(home: {
  outbound: Outbound;
  secrets: Pick<Secrets, 'get'>;
  clock: Clock;
  search?: SearchCorpus;
  /** Where functions of users run, and where their files are. */
  python?: { pool: Pick<Python, 'call'>; blobs: Pick<Blobs, 'get'> };
  /** Lambda functions, and the names of those that may be called. */
  lambda?: { invoke: InvokeFunction; allow: readonly string[] };
}): ToolRunners {
  const { outbound, secrets, clock, search, python, lambda } = home;
  return {
    http: httpTool(outbound, secrets),
    builtin: builtinTool(clock),
    mcp: mcpTool(outbound, secrets),
    ...(python === undefined ? {} : { python: pythonTool(python.pool, python.blobs) }),
    ...(lambda === undefined ? {} : { lambda: lambdaTool(lambda.invoke, lambda.allow) }),
    ...(search === undefined
      ? {}
      : {
          corpus: async ({ corpus, k }, args, { workspaceId, signal, onCalls, purse }) => {
            const found = await search(workspaceId, corpus, String(Object.values(args)[0] ?? ''), k, signal, purse);
            onCalls?.(found.calls);
            return found.passages.map(({ text }) => text);
          },
        }),
  };
}
