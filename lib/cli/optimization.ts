import type { JsonObject } from '#lib/base/json';
import type { Client } from '#lib/derive/client/client';
import type { CommandCall } from './command.ts';
import type { Report } from './commands/eval.ts';
import { interval, milliseconds, money, percent, short, table } from './format.ts';

/** Following an optimization on a terminal, and its result as tables. */

export interface Trial extends JsonObject {
  id: string;
  number: number;
  origin: string;
  assignment: JsonObject;
  examples: number;
  quality: number | null;
}

export interface Optimization extends JsonObject {
  id: string;
  state: string;
  failure: string | null;
}

export interface Outcome {
  winner: string | null;
  reason: string;
  assignment: JsonObject;
  version: number | null;
  split: string;
  baseline: Report | null;
  optimized: Report | null;
  comparison: { difference: number | null; interval: { low: number; high: number } | null; pairs: number } | null;
  promoted: boolean;
}

export interface Warmed {
  trials: number;
  from: { optimizationId: string }[];
  passedOver: { reason: string; trials: number }[];
}

export interface Followed {
  optimization: Optimization & {
    warmed?: Warmed | null;
    result: Outcome | null;
    progress: { calls: number; cachedCalls: number; trials: number };
  };
  trials: Trial[];
}

/** Draws the search until it has ended. The bar counts program runs: `expectedRuns` in the search, then the measurements. */
export async function followOptimization(
  client: Client,
  id: string,
  call: CommandCall,
  expectedRuns: number | null,
): Promise<Followed> {
  const search = call.screen.bar('optimize');
  const measure = call.screen.bar('measure on test');
  const trials: Trial[] = [];
  const measured = new Map<string, { finished: number; examples: number }>();
  let runs = 0;
  let best = '';
  for await (const { event, data } of client.stream('optimizations', id, 'events')) {
    if (event === 'trial') trials.push(data as unknown as Trial);
    else if (event === 'slice') {
      const { number, finished, examples, origin } = data as unknown as SliceNews;
      search.update(runs + finished, expectedRuns, `trial ${number} (${origin}) ${finished}/${examples}${best}`);
      if (finished === examples) runs += examples;
    } else if (event === 'progress') {
      const { bestQuality } = data as unknown as { bestQuality: number | null };
      best = bestQuality === null ? '' : `, best ${percent(bestQuality)}`;
    } else if (event === 'measure') {
      if (measured.size === 0) search.done(`${trials.length} trials, ${runs} program runs${best} on validation`);
      const { evaluation, finished, examples } = data as unknown as {
        evaluation: string;
        finished: number;
        examples: number;
      };
      measured.set(evaluation, { finished, examples });
      const all = [...measured.values()];
      const done = all.reduce((sum, one) => sum + one.finished, 0);
      // Baseline and winner are measured one beside the other.
      measure.update(done, 2 * examples, `${done}/${2 * examples}`);
    } else if (event === 'end') {
      const optimization = data as unknown as Followed['optimization'];
      const { calls, cachedCalls } = optimization.progress;
      if (measured.size === 0) search.done(`${trials.length} trials`);
      else measure.done(`search: ${calls} model calls, ${cachedCalls} of them from the cache`);
      return { optimization, trials };
    }
  }
  throw new Error(`the events of ${id} ended early`);
}

interface SliceNews {
  number: number;
  finished: number;
  examples: number;
  origin: string;
}

/** Baseline against optimized on the split the search never saw. */
export function resultTable({ baseline, optimized, comparison, split }: Outcome): string {
  if (baseline === null || optimized === null) return 'no result';
  const row = (name: string, report: Report): string[] => [
    name,
    percent(report.score),
    interval(report.interval),
    String(report.examples),
    money(report.costNanoUsd),
    milliseconds(report.latencyMs?.p50),
    String(Math.round((report.usage.inputTokens + report.usage.outputTokens) / Math.max(1, report.examples))),
  ];
  const rows = [
    ['', `score (${split})`, '95% interval', 'n', 'cost', 'latency p50', 'tokens/run'],
    row('baseline', baseline),
    row('optimized', optimized),
  ];
  const difference = comparison?.difference;
  const gain =
    difference === null || difference === undefined
      ? ''
      : `\n\ndifference ${difference >= 0 ? '+' : ''}${(100 * difference).toFixed(1)} points ${interval(comparison?.interval)}, paired over ${comparison?.pairs} examples`;
  return table(rows) + gain;
}

/**
 * Where the gain came from, as far as the search saw it: for each variable, the mean quality of trials that had the
 * winner's value (nearest third, for numbers) minus that of the others.
 */
export function contributions(
  trials: readonly Trial[],
  winner: JsonObject,
): { variable: string; value: string; effect: number | null; trials: number }[] {
  const measured = trials.filter((trial) => trial.quality !== null && trial.origin !== 'bootstrap');
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return Object.keys(winner)
    .map((variable) => {
      const like = nearness(
        measured.map((trial) => trial.assignment[variable]),
        winner[variable],
      );
      const inside = measured.filter((_, index) => like[index]).map((trial) => trial.quality ?? 0);
      const outside = measured.filter((_, index) => !like[index]).map((trial) => trial.quality ?? 0);
      const effect = inside.length > 0 && outside.length > 0 ? mean(inside) - mean(outside) : null;
      const value = winner[variable];
      const shown =
        typeof value === 'object' && value !== null && 'candidate' in value
          ? `set ${value.candidate}`
          : short(value, 40);
      return { variable, value: shown, effect, trials: inside.length };
    })
    .sort((a, b) => (b.effect ?? 0) - (a.effect ?? 0));
}

function nearness(values: readonly unknown[], wanted: unknown): boolean[] {
  const numbers = values.filter((value) => typeof value === 'number');
  if (typeof wanted !== 'number' || numbers.length < values.length)
    return values.map((value) => JSON.stringify(value) === JSON.stringify(wanted));
  const reach = (Math.max(...numbers) - Math.min(...numbers)) / 6;
  return values.map((value) => Math.abs((value as number) - wanted) <= reach);
}

export function contributionTable(rows: ReturnType<typeof contributions>): string {
  return table([
    ['variable', 'winner has', 'effect on quality in the search', 'trials with it'],
    ...rows.map(({ variable, value, effect, trials }) => [
      variable,
      value,
      effect === null ? '-' : `${effect >= 0 ? '+' : ''}${(100 * effect).toFixed(1)} points`,
      String(trials),
    ]),
  ]);
}
