import { describe, expect, it } from 'vitest';
import { seededRandom } from '#lib/base/random';
import { readRows, rowItem } from '#lib/resources/rows';
import { actingFor } from '#lib/work/home';
import { type SliceResult, sliceRows } from '#lib/work/optimization';
import { evaluateSlice, tally } from '#lib/work/slice';
import { giveUpOptimization, takeTurn } from '#lib/work/tick';
import { parity, startOptimization, withNumbers, work } from './numbers.ts';
import { held, openWorld, type World } from './world.ts';

interface Shown {
  state: string;
  failure: string | null;
  progress: { calls: number; phase: string };
  result: { winner: string; version: number } | null;
  baselineEvaluation: string;
}
const opt = async (world: World, id: string) => (await world.client.get<Shown>('optimizations', id)).body;
const program = async (world: World) =>
  (await world.client.get<{ optimizationId: string | null; latestVersion: number }>('programs', 'parity')).body;

/** What the search found out, without what differs from run to run. */
async function outcome(world: World, id: string): Promise<string> {
  type Trial = Record<'number' | 'state' | 'assignment' | 'quality' | 'slices' | 'closedSlices', unknown>;
  const trials: string[] = [];
  for await (const trial of world.client.list<Trial>('trials', { filter: { optimizationId: id }, order: 'oldest' }))
    trials.push(
      JSON.stringify([trial.number, trial.state, trial.assignment, trial.quality, trial.slices, trial.closedSlices]),
    );
  const { result } = await opt(world, id);
  // What a second delivery found in the cache is no part of what was found out.
  return JSON.stringify([trials.sort(), result]).replaceAll(/"(exe|evl)_\w+"|"cachedCalls":\d+/g, '""');
}

/** The undisturbed run everything else is held against. */
async function calm(): Promise<string> {
  const world = await withNumbers(await openWorld(parity));
  const id = await startOptimization(world);
  await work(world);
  return outcome(world, id);
}

describe('an optimization comes to the same end', () => {
  it('in whatever order its messages are served, and when each is handled by three workers at once', async () => {
    const wanted = await calm();
    expect(wanted).toContain('"winner":"t2"');
    for (const seed of ['a', 'b', 'c']) {
      const random = seededRandom(seed);
      const world = await withNumbers(await openWorld(parity));
      const id = await startOptimization(world);
      await work(world, { choose: (count) => random.integer(0, count - 1), workers: seed === 'c' ? 3 : 1 });
      expect(await outcome(world, id)).toBe(wanted);
      expect(await program(world)).toMatchObject({ optimizationId: null, latestVersion: 2 });
    }
  });

  it('when its process ends between any two messages', async () => {
    const wanted = await calm();
    const random = seededRandom('cuts');
    let world = await withNumbers(await openWorld(parity));
    const id = await startOptimization(world);
    for (let restart = 0; restart < 6; restart++) {
      let left = random.integer(0, 6);
      await work(world, { before: () => left-- > 0 });
      world = await world.restart();
    }
    await work(world);
    expect(await outcome(world, id)).toBe(wanted);
  });
});

describe('a slice', () => {
  it('handled by many workers, early and late, is counted once', async () => {
    const world = await withNumbers(await openWorld(parity));
    const id = await startOptimization(world);
    const slices: string[] = [];
    await work(world, {
      before: (queue, { sliceId }) => {
        if (queue === 'slice') slices.push(String(sliceId));
        return true;
      },
      workers: 3,
    });
    for (const sliceId of slices)
      await evaluateSlice(world.home, { ...world.origin, optimizationId: id, sliceId }, held());
    const rows = await readRows<SliceResult>(world.home.services, sliceRows(world.workspaceId, id));
    expect(rows).toHaveLength(new Set(slices).size);
    const { progress } = await opt(world, id);
    expect(progress.calls).toBe(rows.reduce((sum, row) => sum + row.calls, 0));
  });

  it('that ends together with 60 others of its trial, each handed to two workers, is counted with them', async () => {
    const world = await openWorld(parity);
    const acting = actingFor(world.home, world.origin);
    const rows = sliceRows(world.workspaceId, 'opt_one');
    const input = {
      ...{ optimizationId: 'opt_one', number: 0, work: {}, name: 't0', assignment: {}, origin: 'test' },
      ...{ parent: null, examples: 60, slices: [] },
    };
    const trial = await acting.dispatch<{ id: string }>({ resource: 'Trial', action: 'create', input, as: 'system' });
    const slices = Array.from({ length: 120 }, (_, n) => `t0/${n % 60}`);
    const count = async (sliceId: string) =>
      tally(acting, trial.id, await rowItem(world.home.services, rows, sliceId, [{}]));
    await Promise.all(slices.map(count));
    expect(await readRows(world.home.services, rows)).toHaveLength(60);
    expect(await acting.get('Trial', trial.id)).toMatchObject({ closedSlices: 60 });
  });

  it('counted by a row and a sum that are two writes is counted twice: why it is one transaction', async () => {
    const world = await openWorld(parity);
    const { store } = world.home.services;
    const rows = sliceRows(world.workspaceId, 'opt_naive');
    const naive = async (sliceId: string) => {
      await store.transact([{ put: await rowItem(world.home.services, rows, sliceId, []) }]);
      await store.transact([{ update: { pk: 'naive', sk: '-' }, add: { closed: 1 } }]);
    };
    const careful = async (sliceId: string) => {
      const put = await rowItem(world.home.services, rows, `careful-${sliceId}`, []);
      await store
        .transact([
          { put, condition: { kind: 'absent' } },
          { update: { pk: 'careful', sk: '-' }, add: { closed: 1 } },
        ])
        .catch(() => {});
    };
    const random = seededRandom('duplicates');
    for (let n = 0; n < 200; n++)
      for (let delivery = 0; delivery < (random.next() < 0.05 ? 2 : 1); delivery++) {
        await naive(`t${n}/0`);
        await careful(`t${n}/0`);
      }
    expect((await store.get({ pk: 'careful', sk: '-' }))?.data.closed).toBe(200);
    expect((await store.get({ pk: 'naive', sk: '-' }))?.data.closed).toBeGreaterThan(200);
  });
});

describe('whoever waits for the program gets its turn', () => {
  const ends: Record<string, (world: World, id: string) => Promise<void>> = {
    completes: (world) => work(world, { before: () => true }),
    'is cancelled': async (world, id) => void (await world.client.call('optimizations', 'cancel', { id })),
    fails: (world, id) => giveUpOptimization(world.home, { ...world.origin, optimizationId: id }, 'no such thing'),
  };
  for (const [how, end] of Object.entries(ends)) {
    it(`when the first one ${how}`, async () => {
      const world = await withNumbers(await openWorld(parity));
      const first = await startOptimization(world);
      let left = 5;
      await work(world, { before: () => left-- > 0 });
      expect(await opt(world, first)).toMatchObject({ state: 'running' });
      const second = await startOptimization(world, { seed: 8 });
      await world.relayed();
      await takeTurn(world.home, { ...world.origin, optimizationId: second });
      expect(await opt(world, second)).toMatchObject({ state: 'queued' });
      await end(world, first);
      await work(world);
      expect((await opt(world, second)).state).toBe('completed');
      expect((await program(world)).optimizationId).toBeNull();
      // Nothing of the first one is left under way.
      const states = new Set<string>();
      for await (const { state } of world.client.list<{ state: string }>('trials', {
        filter: { optimizationId: first },
      }))
        states.add(state);
      expect(states).not.toContain('running');
    });
  }

  it('also behind more than a hundred that have ended', async () => {
    const world = await withNumbers(await openWorld(parity));
    const cancelled = async () => {
      const id = await startOptimization(world);
      await world.client.call('optimizations', 'cancel', { id });
    };
    for (let n = 0; n < 105; n++) await cancelled();
    const first = await startOptimization(world);
    await takeTurn(world.home, { ...world.origin, optimizationId: first });
    const second = await startOptimization(world);
    await takeTurn(world.home, { ...world.origin, optimizationId: second });
    await world.relayed();
    const { queue } = world.house.home;
    for (const message of await queue.receive('tick', { max: 10, visibilitySeconds: 60 }))
      await queue.delete('tick', message.receipt);
    await world.client.call('optimizations', 'cancel', { id: first });
    await world.relayed();
    expect(await world.waiting('tick')).toContain(second);
  });
});

describe('an optimization whose measurement of the winner does not come', () => {
  it('fails with the reason instead of waiting for ever or making a version', async () => {
    const world = await withNumbers(await openWorld(parity));
    const id = await startOptimization(world);
    await work(world, { before: (queue) => queue !== 'job' });
    const { baselineEvaluation } = await opt(world, id);
    await world.client.call('evaluations', 'cancel', { id: baselineEvaluation });
    await work(world);
    const ended = await opt(world, id);
    expect(ended).toMatchObject({ state: 'failed', result: null });
    expect(ended.failure).toContain('was cancelled');
    expect(await program(world)).toMatchObject({ optimizationId: null, latestVersion: 1 });
  });

  it('because it was cancelled itself takes the measurements with it', async () => {
    const world = await withNumbers(await openWorld(parity));
    const id = await startOptimization(world);
    await work(world, { before: (queue) => queue !== 'job' });
    await world.client.call('optimizations', 'cancel', { id });
    const { baselineEvaluation } = await opt(world, id);
    expect((await world.client.get('evaluations', baselineEvaluation)).body).toMatchObject({ state: 'cancelled' });
    await work(world);
    expect(await opt(world, id)).toMatchObject({ state: 'cancelled', progress: { phase: 'done' } });
  });
});
