import { InvalidInput, type Problem } from '#lib/base/errors';
import { type Failure, failureOf } from '#lib/base/failure';
import type { Example } from '#lib/dataset/example';
import type { Score, ScoreFunction } from '#lib/metric/spec';
import type { EvaluationReport, ExampleResult, ExampleRun } from './report.ts';
import { summarize, sumOrNull } from './summarize.ts';

export interface Evaluate {
  examples: readonly Example[];
  /** Runs the program on one example, for the so manieth time. What it throws becomes the example's failure. */
  run(example: Example, signal: AbortSignal, sample: number): Promise<ExampleRun>;
  score: ScoreFunction;
  /** How often each example is run; default once. */
  repetitions?: number;
  /** Runs that are not wanted, because their results are there; they are in no figure of the report. */
  without?(example: Example, sample: number): boolean;
  /** How many examples run at the same time; default 8. */
  concurrency?: number;
  /** After each example, in the order they finish. What it throws is ignored: results are worth more than a display. */
  onProgress?(progress: Progress): void;
  signal?: AbortSignal;
  /** Stop when more than this many examples have failed; default never. */
  maxFailures?: number;
  /** Of the interval's resampling; default 0. */
  seed?: number | string;
}

export interface Progress {
  examples: number;
  /** Of `runs` wanted now. */
  runs: number;
  finished: number;
  failed: number;
  /** Weighted mean so far, failures as 0. */
  score: number;
  last: ExampleResult;
}

/**
 * A program over a dataset: bounded concurrency, results in example order, failures as data. Cancelling returns at once
 * with what is finished; a run that ignores its signal is left behind and its late answer dropped.
 *
 *     const report = await evaluate({ examples, run, score: scoreFunction(metric), concurrency: 32 });
 */
export async function evaluate(options: Evaluate): Promise<EvaluationReport> {
  const { examples, concurrency = 8, maxFailures = Number.POSITIVE_INFINITY, repetitions = 1 } = options;
  check(examples, { concurrency, repetitions }, maxFailures);
  const runs = runsOf(options, repetitions);
  const results: (ExampleResult | undefined)[] = new Array(runs.length);
  // One for each worker: a signal looks through all its listeners for every new one.
  const controllers = Array.from({ length: Math.min(concurrency, runs.length) }, () => new AbortController());
  let state = 'completed' as EvaluationReport['state'];
  let next = 0;
  const sum = { finished: 0, failed: 0, score: 0, weight: 0 };

  const { promise: stopped, resolve: leave } = Promise.withResolvers<void>();
  const stop = (reason: 'cancelled' | 'stopped'): void => {
    if (state !== 'completed') return;
    state = reason;
    leave();
    for (const controller of controllers) controller.abort(reason === 'cancelled' ? options.signal?.reason : undefined);
  };
  const cancel = (): void => stop('cancelled');
  const settle = (index: number, result: ExampleResult): void => {
    if (state !== 'completed') return;
    results[index] = result;
    sum.finished++;
    sum.weight += result.weight;
    sum.score += result.weight * (result.score ?? 0);
    if (result.score === null) sum.failed++;
    if (options.onProgress !== undefined)
      report(options, {
        ...{ examples: examples.length, runs: runs.length },
        ...sum,
        score: sum.weight > 0 ? sum.score / sum.weight : 0,
        last: result,
      });
    if (sum.failed > maxFailures) stop('stopped');
  };
  // Workers that pull the next example: nothing is queued per example, so memory is bounded by the concurrency.
  const worker = async ({ signal }: AbortController): Promise<void> => {
    while (next < runs.length && state === 'completed') {
      const index = next++;
      settle(index, await runOne(options, runs[index] as OneRun, signal));
    }
  };

  options.signal?.addEventListener('abort', cancel, { once: true });
  if (options.signal?.aborted === true) cancel();
  try {
    await Promise.race([Promise.all(controllers.map(worker)), stopped]);
  } finally {
    options.signal?.removeEventListener('abort', cancel);
  }
  const finished = results.filter((result) => result !== undefined);
  return summarize(finished, {
    ...{ examples: examples.length, repetitions },
    state: state === 'cancelled' && finished.length === runs.length ? 'completed' : state,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  });
}

interface OneRun {
  example: Example;
  /** Absent where there is one only. */
  sample?: number;
}

/** Example by example, so that a cancelled evaluation has whole examples. */
function runsOf({ examples, without }: Evaluate, repetitions: number): OneRun[] {
  const runs: OneRun[] = [];
  for (const example of examples)
    for (let sample = 0; sample < repetitions; sample++)
      if (without?.(example, sample) !== true) runs.push(repetitions === 1 ? { example } : { example, sample });
  return runs;
}

const NOTHING: Omit<ExampleRun, 'failure' | 'outputs'> = {
  calls: 0,
  inputTokens: 0,
  outputTokens: 0,
  costNanoUsd: 0,
  spentNanoUsd: 0,
  latencyMs: 0,
};

async function runOne(options: Evaluate, { example, sample }: OneRun, signal: AbortSignal): Promise<ExampleResult> {
  const which = sample === undefined ? {} : { sample };
  const base = { exampleId: example.id, weight: example.weight ?? 1, ...which, score: null };
  let run: ExampleRun;
  try {
    run = await options.run(example, signal, sample ?? 0);
  } catch (error) {
    return { ...NOTHING, ...base, failure: failureOf(error) };
  }
  if (run.outputs === undefined) {
    const failure: Failure = run.failure ?? { name: 'Internal', message: 'the run gave no outputs', retryable: false };
    return { ...run, ...base, failure };
  }
  try {
    const score = await options.score(example.labels, run.outputs, example.inputs);
    if (!Number.isFinite(score.value)) throw new Error(`the metric gave ${score.value}, wanted a number`);
    return {
      ...run,
      ...base,
      ...judged(run, score),
      score: score.value,
      ...(score.parts === undefined ? {} : { parts: score.parts }),
      ...(score.reason === undefined ? {} : { reason: score.reason }),
    };
  } catch (error) {
    return { ...run, ...base, failure: failureOf(error) };
  }
}

/** What measuring took, apart from what is measured, but money spent is money spent. */
function judged(run: ExampleRun, { calls = [] }: Score): Partial<ExampleResult> {
  if (calls.length === 0) return {};
  const judge = { calls: calls.length, cachedCalls: 0, tokens: 0, spentNanoUsd: 0 as number | null };
  for (const { usage, spentNanoUsd, source } of calls) {
    if (source !== 'provider') judge.cachedCalls++;
    judge.tokens += (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0);
    judge.spentNanoUsd = sumOrNull([judge.spentNanoUsd, spentNanoUsd]);
  }
  return { judge, spentNanoUsd: sumOrNull([run.spentNanoUsd, judge.spentNanoUsd]) };
}

function report(options: Evaluate, progress: Progress): void {
  try {
    options.onProgress?.(progress);
  } catch {
    // A broken display must not cost paid results.
  }
}

function check(examples: readonly Example[], whole: Record<string, number>, maxFailures: number): void {
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(whole))
    if (!Number.isInteger(value) || value < 1)
      problems.push({ pointer: `/${name}`, detail: `wanted a whole number of at least 1, got ${value}` });
  if (!(maxFailures >= 0)) {
    problems.push({ pointer: '/maxFailures', detail: `wanted a number of at least 0, got ${maxFailures}` });
  }
  const seen = new Set<string>();
  for (const [index, { id, weight }] of examples.entries()) {
    if (seen.has(id)) problems.push({ pointer: `/examples/${index}/id`, detail: `"${id}" names another example too` });
    seen.add(id);
    if (weight !== undefined && !(Number.isFinite(weight) && weight >= 0)) {
      problems.push({ pointer: `/examples/${index}/weight`, detail: `wanted a number of at least 0, got ${weight}` });
    }
  }
  if (problems.length === 0) return;
  const [first] = problems;
  throw new InvalidInput('evaluation_invalid', `${first?.pointer}: ${first?.detail}`, {
    problems: problems.slice(0, 100),
  });
}
