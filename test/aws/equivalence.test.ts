import { afterAll, beforeAll, expect, it } from 'vitest';
import { whenEmulated } from './emulated.ts';
import { type EquivalenceHouse, openEquivalenceHouse } from './equivalence.ts';
import { type Compared, compareCase, compareCases, counted } from './equivalence-case.ts';

/** All 200: `node test/aws/equivalence-run.ts`, whose result is committed. */
const CASES = 48;

whenEmulated('a program and its state machine', ({ ministack, dynamodb }) => {
  let house: EquivalenceHouse;
  beforeAll(async () => {
    house = await openEquivalenceHouse({ ministack, dynamodb });
  }, 120_000);
  afterAll(() => house.close());

  it(`${CASES} random programs end the same in process and on Step Functions: output, error, usage, every attempt, every effect`, async () => {
    const all: Compared[] = [];
    const seeds = Array.from({ length: CASES }, (_, i) => i + 1);
    await compareCases(house, seeds, (one) => {
      expect(one.there, `seed ${one.seed}`).toEqual(one.here);
      expect(one, `seed ${one.seed}`).toMatchObject({ same: true });
      all.push(one);
    });
    const counts = counted(all);
    const wanted = ['completed', 'failed', 'degraded', 'retried', 'compensated', 'rows written', 'parallel', 'map'];
    for (const what of [...wanted, 'choice', 'fallback']) expect(counts[what], what).toBeGreaterThan(2);
  }, 1_200_000);

  it('the same definitions run as Express machines, to the same ends', async () => {
    const all: Compared[] = [];
    for (let seed = 61; seed <= 66; seed++) all.push(await compareCase(house, seed, { express: true }));
    for (const { seed, here, there, same } of all) {
      expect(there, `seed ${seed}`).toEqual(here);
      expect(same, `seed ${seed}`).toBe(true);
    }
    expect(Object.keys(counted(all))).toEqual(expect.arrayContaining(['completed', 'failed']));
  }, 300_000);

  it('control: a machine that meets other failures than the engine is seen to end otherwise', async () => {
    // Its first module fails for good.
    const { here, there, same } = await compareCase(house, 30, { theirs: {} });
    expect([here.state, there.state, same]).toEqual(['failed', 'completed', false]);
  }, 120_000);
});
