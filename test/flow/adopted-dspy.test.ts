import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import { MAKING_MS } from '../python/runtime.ts';
import { dspex, type Finished, finished, openAdoptedHouse } from './adopted-house.ts';
import { exampleModel } from './adopted-model.ts';
import type { TestHouse } from './house.ts';

interface Optimized extends Finished {
  result: {
    reason: string;
    baseline: { score: number };
    optimized: { score: number };
    version: number;
    assignment: JsonObject;
  };
}

let house: TestHouse;
const METRICS: Record<string, [string, string]> = {
  hops: ['MultiHop', 'answered'],
  panel: ['Panel', 'same_verdict'],
  library: ['Librarian', 'grounded'],
};
beforeAll(async () => {
  house = await openAdoptedHouse(exampleModel);
  for (const [name, [entry, metric]] of Object.entries(METRICS))
    await dspex(
      house.client,
      ...['adopt', `${name}.program:${entry}`, '--path', 'examples/adopted', '--name', name],
      ...['--metric', `${name}.metric:${metric}`, '--dataset', `examples/adopted/${name}/data.jsonl`],
    );
}, MAKING_MS);
afterAll(() => house.close());

async function optimized(config: JsonObject, name = 'hops', strategy = 'python'): Promise<Optimized> {
  const { client } = house;
  const metric = `${name}_${METRICS[name]?.[1]}`;
  const started = await client.call('programs', 'optimize', {
    id: name,
    input: { version: 1, dataset: name, metric, optimizer: { strategy, config } },
  });
  return finished<Optimized>(client, 'optimizations', started.location);
}

const JOBS: Record<string, JsonObject> = {
  BootstrapFewShot: { settings: { max_bootstrapped_demos: 2, max_labeled_demos: 2 } },
  BootstrapFewShotWithRandomSearch: { settings: { max_bootstrapped_demos: 2, num_candidate_programs: 2 } },
  COPRO: { settings: { breadth: 2, depth: 1 } },
  GEPA: { settings: { max_metric_calls: 30 } },
  InferRules: { settings: { num_candidates: 2, num_rules: 2, max_bootstrapped_demos: 2, max_labeled_demos: 2 } },
  BetterTogether: {
    settings: { optimizers: { p: { optimizer: 'BootstrapFewShot', config: { max_bootstrapped_demos: 2 } } } },
    compile: { strategy: 'p', valset_ratio: 0.25 },
  },
  MIPROv2: {
    settings: { auto: null, num_candidates: 2, max_bootstrapped_demos: 2, max_labeled_demos: 2 },
    compile: { num_trials: 2, minibatch: false },
  },
  SIMBA: { settings: { bsize: 4, num_candidates: 2, max_steps: 1, max_demos: 2 } },
};

describe.each(Object.entries(JOBS))("DSPy's %s as a job", (optimizer, config) => {
  it('makes a version whose every model call went through the gateway', { timeout: 300_000 }, async () => {
    const { state, failure, result, progress } = await optimized({ optimizer, ...config });
    expect({ state, failure }).toEqual({ state: 'completed', failure: null });
    expect(result).toMatchObject({ version: expect.any(Number), reason: `${optimizer} has ended` });
    expect(result.optimized.score).toBeGreaterThan(result.baseline.score);
    expect((progress as { failedGenerations: number }).failedGenerations).toBe(0);
  });
});

describe('a program that is special', () => {
  it.each([
    ['asynchronous', 'panel', JOBS.BootstrapFewShotWithRandomSearch],
    ['with packages of its own, by an optimizer with others', 'library', JOBS.MIPROv2],
  ])('%s is compiled all the same', { timeout: 300_000 }, async (_, name, config) => {
    const optimizer = name === 'panel' ? 'BootstrapFewShotWithRandomSearch' : 'MIPROv2';
    const { state, failure, result } = await optimized({ optimizer, ...config }, name);
    expect({ state, failure, reason: result.reason }).toEqual({
      ...{ state: 'completed', failure: null, reason: `${optimizer} has ended` },
    });
    expect(result.optimized.score).toBeGreaterThanOrEqual(result.baseline.score);
  });
});

describe.each([
  ['mipro_v2', { auto: null, num_candidates: 2, num_trials: 3 }],
  ['gepa', { max_metric_calls: 40 }],
])('dspex’s own %s', (strategy, config) => {
  it('writes instructions for the predictors of an adopted program', { timeout: 300_000 }, async () => {
    const { state, failure, result } = await optimized(config, 'hops', strategy);
    expect({ state, failure }).toEqual({ state: 'completed', failure: null });
    expect(result.optimized.score).toBeGreaterThanOrEqual(result.baseline.score);
    expect(result.version).toBeGreaterThan(1);
  });
});
