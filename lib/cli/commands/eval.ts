import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { JsonObject } from '#lib/base/json';
import type { Client } from '#lib/derive/client/client';
import type { Command, CommandCall } from '../command.ts';
import { WrongUsage } from '../command.ts';
import { interval, milliseconds, money, percent, table } from '../format.ts';
import { connected, integer, positional, required, text } from '../options.ts';

export interface Report {
  score: number | null;
  interval: { low: number; high: number } | null;
  examples: number;
  failed: number;
  costNanoUsd: number | null;
  latencyMs: { mean: number; p50: number; p95: number } | null;
  usage: { calls: number; inputTokens: number; outputTokens: number };
  parts: Record<string, number>;
}

export const evaluate: Command = {
  summary: 'measure a program version on a dataset',
  usage: 'PROGRAM --dataset NAME --metric NAME|FILE|JSON [--split test] [--at-least SCORE]',
  options: {
    dataset: { type: 'string' },
    metric: { type: 'string' },
    split: { type: 'string' },
    version: { type: 'string' },
    alias: { type: 'string' },
    limit: { type: 'string' },
    concurrency: { type: 'string' },
    implementation: { type: 'string' },
    repetitions: { type: 'string' },
    folds: { type: 'string' },
    reuse: { type: 'string' },
    'at-least': { type: 'string' },
  },
  optionDocs: {
    dataset: 'name or id',
    metric: 'the name of a metric, a JSON/YAML file, or JSON such as {"kind":"exact_match","output":"answer"}',
    split: 'train, validation or test; default all',
    version: 'default: "live", else the newest',
    alias: 'measure what this alias points at',
    limit: 'only the first so many examples',
    concurrency: 'examples at the same time; default: as many as the models permit, else 16',
    implementation: 'native or python: serve every module there that can be',
    repetitions: 'runs of each example, each with draws of its own; default 1',
    folds: 'also the scores of so many seeded parts of the examples',
    reuse: 'an earlier evaluation: what has not changed is taken over from it',
    'at-least': 'exit with 1 when the score is below this: a gate for CI',
  },
  run: (call) =>
    connected(call, async ({ client }) => {
      const program = positional(call, 0, 'PROGRAM');
      const wanted = text(call, 'at-least');
      if (wanted !== undefined && !Number.isFinite(Number(wanted)))
        throw new WrongUsage(`--at-least wants a number, there was "${wanted}"`);
      const started = await client.call<JsonObject>('programs', 'evaluate', {
        id: program,
        input: {
          dataset: required(call, 'dataset'),
          metric: await metricOf(required(call, 'metric')),
          ...optional(call, ['split', 'alias', 'implementation', 'reuse']),
          ...numbers(call, ['version', 'limit', 'concurrency', 'repetitions', 'folds']),
        },
      });
      const evaluation = await follow(client, String(started.location?.split('/').at(-1)), call);
      const { report } = evaluation;
      call.screen.result(evaluation, () => (report === null ? `failed: ${evaluation.failure}` : reportTable(report)));
      if (report === null || evaluation.state !== 'completed') return 1;
      return wanted !== undefined && (report.score ?? 0) < Number(wanted) ? 1 : 0;
    }),
};

interface Evaluation extends JsonObject {
  id: string;
  state: string;
  failure: string | null;
}

async function follow(client: Client, id: string, call: CommandCall): Promise<Evaluation & { report: Report | null }> {
  const bar = call.screen.bar('evaluate');
  for await (const { event, data } of client.stream('evaluations', id, 'events')) {
    const news = data as unknown as { finished: number; examples: number; score: number };
    if (event === 'progress') bar.update(news.finished, news.examples, `score ${percent(news.score)}`);
    if (event !== 'end') continue;
    bar.done();
    return data as unknown as Evaluation & { report: Report | null };
  }
  throw new Error(`the events of ${id} ended early`);
}

export function reportTable(report: Report): string {
  return table([
    ['score', '95% interval', 'examples', 'failed', 'cost', 'latency p50', 'p95'],
    [
      percent(report.score),
      interval(report.interval),
      String(report.examples),
      String(report.failed),
      money(report.costNanoUsd),
      milliseconds(report.latencyMs?.p50),
      milliseconds(report.latencyMs?.p95),
    ],
  ]);
}

/** A metric's name, or one in place: JSON text, or a file with it. */
export async function metricOf(given: string): Promise<unknown> {
  if (given.trimStart().startsWith('{')) {
    try {
      return JSON.parse(given);
    } catch (error) {
      throw new WrongUsage(`--metric is no JSON: ${(error as Error).message}`);
    }
  }
  if (!/\.(ya?ml|json)$/.test(given)) return given;
  return parse(await readFile(given, 'utf8'));
}

export function optional(call: CommandCall, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.flatMap((name) => (text(call, name) === undefined ? [] : [[name, text(call, name) as string]])),
  );
}

export function numbers(call: CommandCall, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.flatMap((name) => (integer(call, name) === undefined ? [] : [[name, integer(call, name) as number]])),
  );
}
