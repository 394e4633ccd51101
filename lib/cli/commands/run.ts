import type { JsonObject } from '#lib/base/json';
import type { Client } from '#lib/derive/client/client';
import type { Command } from '../command.ts';
import { connected, flag, integer, jsonObject, positional, text } from '../options.ts';
import { looksLikeFile, readProgramFile } from '../program-file.ts';
import { type TraceStep, traceTree } from '../trace-tree.ts';
import { publishSource } from './publish.ts';

interface Execution extends JsonObject {
  id: string;
  state: string;
  latencyMs: number | null;
}

export const run: Command = {
  summary: 'run a program (by name, or straight from a file) and show its output',
  usage: 'PROGRAM|FILE --input JSON|@FILE [--version N | --alias NAME] [--variables JSON] [--trace]',
  options: {
    input: { type: 'string' },
    version: { type: 'string' },
    alias: { type: 'string' },
    variables: { type: 'string' },
    implementation: { type: 'string' },
    trace: { type: 'boolean' },
    model: { type: 'string' },
  },
  optionDocs: {
    input: 'the program input as a JSON object, or @FILE',
    version: 'default: what the alias "live" points at, else the newest',
    alias: 'run the version this alias points at',
    variables: 'values that replace those of the version, for this run',
    implementation: 'native or python: serve every module there that can be',
    trace: 'also show every step',
    model: 'what a new data folder uses for programs that name no model',
  },
  run: (call) => {
    const model = text(call, 'model');
    const work = async ({ client }: { client: Client }): Promise<number> => {
      const target = positional(call, 0, 'PROGRAM or FILE');
      const file = looksLikeFile(target) ? await readProgramFile(target) : null;
      const published = file === null ? null : await publishSource(client, file.name, file.source);
      const variables = await jsonObject(call, 'variables');
      const version = integer(call, 'version') ?? published?.version;
      const alias = text(call, 'alias');
      const implementation = text(call, 'implementation');
      const { body, location } = await client.call<Execution>('programs', 'run', {
        id: published?.id ?? target,
        wait: true,
        input: {
          input: (await jsonObject(call, 'input')) ?? {},
          ...(version === undefined ? {} : { version }),
          ...(alias === undefined ? {} : { alias }),
          ...(variables === undefined ? {} : { variables }),
          ...(implementation === undefined ? {} : { implementation }),
        },
      });
      const execution = await settledExecution(client, body, location);
      const trace = flag(call, 'trace')
        ? await client.call<{ steps: TraceStep[] }>('executions', 'trace', { id: execution.id })
        : null;
      call.screen.result(trace === null ? execution : { ...execution, steps: trace.body.steps }, () =>
        [
          JSON.stringify(execution.output ?? execution.failure, null, 2),
          trace === null ? `trace: dspex logs ${execution.id}` : `\n${traceTree(execution, trace.body.steps)}`,
        ].join('\n'),
      );
      return execution.state === 'completed' ? 0 : 1;
    };
    return connected(call, work, model === undefined ? {} : { model });
  },
};

/** A long run answers 202 before it has ended: its events are followed to the end. */
async function settledExecution(client: Client, body: Execution, location: string | null): Promise<Execution> {
  if (body.state === 'completed' || body.state === 'failed' || body.state === 'cancelled') return body;
  const id = body.id ?? location?.split('/').at(-1) ?? '';
  for await (const { event, data } of client.stream('executions', id, 'events'))
    if (event === 'end') return data as Execution;
  return (await client.get<Execution>('executions', id)).body;
}
