import { describe, expect, it } from 'vitest';
import { seededRandom } from '#lib/base/random';
import type { Acting } from '#lib/kernel/kernel';
import type { Store } from '#lib/ports/store';
import type { Services } from '#lib/resources/services';
import { actingFor } from '#lib/work/home';
import { type OptimizationRecord, told } from '#lib/work/optimization';
import { forget } from '#lib/work/recorded';
import { parity, startOptimization, withNumbers, work } from './numbers.ts';
import { optimizePrompts, student, withPrompts } from './prompts.ts';
import { openWorld, type World } from './world.ts';

type Reading = Pick<Store, 'get' | 'query'>;
const readingOf = (store: Reading): Reading => ({
  get: (key) => store.get(key),
  query: (query) => store.query(query),
});
const recordOf = (acting: Acting, id: string) => acting.get<OptimizationRecord>('Optimization', id);

/** What is told from memory, and what is told by somebody who has never heard of it. */
async function both(world: World, id: string): Promise<[string, string]> {
  const acting = actingFor(world.home, world.origin);
  const { services } = world.home;
  const record = await recordOf(acting, id);
  // Another store object is another memory.
  const fresh = { ...services, store: readingOf(services.store) } as Services;
  const shown = async (own: Services) => {
    const { history, trials, generations, slices } = await told(own, acting, record);
    return JSON.stringify({ history, trials, generations, slices });
  };
  return [await shown(services), await shown(fresh)];
}

/** Counts what is read, by whom ever. */
function counting({ home, origin }: World) {
  const count = { reads: 0 };
  const acting = actingFor(home, origin);
  const counted = <F extends (...args: never[]) => unknown>(read: F): F =>
    ((...args: Parameters<F>) => {
      count.reads += 1;
      return read(...args);
    }) as F;
  const { get, query } = readingOf(home.services.store);
  const services = { ...home.services, store: { get: counted(get), query: counted(query) } };
  return { count, services, acting: { ...acting, list: counted(acting.list), find: counted(acting.find) } };
}

describe('what is told about a search', () => {
  it('from memory is what is written, after every message, in whatever order these are served', async () => {
    for (const strategy of ['variable_search', 'SIMBA']) {
      const random = seededRandom(strategy);
      const world =
        strategy === 'SIMBA' ? await withPrompts(await openWorld(student)) : await withNumbers(await openWorld(parity));
      const id =
        strategy === 'SIMBA'
          ? await optimizePrompts(world, strategy, { bsize: 6, num_candidates: 2, max_steps: 2, teacher: 'sage' })
          : await startOptimization(world);
      let looked = 0;
      for (let done = false; !done; ) {
        let left = 1;
        await work(world, {
          before: () => left-- > 0,
          choose: (count) => random.integer(0, count - 1),
          workers: random.integer(1, 2),
        });
        done = left === 1;
        const [remembered, written] = await both(world, id);
        expect(remembered).toBe(written);
        looked += 1;
      }
      expect(looked).toBeGreaterThan(10);
    }
  }, 240_000);

  it('costs no more reads after 60 trials than after 10', async () => {
    const world = await withNumbers(await openWorld(parity));
    const id = await startOptimization(world, {
      optimizer: { strategy: 'random', config: { trials: 60 } },
      limits: { validation: 2, test: 2 },
    });
    const { count, services, acting } = counting(world);
    const reads: number[] = [];
    for (const trials of [10, 60]) {
      const reached = async () => (await recordOf(acting, id)).progress.trials >= trials;
      for (let done = false; !done; done = await reached()) {
        let left = 1;
        await work(world, { before: () => left-- > 0 });
      }
      await told(services as never, acting, await recordOf(acting, id));
      count.reads = 0;
      const { history } = await told(services as never, acting, await recordOf(acting, id));
      expect(history.trials.length).toBeGreaterThanOrEqual(trials);
      reads.push(count.reads);
    }
    expect(reads[1]).toBeLessThanOrEqual((reads[0] ?? 0) + 6);
    // Forgotten, it is read as a whole again, and says the same.
    const [remembered] = await both(world, id);
    forget(world.home.services, world.workspaceId, id);
    expect((await both(world, id))[0]).toBe(remembered);
  }, 240_000);
});
