import type { JsonObject } from '#lib/base/json';
import type { Command } from '../command.ts';
import { milliseconds, money, short, table } from '../format.ts';
import { connected, integer } from '../options.ts';
import { type TraceStep, traceTree } from '../trace-tree.ts';

interface Execution extends JsonObject {
  id: string;
  state: string;
  program: string;
  version: number;
  latencyMs: number | null;
  costNanoUsd: number | null;
  createdAt: string;
}

export const logs: Command = {
  summary: 'the newest executions, or one with its trace tree',
  usage: '[EXECUTION] [--limit N]',
  options: { limit: { type: 'string' } },
  optionDocs: { limit: 'how many of the newest; default 20' },
  run: (call) =>
    connected(call, async ({ client }) => {
      const [id] = call.positionals;
      if (id !== undefined) {
        const { body } = await client.get<Execution>('executions', id);
        const { body: trace } = await client.call<{ steps: TraceStep[] }>('executions', 'trace', { id });
        call.screen.result({ ...body, steps: trace.steps }, () => traceTree(body, trace.steps));
        return 0;
      }
      const executions: Execution[] = [];
      const limit = integer(call, 'limit') ?? 20;
      for await (const execution of client.list<Execution>('executions', { limit: Math.min(100, limit) })) {
        if (executions.push(execution) >= limit) break;
      }
      call.screen.result(executions, (all) =>
        all.length === 0
          ? 'no executions yet: dspex run PROGRAM --input JSON'
          : table([
              ['execution', 'state', 'program', 'latency', 'cost', 'started', 'output'],
              ...all.map((one) => [
                one.id,
                one.state,
                `${one.program}@${one.version}`,
                milliseconds(one.latencyMs),
                money(one.costNanoUsd),
                one.createdAt,
                short(one.output, 40),
              ]),
            ]),
      );
      return 0;
    }),
};
