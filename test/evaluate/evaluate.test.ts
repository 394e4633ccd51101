import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { StepFailure } from '#lib/base/failure';
import type { Example } from '#lib/dataset/example';
import { type Evaluate, evaluate, type Progress } from '#lib/evaluate/evaluate';
import type { ExampleRun } from '#lib/evaluate/report';
import { scoreFunction } from '#lib/metric/score';

const examplesOf = (count: number): Example[] =>
  Array.from({ length: count }, (_, n) => ({ id: `e${n}`, inputs: { n }, labels: { a: n % 2 } }));
const ran = (outputs: ExampleRun['outputs'] | undefined, more: Partial<ExampleRun> = {}): ExampleRun => ({
  ...(outputs === undefined ? {} : { outputs }),
  calls: 1,
  inputTokens: 10,
  outputTokens: 5,
  costNanoUsd: 100,
  spentNanoUsd: 40,
  latencyMs: 20,
  ...more,
});
const score = scoreFunction({ kind: 'exact_match', output: 'a' });
const start = (options: Partial<Evaluate> = {}) =>
  evaluate({ examples: examplesOf(10), run: async () => ran({ a: 0 }), score, ...options });

describe('an evaluation', () => {
  it('gives results in example order, whatever order they finish in', async () => {
    const waiting: (() => void)[] = [];
    const report = start({
      concurrency: 10,
      run: (example) => new Promise((resolve) => waiting.push(() => resolve(ran({ a: Number(example.inputs.n) % 2 })))),
    });
    for (const finish of waiting.reverse()) finish();
    const { results, score: mean } = await report;
    expect(results.map(({ exampleId }) => exampleId)).toEqual(examplesOf(10).map(({ id }) => id));
    expect(mean).toBe(1);
  });

  it('has at most so many examples under way, and always that many while there are more', async () => {
    let running = 0;
    const seen: number[] = [];
    await start({
      examples: examplesOf(40),
      concurrency: 7,
      run: async () => {
        seen.push(++running);
        await new Promise(setImmediate);
        running--;
        return ran({ a: 0 });
      },
    });
    expect(Math.max(...seen)).toBe(7);
    expect(seen.slice(6, 30).every((count) => count === 7)).toBe(true);
  });

  it('keeps failures apart from scores', async () => {
    const { results, ...report } = await start({
      run: async ({ inputs }) => {
        if (inputs.n === 1) throw new StepFailure('Model.Throttled', 'slow down');
        if (inputs.n === 2)
          return ran(undefined, { failure: { name: 'Step.Timeout', message: 'late', retryable: true } });
        if (inputs.n === 3) throw new Error('a bug');
        if (inputs.n === 4) return ran({ b: 1 });
        if (inputs.n === 5) return ran(undefined);
        return ran({ a: 0 });
      },
    });
    expect(report).toMatchObject({
      state: 'completed',
      finished: 10,
      scored: 5,
      failed: 5,
      score: 3 / 5,
      scoreWithFailuresAsZero: 3 / 10,
      failures: { 'Model.Throttled': 1, 'Step.Timeout': 1, Internal: 2, 'Output.Invalid': 1 },
    });
    expect(results[1]).toMatchObject({ score: null, failure: { message: 'slow down' } });
    expect(results[4]).toMatchObject({
      score: null,
      calls: 1,
      failure: { message: 'the metric reads output "a"; there are [b]' },
    });
  });

  it('takes a score that is no number for a failure of the metric', async () => {
    const report = await start({ score: () => ({ value: Number.NaN }) });
    expect(report).toMatchObject({ score: null, scoreWithFailuresAsZero: 0, failed: 10, failures: { Internal: 10 } });
    expect(report.results[0]?.failure?.message).toBe('the metric gave NaN, wanted a number');
  });

  it('sums usage, and money only when all of it is known', async () => {
    const report = await start({
      run: async ({ inputs }) => ran({ a: 0 }, inputs.n === 3 ? { costNanoUsd: null } : {}),
    });
    expect(report.usage).toEqual({ calls: 10, inputTokens: 100, outputTokens: 50 });
    expect(report.costNanoUsd).toBeNull();
    expect(report.spentNanoUsd).toBe(400);
  });

  it('gives latency percentiles', async () => {
    const report = await start({ run: async ({ inputs }) => ran({ a: 0 }, { latencyMs: Number(inputs.n) * 10 }) });
    expect(report.latencyMs).toEqual({
      mean: 45,
      p50: 45,
      p95: expect.closeTo(85.5),
      p99: expect.closeTo(89.1),
      max: 90,
    });
  });

  it('weighs examples, and averages the parts of a composite', async () => {
    const examples = examplesOf(2).map((example, index) => ({ ...example, weight: index === 0 ? 3 : 1 }));
    const report = await start({
      examples,
      score: ({ a }) => ({ value: a === 0 ? 1 : 0, parts: { p: a === 0 ? 0.8 : 0.4 } }),
    });
    expect(report.score).toBe(0.75);
    expect(report.parts.p).toBeCloseTo(0.7);
  });

  it('awaits a metric that asks a model', async () => {
    expect((await start({ score: async () => ({ value: 0.5, reason: 'so so' }) })).results[0]).toMatchObject({
      score: 0.5,
      reason: 'so so',
    });
  });

  it('of no examples says that there is nothing', async () => {
    expect(await start({ examples: [] })).toMatchObject({
      state: 'completed',
      score: null,
      interval: null,
      latencyMs: null,
      costNanoUsd: 0,
    });
  });

  it('of examples without weight has no mean', async () => {
    const examples = examplesOf(3).map((example) => ({ ...example, weight: 0 }));
    expect(await start({ examples })).toMatchObject({ finished: 3, score: null, interval: null });
  });

  it('refuses nonsense with its path before it runs anything', async () => {
    let ranAny = false;
    const run = async () => {
      ranAny = true;
      return ran({ a: 0 });
    };
    const twice = [...examplesOf(2), { ...examplesOf(1)[0], weight: -1 }] as Example[];
    await expect(start({ run, examples: twice, concurrency: 0 })).rejects.toMatchObject({
      status: 400,
      problems: [{ pointer: '/concurrency' }, { pointer: '/examples/2/id' }, { pointer: '/examples/2/weight' }],
    });
    expect(ranAny).toBe(false);
  });
});

describe('progress', () => {
  it('is told after each example, and cannot break the evaluation', async () => {
    const seen: Progress[] = [];
    const report = await start({
      concurrency: 1,
      onProgress: (progress) => {
        seen.push(progress);
        throw new Error('the display is broken');
      },
    });
    expect(report.finished).toBe(10);
    expect(seen.map(({ finished }) => finished)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(seen.at(-1)).toMatchObject({ examples: 10, failed: 0, score: 0.5, last: { exampleId: 'e9' } });
  });
});

describe('ending early', () => {
  it('keeps what is finished when it is cancelled, starts nothing more and waits for nobody', async () => {
    const controller = new AbortController();
    const signals: AbortSignal[] = [];
    const report = await start({
      concurrency: 2,
      signal: controller.signal,
      run: (example, signal) => {
        signals.push(signal);
        if (Number(example.inputs.n) < 4) return Promise.resolve(ran({ a: 0 }));
        if (example.inputs.n === 5) controller.abort();
        // A run that does not listen.
        return new Promise(() => {});
      },
    });
    expect(report).toMatchObject({ state: 'cancelled', examples: 10, finished: 4, scored: 4 });
    expect(signals).toHaveLength(6);
    expect(signals.every((signal) => signal.aborted)).toBe(true);
  });

  it('runs nothing when it is cancelled beforehand', async () => {
    let ranAny = false;
    const run = async (): Promise<ExampleRun> => {
      ranAny = true;
      return ran({ a: 0 });
    };
    const report = await start({ signal: AbortSignal.abort(), run });
    expect(report).toMatchObject({ state: 'cancelled', finished: 0, score: null });
    expect(ranAny).toBe(false);
  });

  it('is complete when the last example was done before the cancellation', async () => {
    const controller = new AbortController();
    const onProgress = ({ finished }: Progress): void => {
      if (finished === 10) controller.abort();
    };
    expect(await start({ signal: controller.signal, onProgress })).toMatchObject({ state: 'completed', finished: 10 });
  });

  it('stops when too many examples fail, with what there is', async () => {
    const run = async (): Promise<ExampleRun> => {
      throw new StepFailure('Model.Refused', 'the key is wrong');
    };
    const report = await start({ run, maxFailures: 2, concurrency: 1 });
    expect(report).toMatchObject({ state: 'stopped', finished: 3, failed: 3, failures: { 'Model.Refused': 3 } });
    expect(await start({ run, maxFailures: 10 })).toMatchObject({ state: 'completed', failed: 10 });
  });

  it('leaves no listener on the caller’s signal', async () => {
    const { signal } = new AbortController();
    let during = 0;
    await start({
      signal,
      onProgress: () => {
        during = getEventListeners(signal, 'abort').length;
      },
    });
    expect(during).toBe(1);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
