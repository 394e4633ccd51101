import { describe, expect, it } from 'vitest';
import { seededRandom } from '#lib/base/random';
import { evaluateSlice } from '#lib/work/slice';
import { work } from './numbers.ts';
import { optimizePrompts, student, withPrompts } from './prompts.ts';
import { held, openWorld, type World } from './world.ts';

interface Shown {
  state: string;
  failure: string | null;
  progress: { generations: number; failedGenerations: number; calls: number; tokens: number };
  result: { winner: string; assignment: Record<string, unknown>; version: number } | null;
}
const shown = async (world: World, id: string) => (await world.client.get<Shown>('optimizations', id)).body;

const STRATEGIES: Record<string, Record<string, unknown>> = {
  MIPROv2: { num_candidates: 4, num_trials: 5, minibatch_size: 6, minibatch_full_eval_steps: 2, teacher: 'sage' },
  GEPA: { max_metric_calls: 90, teacher: 'sage' },
  COPRO: { breadth: 3, depth: 2, teacher: 'sage' },
  SIMBA: { bsize: 6, num_candidates: 2, max_steps: 2, teacher: 'sage' },
  BootstrapFewShotWithRandomSearch: { num_candidate_programs: 1, max_labeled_demos: 2, max_bootstrapped_demos: 2 },
};

async function records(world: World, id: string, path: string): Promise<Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = [];
  for await (const record of world.client.list<Record<string, unknown>>(path, {
    filter: { optimizationId: id },
    order: 'oldest',
  }))
    all.push(record);
  return all;
}

/** Trials, prompts and ending, without what differs from run to run. */
async function outcome(world: World, id: string): Promise<string> {
  const trials = (await records(world, id, 'trials')).map(({ number, state, work, quality }) => [
    number,
    state,
    work,
    quality,
  ]);
  const prompts = (await records(world, id, 'generations')).map(({ number, state, work, text }) => [
    number,
    state,
    work,
    text,
  ]);
  const { result, state, failure } = await shown(world, id);
  const text = JSON.stringify([trials.map((one) => JSON.stringify(one)).sort(), prompts, state, failure, result]);
  return text
    .replaceAll(/"(exe|evl)_\w+"/g, '""')
    .replaceAll(/"spentNanoUsd":\d+|"latencyMs":(\{[^}]*\}|\d+|null)/g, '');
}

async function whole(strategy: string): Promise<string> {
  const world = await withPrompts(await openWorld(student));
  const id = await optimizePrompts(world, strategy, STRATEGIES[strategy] as never);
  await work(world);
  return outcome(world, id);
}

describe.each(Object.keys(STRATEGIES))('%s through the product', (strategy) => {
  it('killed at 20 points and resumed gives the same trials, prompts and winner as when never killed', async () => {
    const wanted = await whole(strategy);
    expect(wanted).toContain('"completed"');
    const random = seededRandom(`kills/${strategy}`);
    let world = await withPrompts(await openWorld(student));
    const id = await optimizePrompts(world, strategy, STRATEGIES[strategy] as never);
    for (let kill = 0; kill < 20; kill++) {
      let left = random.integer(0, 4);
      await work(world, {
        before: () => left-- > 0,
        workers: kill % 5 === 0 ? 2 : 1,
        choose: (count) => random.integer(0, count - 1),
      });
      world = await world.restart();
    }
    await work(world);
    expect(await outcome(world, id)).toBe(wanted);
  }, 60_000);
});

describe('prompts to a teacher', () => {
  it('go to the model that is named, once each, are kept with their answers, and the winner is in the teacher’s words', async () => {
    const asked: string[] = [];
    const world = await withPrompts(
      await openWorld((call) => {
        if (call.model === 'sage') asked.push(`${call.sample} ${JSON.stringify(call.messages)}`);
        return student(call);
      }),
    );
    const id = await optimizePrompts(world, 'mipro_v2', STRATEGIES.MIPROv2 as never);
    await work(world);
    const prompts = await records(world, id, 'generations');
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked).toHaveLength(prompts.length);
    expect(
      prompts.every(
        ({ state, model, tokens }) => state === 'completed' && model === 'scripted/sage' && Number(tokens) > 0,
      ),
    ).toBe(true);
    const { progress, result } = await shown(world, id);
    expect(progress).toMatchObject({ generations: prompts.length, failedGenerations: 0 });
    expect(result?.assignment.wording).toMatch(/Look last digit/);
    expect(result?.version).toBe(2);
  });

  it('that bring garbage or no answer are counted as failed, and the search goes on with the instruction there is', async () => {
    for (const bad of ['nonsense', new Error('the teacher is away')]) {
      const world = await withPrompts(await openWorld((call) => (call.model === 'sage' ? bad : student(call))));
      const id = await optimizePrompts(world, 'mipro_v2', STRATEGIES.MIPROv2 as never);
      await work(world);
      const { progress, result, state } = await shown(world, id);
      expect(state).toBe('completed');
      expect(progress.generations).toBeGreaterThan(3);
      expect(progress.failedGenerations).toBe(progress.generations);
      expect(result?.assignment.wording).toBe('Odd or even?');
    }
  });

  it('are answered once, however often their message comes, and closed when the optimization is cancelled', async () => {
    const world = await withPrompts(await openWorld(student));
    const id = await optimizePrompts(world, 'mipro_v2', STRATEGIES.MIPROv2 as never);
    const generation = async () => (await records(world, id, 'generations'))[0];
    await work(world, { before: (queue, { sliceId }) => queue !== 'slice' || !String(sliceId).startsWith('g') });
    expect(await generation()).toMatchObject({ state: 'running', text: null });
    const message = { ...world.origin, optimizationId: id, sliceId: 'g0' };
    await Promise.all([1, 2, 3].map(() => evaluateSlice(world.home, message, held())));
    expect(await generation()).toMatchObject({ state: 'completed', rev: 2 });
    await work(world, { before: (queue, { sliceId }) => queue !== 'slice' || sliceId === 'g0' });
    await world.client.call('optimizations', 'cancel', { id });
    await work(world);
    const states = (await records(world, id, 'generations')).map(({ state }) => state);
    expect(states.length).toBeGreaterThan(1);
    expect(states).not.toContain('running');
  });

  it('to a teacher nobody knows are refused before anything is paid', async () => {
    const world = await withPrompts(await openWorld(student));
    const start = optimizePrompts(world, 'MIPROv2', { teacher: 'nobody' });
    await expect(start).rejects.toMatchObject({ status: 400, code: 'optimization_invalid' });
    await expect(start).rejects.toThrow(
      /no teacher "nobody": the program's models are \[.*\], no LanguageModel has this name/,
    );
  });
});
