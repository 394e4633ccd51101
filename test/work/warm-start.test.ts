import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import { seededRandom } from '#lib/base/random';
import { takeTurn } from '#lib/work/tick';
import { metric, parity, startOptimization, withNumbers, work } from './numbers.ts';
import { optimizePrompts, student, withPrompts } from './prompts.ts';
import { openWorld, type World } from './world.ts';

interface Trial {
  id: string;
  number: number;
  state: string;
  quality: number | null;
  origin: string;
  work: { origin: string; from?: string; assignment: JsonObject };
  assignment: JsonObject;
}
interface Shown {
  state: string;
  failure: string | null;
  result: { winner: string; version: number } | null;
  warmed: {
    trials: number;
    from: { optimizationId: string; trials: number }[];
    passedOver: { optimizationId: string; reason: string; trials: number }[];
  } | null;
}
const opt = async (world: World, id: string) => (await world.client.get<Shown>('optimizations', id)).body;
async function trialsOf(world: World, id: string): Promise<Trial[]> {
  const trials: Trial[] = [];
  for await (const trial of world.client.list<Trial>('trials', { filter: { optimizationId: id }, order: 'oldest' }))
    trials.push(trial);
  return trials.sort((a, b) => a.number - b.number);
}
const best = (trials: Trial[]) => Math.max(...trials.map(({ quality }) => quality ?? 0));

/** Eight trials of `random`, which later searches may learn from. */
async function explored(world: World): Promise<string> {
  const id = await startOptimization(world, { optimizer: { strategy: 'random', config: { trials: 8 } } });
  await work(world);
  return id;
}
const warm = (more: JsonObject = {}): JsonObject => ({
  seed: 9,
  parallelism: 2,
  optimizer: { strategy: 'variable_search', config: { trials: 4 } },
  warmStart: {},
  ...more,
});

describe('an optimization that starts warm', () => {
  it('measures the best of earlier ones again, tries none of their others, and says what it took', async () => {
    const world = await withNumbers(await openWorld(parity));
    const first = await explored(world);
    const id = await startOptimization(world, warm());
    await work(world);
    const ended = await opt(world, id);
    expect(ended).toMatchObject({
      state: 'completed',
      warmed: { trials: 8, from: [{ optimizationId: first, trials: 8 }], passedOver: [] },
    });
    const [before, after] = [await trialsOf(world, first), await trialsOf(world, id)];
    expect(after.map(({ origin }) => origin)).toEqual(['baseline', 'earlier', 'earlier', 'earlier']);
    // The winner of the first search comes first, and is named.
    const top = before.find(({ quality }) => quality === best(before));
    expect(after[1]?.work.from).toBe(`${first}/t${top?.number}`);
    expect(after[1]?.quality).toBe(top?.quality);
    const more = await startOptimization(
      world,
      warm({ optimizer: { strategy: 'variable_search', config: { trials: 9 } } }),
    );
    await work(world);
    const fresh = (await trialsOf(world, more)).filter(({ origin }) => origin === 'model' || origin === 'startup');
    expect(fresh).toHaveLength(5);
    const known = new Set(before.map(({ assignment }) => JSON.stringify(assignment)));
    expect(fresh.filter(({ assignment }) => known.has(JSON.stringify(assignment)))).toEqual([]);
  });

  it('takes what it waited for: trials are counted when it begins, not when it was asked for', async () => {
    const world = await withNumbers(await openWorld(parity));
    const first = await startOptimization(world, { optimizer: { strategy: 'random', config: { trials: 3 } } });
    let left = 3;
    await work(world, { before: () => left-- > 0 });
    const id = await startOptimization(world, warm({ warmStart: { optimizations: [first] } }));
    await takeTurn(world.home, { ...world.origin, optimizationId: id });
    expect(await opt(world, id)).toMatchObject({ state: 'queued', warmed: null });
    await work(world);
    expect((await opt(world, id)).warmed).toMatchObject({ trials: 3, from: [{ optimizationId: first, trials: 3 }] });
  });

  it('killed at 20 points and resumed gives the same trials and winner as when never killed', async () => {
    const shown = async (world: World, id: string, first: string) => {
      const trials = (await trialsOf(world, id)).map(({ number, state, work, quality }) => [
        number,
        state,
        work,
        quality,
      ]);
      const { result, state } = await opt(world, id);
      return JSON.stringify([trials, state, result])
        .replaceAll(first, 'opt_first')
        .replaceAll(/"(exe|evl)_\w+"|"cachedCalls":\d+|"spentNanoUsd":\d+|"latencyMs":(\{[^}]*\}|\d+|null)/g, '""');
    };
    const asked = warm({ optimizer: { strategy: 'variable_search', config: { trials: 7, bootstrap: { sets: 2 } } } });
    const calm = await withNumbers(await openWorld(parity));
    const before = await explored(calm);
    const whole = await startOptimization(calm, asked);
    await work(calm);
    const wanted = await shown(calm, whole, before);
    expect(wanted).toContain('"completed"');
    const random = seededRandom('kills/warm');
    let world = await withNumbers(await openWorld(parity));
    const first = await explored(world);
    const id = await startOptimization(world, asked);
    for (let kill = 0; kill < 20; kill++) {
      let left = random.integer(0, 3);
      await work(world, {
        before: () => left-- > 0,
        workers: kill % 5 === 0 ? 2 : 1,
        choose: (count) => random.integer(0, count - 1),
      });
      world = await world.restart();
    }
    await work(world);
    expect(await shown(world, id, first)).toBe(wanted);
  }, 240_000);

  it('is refused where nothing would be learned, or what is named is of another program or metric', async () => {
    const world = await withNumbers(await openWorld(parity));
    const first = await explored(world);
    const problems = async (more: JsonObject) =>
      startOptimization(world, warm(more)).then(
        () => [],
        (error: { problems?: { pointer: string; detail: string }[]; status: number }) => [error.status, error.problems],
      );
    expect(await problems({ optimizer: { strategy: 'random', config: {} } })).toMatchObject([
      400,
      [{ pointer: '/warmStart', detail: expect.stringContaining('variable_search') }],
    ]);
    const other = { ...metric, kind: 'contains' };
    expect(await problems({ metric: other, warmStart: { optimizations: [first] } })).toMatchObject([
      400,
      [{ pointer: '/warmStart/optimizations/0', detail: expect.stringContaining('another metric') }],
    ]);
    expect((await problems({ warmStart: { optimizations: ['opt_01kjvzzzzzzzzzzzzzzzzzzzzz'] } }))[0]).toBe(404);
    // Not named, they are just not taken.
    const id = await startOptimization(world, warm({ metric: other }));
    await work(world);
    expect(await opt(world, id)).toMatchObject({ state: 'completed', warmed: { trials: 0, from: [], passedOver: [] } });
  });

  it('of a version whose variables have changed takes what still means the same, and says why not the rest', async () => {
    const world = await withNumbers(await openWorld(parity));
    const first = await explored(world);
    const { body, rev } = await world.client.get<{ latestVersion: number }>('programs', 'parity');
    const { body: version } = await world.client.version<{ body: JsonObject }>('programs', 'parity', 1);
    const variables = (version.body.variables as JsonObject[]).map((one) =>
      one.name === 'temperature' ? { ...one, type: { kind: 'float', min: 0, max: 0.5 } } : one,
    );
    await world.client.call('programs', 'publish', {
      id: 'parity',
      ifMatch: rev ?? 0,
      input: {
        source: {
          graph: version.body.graph,
          modules: { decider: { type: 'predict', signature: 'text -> label: Literal["odd", "even"]' } },
          variables,
        },
      },
    });
    const id = await startOptimization(world, warm({ version: body.latestVersion + 1 }));
    await work(world);
    const { warmed } = await opt(world, id);
    const before = await trialsOf(world, first);
    const inside = before.filter(({ assignment }) => Number(assignment.temperature) <= 0.5).length;
    expect(warmed?.trials).toBe(inside);
    expect(warmed?.passedOver.reduce((sum, { trials }) => sum + trials, 0)).toBe(before.length - inside);
    expect(warmed?.passedOver[0]?.reason).toMatch(/temperature: Value .* outside range \{0(\.0)?, 0\.5\}/);
  });
});

describe.each(['MIPROv2', 'GEPA', 'SIMBA', 'COPRO'])('%s', (strategy) => {
  const configs: Record<string, JsonObject> = {
    MIPROv2: { num_candidates: 3, num_trials: 5, minibatch: false, teacher: 'sage' },
    GEPA: { max_metric_calls: 120, teacher: 'sage' },
    SIMBA: { bsize: 6, num_candidates: 2, max_steps: 2, teacher: 'sage' },
    COPRO: { breadth: 3, depth: 2, teacher: 'sage' },
  };
  it('starts from texts and demos that an earlier search has written', async () => {
    const world = await withPrompts(await openWorld(student));
    const first = await optimizePrompts(world, 'MIPROv2', configs.MIPROv2 ?? {});
    await work(world);
    const id = await optimizePrompts(world, strategy, configs[strategy] ?? {}, { warmStart: { again: 2 }, seed: 4 });
    await work(world);
    const [before, after] = [await trialsOf(world, first), await trialsOf(world, id)];
    expect(await opt(world, id)).toMatchObject({ state: 'completed' });
    const again = after.filter(({ work }) => work.from !== undefined);
    expect(again.length).toBeGreaterThan(0);
    const text = again.map(({ work }) => (work.assignment.wording as { candidate: string }).candidate);
    expect(text.some((name) => /^w\d$/.test(name))).toBe(true);
    const measured = (trials: Trial[]) => trials.filter(({ work }) => (work as JsonObject).split === 'validation');
    expect(best(measured(after))).toBeGreaterThanOrEqual(best(measured(before)));
  }, 120_000);
});
