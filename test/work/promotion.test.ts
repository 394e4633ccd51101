import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import { metric, parity, startOptimization, withNumbers, work } from './numbers.ts';
import { openWorld } from './world.ts';

interface Shown {
  state: string;
  result: { version: number; promoted: boolean } | null;
}
interface Program extends JsonObject {
  rev: number;
  latestVersion: number;
  aliases: { live?: { version: number } };
}

describe('the winner of an optimization', () => {
  it.each([
    ['is promoted where nothing guards the alias', [], true],
    ['is promoted where its gate guards another alias', [{ alias: 'canary', atLeast: 1 }], true],
    ['is published and waits where the gate wants evidence that is not there', [{ atLeast: 0, split: 'train' }], false],
  ])('%s', async (_, gates, promoted) => {
    const world = await withNumbers(await openWorld(parity));
    const program = async () => (await world.client.get<Program>('programs', 'parity')).body;
    const before = await program();
    await world.client.call('programs', 'gate', {
      ...{ id: 'parity', ifMatch: before.rev },
      input: { gates: gates.map((gate) => ({ dataset: 'numbers', metric, simulated: true, ...gate })) as never },
    });
    const id = await startOptimization(world, { promote: true });
    await work(world);
    const { body } = await world.client.get<Shown>('optimizations', id);
    const { latestVersion, aliases } = await program();
    expect(body).toMatchObject({ state: 'completed', result: { version: latestVersion, promoted } });
    expect(aliases.live?.version === latestVersion).toBe(promoted);
  });
});
