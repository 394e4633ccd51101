import { intervalOfMean, quantile } from './interval.ts';
import { byExample, deviationWithin } from './repetition.ts';
import type { Avoided, EvaluationReport, ExampleResult, Judging } from './report.ts';

/**
 * The aggregates of an evaluation, from its per-example results alone: the same for one process and for slices joined
 * afterwards. `examples` and `repetitions` say how many there were to run, so that an unfinished evaluation shows as one.
 */
export function summarize(
  results: readonly ExampleResult[],
  options: { examples?: number; repetitions?: number; state?: EvaluationReport['state']; seed?: number | string } = {},
): EvaluationReport {
  const failures: Record<string, number> = {};
  const parts = new Map<string, { sum: number; weight: number }>();
  const usage = { calls: 0, inputTokens: 0, outputTokens: 0 };
  const scored = { count: 0, sum: 0, weight: 0 };
  let weight = 0;
  let degraded = 0;
  for (const result of results) {
    usage.calls += result.calls;
    usage.inputTokens += result.inputTokens;
    usage.outputTokens += result.outputTokens;
    weight += result.weight;
    if (result.degraded === true) degraded++;
    if (result.score === null) {
      const name = result.failure?.name ?? 'Internal';
      failures[name] = (failures[name] ?? 0) + 1;
      continue;
    }
    scored.count++;
    scored.sum += result.weight * result.score;
    scored.weight += result.weight;
    for (const [name, value] of Object.entries(result.parts ?? {})) {
      const part = parts.get(name) ?? { sum: 0, weight: 0 };
      part.sum += result.weight * value;
      part.weight += result.weight;
      parts.set(name, part);
    }
  }
  const clusters = byExample(results);
  const examples = options.examples ?? clusters.length;
  return {
    state: options.state ?? 'completed',
    results: [...results],
    examples,
    runs: examples * (options.repetitions ?? 1),
    finished: results.length,
    scored: scored.count,
    failed: results.length - scored.count,
    degraded,
    score: scored.weight > 0 ? scored.sum / scored.weight : null,
    scoreWithFailuresAsZero: weight > 0 ? scored.sum / weight : null,
    interval:
      weight > 0
        ? intervalOfMean(
            clusters.map(({ score }) => score),
            clusters.map((cluster) => cluster.weight),
            options.seed,
          )
        : null,
    deviationWithin: deviationWithin(results),
    parts: Object.fromEntries(
      Array.from(parts, ([name, part]) => [name, part.weight > 0 ? part.sum / part.weight : 0]),
    ),
    failures,
    avoided: avoided(results),
    judge: judging(results),
    usage,
    costNanoUsd: sumOrNull(results.map((result) => result.costNanoUsd)),
    spentNanoUsd: sumOrNull(results.map((result) => result.spentNanoUsd)),
    latencyMs: latencies(results),
  };
}

function avoided(results: readonly ExampleResult[]): Avoided {
  const sums: Avoided = { cachedCalls: 0, reusedRuns: 0, reusedCalls: 0, unreadModules: 0 };
  for (const result of results) {
    sums.unreadModules += result.unreadModules ?? 0;
    if (result.reusedFrom === undefined) sums.cachedCalls += result.cachedCalls ?? 0;
    else {
      sums.reusedRuns++;
      sums.reusedCalls += result.calls;
    }
  }
  return sums;
}

function judging(results: readonly ExampleResult[]): Judging | null {
  const judged = results.flatMap(({ judge }) => judge ?? []);
  if (judged.length === 0) return null;
  return {
    calls: judged.reduce((sum, { calls }) => sum + calls, 0),
    cachedCalls: judged.reduce((sum, { cachedCalls = 0 }) => sum + cachedCalls, 0),
    tokens: judged.reduce((sum, { tokens }) => sum + tokens, 0),
    spentNanoUsd: sumOrNull(judged.map(({ spentNanoUsd }) => spentNanoUsd)),
  };
}

/** The sum; null as soon as one part is unknown: money not known is not money not spent. */
export function sumOrNull(amounts: readonly (number | null)[]): number | null {
  let sum = 0;
  for (const amount of amounts) {
    if (amount === null) return null;
    sum += amount;
  }
  return sum;
}

function latencies(results: readonly ExampleResult[]): EvaluationReport['latencyMs'] {
  if (results.length === 0) return null;
  const ascending = Float64Array.from(results, (result) => result.latencyMs).sort();
  return {
    mean: ascending.reduce((sum, value) => sum + value, 0) / ascending.length,
    p50: quantile(ascending, 0.5),
    p95: quantile(ascending, 0.95),
    p99: quantile(ascending, 0.99),
    max: ascending.at(-1) ?? 0,
  };
}
