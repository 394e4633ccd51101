import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import { seededRandom } from '#lib/base/random';
import type { Script } from '#lib/lm/scripted';
import { ledgerOf } from '#lib/resources/budget/ledgers';
import { metric, parity, startOptimization, withNumbers, work } from './numbers.ts';
import { chat, createProgram, openWorld, type World } from './world.ts';

interface Shown {
  state: string;
  failure: string | null;
  reason: string | null;
  progress: { calls: number; trials: number };
  result: {
    winner: string | null;
    version: number | null;
    reason: string;
    assignment: JsonObject;
    comparison: JsonObject | null;
  } | null;
}
const opt = async (world: World, id: string) => (await world.client.get<Shown>('optimizations', id)).body;
const row = (n: number, split: string, label = n % 2 === 1 ? 'odd' : 'even') => ({
  ...{ inputs: { text: `n${n}` }, labels: { label }, split },
});

/** The program of numbers on other rows. */
async function on(rows: readonly object[], script: Script = parity): Promise<World> {
  const world = await withNumbers(await openWorld(script));
  await world.client.call('datasets', 'create', { input: { name: 'few' } });
  const content = rows.map((one) => JSON.stringify(one)).join('\n');
  await world.client.call('datasets', 'import', {
    ...{ id: 'few', input: { format: 'jsonl' } },
    upload: { contentType: 'application/x-ndjson', content },
  });
  return world;
}

async function searched(world: World, more: JsonObject = {}): Promise<Shown> {
  const id = await startOptimization(world, { dataset: 'few', ...more });
  await work(world);
  return opt(world, id);
}
const problems = (start: Promise<unknown>) =>
  start.then(
    () => 'it was started',
    (error: { status: number; problems?: { pointer: string; detail: string }[] }) => [error.status, error.problems],
  );

describe('an optimization', () => {
  it('without train or validation examples is refused with what to do, before anything is queued', async () => {
    const world = await on([row(1, 'test'), row(2, 'test')]);
    expect(await problems(startOptimization(world, { dataset: 'few' }))).toEqual([
      400,
      [
        { pointer: '/dataset', detail: expect.stringContaining('no train examples; use its action "split"') },
        { pointer: '/dataset', detail: expect.stringContaining('no validation examples') },
      ],
    ]);
    await world.relayed();
    expect(await world.waiting('tick')).toEqual([]);
  });

  it('on one example of each split ends with a result that claims nothing', async () => {
    const world = await on([row(1, 'train'), row(2, 'validation')]);
    const ended = await searched(world);
    expect(ended).toMatchObject({ state: 'completed', result: { winner: expect.any(String) } });
    expect(ended.result?.comparison).toMatchObject({ pairs: 1, pValue: 1 });
  });

  it('whose scores are all equal keeps the version’s values, and promotes nothing', async () => {
    const rows = Array.from({ length: 12 }, (_, n) => row(n, ['train', 'validation', 'test'][n % 3] ?? '', 'odd'));
    const world = await on(rows, () => chat({ label: 'odd' }));
    const ended = await searched(world, { promote: true });
    expect(ended).toMatchObject({ state: 'completed', result: { promoted: false, comparison: { difference: 0 } } });
    expect(ended.result?.assignment).toMatchObject({ temperature: 0.1 });
  });

  it('by a metric that throws, or has no number to give, fails those examples and says what the last one died of', async () => {
    const rows = Array.from({ length: 9 }, (_, n) => row(n, ['train', 'validation', 'test'][n % 3] ?? ''));
    const numeric = { kind: 'numeric', output: 'label' };
    const world = await on(rows);
    const thrown = await searched(world, { metric: numeric });
    expect(thrown).toMatchObject({ state: 'completed', result: { winner: null, version: null } });
    expect(thrown.result?.reason).toContain('"label" is not a number');
    const numbers = rows.map((one) => ({ ...one, labels: { label: '1' } }));
    for (const odd of ['NaN', 'Infinity', '-Infinity', '1e999']) {
      const other = await on(numbers, () => chat({ label: odd }));
      // Neither `odd` nor `even`: the program's own failure; as a number the metric's.
      const ended = await searched(other, { metric: numeric });
      expect(ended, odd).toMatchObject({ state: 'completed', result: { winner: null, version: null } });
      expect(JSON.stringify(ended)).not.toMatch(/[:,](NaN|-?Infinity)/);
    }
  });

  it('of variables that no binding uses searches those that are used, and is refused when none is', async () => {
    const graph = {
      input: { text: 'str' },
      output: { label: 'nodes.decide.label' },
      nodes: [{ id: 'decide', kind: 'module', module: 'decider', inputs: { text: 'input.text' } }],
    };
    const world = await on([row(1, 'train'), row(2, 'validation'), row(3, 'validation')]);
    const modules = { decider: 'text -> label: Literal["odd", "even"]' };
    const idle = { name: 'idle', type: { kind: 'choice', choices: ['x', 'y'] } };
    const used = { name: 'used', type: { kind: 'float', min: 0, max: 1 }, default: 0 };
    await createProgram(world, 'lazy', graph, modules, { variables: [idle] });
    const start = (program: string) =>
      world.client.call<{ id: string }>('programs', 'optimize', {
        id: program,
        input: { dataset: 'few', metric, version: 1, optimizer: { strategy: 'random', config: { trials: 3 } } },
      });
    expect(await problems(start('lazy'))).toEqual([
      400,
      [{ pointer: '/version', detail: expect.stringContaining('uses its variables [idle]') }],
    ]);
    const bindings = [{ variable: 'used', to: ['nodes.decide.lm.temperature'] }];
    await createProgram(world, 'half', { ...graph, bindings }, modules, { variables: [idle, used] });
    const { body } = await start('half');
    await work(world);
    for await (const trial of world.client.list<{ assignment: JsonObject }>('trials', {
      filter: { optimizationId: body.id },
    }))
      expect(Object.keys(trial.assignment)).toEqual(['used']);
    expect(await opt(world, body.id)).toMatchObject({ state: 'completed', progress: { trials: 3 } });
  });

  it('under rules that nothing satisfies cannot even be declared', async () => {
    const world = await on([row(1, 'train'), row(2, 'validation')]);
    const graph = {
      input: { text: 'str' },
      output: { label: 'nodes.decide.label' },
      nodes: [{ id: 'decide', kind: 'module', module: 'decider', inputs: { text: 'input.text' } }],
      bindings: [{ variable: 'heat', to: ['nodes.decide.lm.temperature'] }],
    };
    const created = createProgram(
      world,
      'never',
      graph,
      { decider: 'text -> label' },
      {
        variables: [{ name: 'heat', type: { kind: 'float', min: 0, max: 1 }, default: 0 }],
        constraints: [{ expression: 'heat > 2', reason: 'it has to be hotter' }],
      },
    );
    await expect(created).rejects.toMatchObject({ status: 400 });
    await expect(created).rejects.toThrow('it has to be hotter');
  });
});

describe('a clock that jumps', () => {
  /** Before each message by up to a day, to either side. */
  const jumping = (world: World, seed: string): World => {
    const random = seededRandom(seed);
    let offset = 0;
    const now = () => Date.now() + offset;
    const jump = () => {
      offset = random.integer(-86_400_000, 86_400_000);
      return true;
    };
    return {
      ...world,
      home: { ...world.home, clock: { now } },
      relayed: () => (jump() ? world.relayed() : Promise.resolve()),
    };
  };

  it('changes nothing of a search: the same trials and winner, and every call accounted for', async () => {
    const shown = async (world: World, id: string) => {
      const trials: unknown[] = [];
      for await (const { number, state, work, quality } of world.client.list<JsonObject>('trials', {
        filter: { optimizationId: id },
      }))
        trials.push([number, state, work, quality]);
      return JSON.stringify([trials.map((one) => JSON.stringify(one)).sort(), (await opt(world, id)).result?.winner]);
    };
    const count = { calls: 0 };
    const counting: Script = (call) => {
      count.calls += 1;
      return parity(call);
    };
    const asked = { budget: { calls: 2000 } };
    const calm = await withNumbers(await openWorld(parity));
    const undisturbed = await startOptimization(calm, asked);
    await work(calm);
    for (const seed of ['a', 'b']) {
      count.calls = 0;
      const world = await withNumbers(await openWorld(counting));
      const id = await startOptimization(world, asked);
      await work(jumping(world, seed));
      expect(await shown(world, id)).toBe(await shown(calm, undisturbed));
      const ledger = await ledgerOf(world.home.services.store, world.workspaceId, id).state();
      expect(ledger).toMatchObject({ spent: { calls: count.calls }, reserved: { calls: 0 } });
    }
  });

  it('over the end of a budget of time ends the search with what it has, nothing under way forgotten', async () => {
    const world = await withNumbers(await openWorld(parity));
    const id = await startOptimization(world, { budget: { seconds: 3600, calls: 2000 }, parallelism: 1 });
    let messages = 0;
    const late: World = {
      ...world,
      home: { ...world.home, clock: { now: () => Date.now() + (messages > 8 ? 7_200_000 : 0) } },
    };
    await work(late, { before: () => messages++ >= 0 });
    const ended = await opt(world, id);
    expect(ended).toMatchObject({ state: 'completed', result: { reason: expect.stringContaining('3600 seconds') } });
    for await (const trial of world.client.list<{ state: string }>('trials', { filter: { optimizationId: id } }))
      expect(trial.state).not.toBe('running');
    const ledger = await ledgerOf(world.home.services.store, world.workspaceId, id).state();
    expect(ledger?.reserved).toEqual({ calls: 0 });
  });
});
