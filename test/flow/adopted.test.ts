import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import { MAKING_MS } from '../python/runtime.ts';
import { dspex, type Finished, finished, openAdoptedHouse } from './adopted-house.ts';
import { exampleModel, examplesOf } from './adopted-model.ts';
import type { TestHouse } from './house.ts';

const PROGRAMS: Record<string, { entry: string; metric: string; parts: string[] }> = {
  hops: { entry: 'MultiHop', metric: 'answered', parts: ['next_query', 'answer.predict'] },
  triage: { entry: 'Triage', metric: 'right_kind', parts: ['classify', 'billing'] },
  desk: { entry: 'ShopDesk', metric: 'holds_answer', parts: ['agent.react', 'stock', 'agent.extract.predict'] },
  library: { entry: 'Librarian', metric: 'grounded', parts: ['respond.predict'] },
  invoice: { entry: 'OrderReader', metric: 'same_order', parts: ['read'] },
  panel: { entry: 'Panel', metric: 'same_verdict', parts: ['reader', 'chair'] },
};

interface Optimized extends Finished {
  result: { baseline: { score: number }; optimized: { score: number }; version: number; assignment: JsonObject };
}

let house: TestHouse;
beforeAll(async () => {
  house = await openAdoptedHouse(exampleModel);
}, MAKING_MS);
afterAll(() => house.close());

describe.each(Object.entries(PROGRAMS))('%s, adopted as it is', (folder, { entry, metric, parts }) => {
  it('runs through the API, its predictors and tools seen as sub-steps', { timeout: 120_000 }, async () => {
    const { client } = house;
    const adopted = await dspex(
      client,
      ...['adopt', `${folder}.program:${entry}`, '--path', 'examples/adopted', '--name', folder],
      ...['--metric', `${folder}.metric:${metric}`, '--dataset', `examples/adopted/${folder}/data.jsonl`, '--json'],
    );
    expect(adopted.error).toBe('');
    expect(JSON.parse(adopted.out)).toMatchObject({ name: folder, version: 1, metric: `${folder}_${metric}` });
    const { inputs = {} } = examplesOf(folder)[0] ?? {};
    const started = await client.call('programs', 'run', { id: folder, input: { input: inputs } });
    const execution = await finished(client, 'executions', started.location);
    expect(execution).toMatchObject({ state: 'completed', failure: null });
    const trace = await client.call<{ steps: unknown[] }>('executions', 'trace', { id: execution.id });
    const [step] = trace.body.steps;
    const { parts: told, calls } = step as { parts: { name: string }[]; calls: unknown[] };
    expect(new Set(told.map(({ name }) => name))).toEqual(new Set(parts));
    expect(calls).not.toHaveLength(0);
  });

  it('is evaluated with its own metric, which the metric by itself agrees with', { timeout: 120_000 }, async () => {
    const { client } = house;
    const started = await client.call('programs', 'evaluate', {
      id: folder,
      input: { dataset: folder, metric: `${folder}_${metric}` },
    });
    const { report, failure } = await finished<Finished & { report: { score: number; failed: number } }>(
      client,
      'evaluations',
      started.location,
    );
    expect(failure).toBeNull();
    expect(report.failed).toBe(0);
    // The model answers some wrong until it is shown how.
    expect(report.score).toBeGreaterThan(0);
    expect(report.score).toBeLessThan(1);
  });

  const optimized = async (optimizer: JsonObject) => {
    const { client } = house;
    const started = await client.call('programs', 'optimize', {
      id: folder,
      input: { version: 1, dataset: folder, metric: `${folder}_${metric}`, optimizer },
    });
    const { state, failure, result } = await finished<Optimized>(client, 'optimizations', started.location);
    expect({ state, failure }).toEqual({ state: 'completed', failure: null });
    return result;
  };

  it('learns demos for its predictors by bootstrapping, and is better for it', { timeout: 240_000 }, async () => {
    const {
      baseline,
      optimized: after,
      version,
      assignment,
    } = await optimized({
      ...{ strategy: 'bootstrap_few_shot', config: { max_bootstrapped_demos: 2, max_labeled_demos: 0 } },
    });
    expect(after.score).toBeGreaterThan(baseline.score);
    expect(version).toBeGreaterThan(1);
    const demos = Object.entries(assignment).filter(([name]) => name.endsWith('_demos'));
    expect(demos.some(([, value]) => Array.isArray(value) && value.length > 0)).toBe(true);
  });

  it('has its settings, demos and adapter searched together', { timeout: 240_000 }, async () => {
    const config = { trials: 6, bootstrap: { sets: 3, maxDemos: 2 } };
    const { baseline, optimized: after, assignment } = await optimized({ strategy: 'variable_search', config });
    expect(after.score).toBeGreaterThanOrEqual(baseline.score);
    expect(Object.keys(assignment)).toEqual(expect.arrayContaining(['adapter', 'set_temperature']));
  });
});
