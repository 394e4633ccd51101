import { describe, expect, it } from 'vitest';
import { MAX_RECEIVES, type QueueName } from '#lib/ports/queue';
import { reconcile } from '#lib/work/reconcile';
import { parity, startEvaluation, startOptimization, withNumbers, work } from './numbers.ts';
import { openWorld, run, type World } from './world.ts';

/** Everything unfinished there can be, each with its message. */
async function busy(): Promise<{ world: World; ids: Record<'execution' | 'evaluation' | 'optimization', string> }> {
  const world = await withNumbers(await openWorld(parity));
  const execution = await run(world, 'parity', { text: 'n1' });
  const optimization = await startOptimization(world);
  let left = 3;
  await work(world, { before: () => left-- > 0 });
  const evaluation = await startEvaluation(world);
  await world.relayed();
  return { world, ids: { execution, evaluation, optimization } };
}

const QUEUES: readonly QueueName[] = ['execution', 'tick', 'slice', 'job'];

async function takeAll({ house }: World, how: 'lose' | 'bury'): Promise<void> {
  const { queue } = house.home;
  for (const name of QUEUES)
    for (let delivery = 0; delivery < MAX_RECEIVES; delivery++)
      for (;;) {
        const messages = await queue.receive(name, { max: 10, visibilitySeconds: 60 });
        if (messages.length === 0) break;
        for (const { receipt } of messages)
          if (how === 'lose') await queue.delete(name, receipt);
          else await queue.extend(name, receipt, 0);
      }
}

describe('reconciling', () => {
  it('leaves everything alone that has its message', async () => {
    const { world } = await busy();
    const before = await Promise.all(QUEUES.map((name) => world.waiting(name)));
    expect(await reconcile(world.home, world.workspaceId, world.messages)).toEqual({ restarted: [], givenUp: [] });
    expect(await Promise.all(QUEUES.map((name) => world.waiting(name)))).toEqual(before);
  });

  it('does not take what the outbox still holds for lost', async () => {
    const world = await withNumbers(await openWorld(parity));
    await run(world, 'parity', { text: 'n1' });
    await startEvaluation(world);
    await startOptimization(world);
    expect(await reconcile(world.home, world.workspaceId, world.messages)).toEqual({ restarted: [], givenUp: [] });
  });

  it('gives what has lost its message one again, and it comes to its end', async () => {
    const { world, ids } = await busy();
    await takeAll(world, 'lose');
    const done = await reconcile(world.home, world.workspaceId, world.messages);
    expect(done.restarted.sort()).toEqual(Object.values(ids).sort());
    expect(await world.waiting('execution')).toEqual([ids.execution]);
    await work(world);
    for (const [resource, id] of [
      ['evaluations', ids.evaluation],
      ['optimizations', ids.optimization],
    ] as const)
      expect((await world.client.get(resource, id)).body).toMatchObject({ state: 'completed' });
    expect(await reconcile(world.home, world.workspaceId, world.messages)).toMatchObject({ givenUp: [] });
  });

  it('marks what nobody will work on any more as failed, and says why', async () => {
    const { world, ids } = await busy();
    await takeAll(world, 'bury');
    const done = await reconcile(world.home, world.workspaceId, world.messages);
    expect(done.givenUp.sort()).toEqual(Object.values(ids).sort());
    const failed = async (resource: string, id: string) => (await world.client.get(resource, id)).body;
    expect(await failed('executions', ids.execution)).toMatchObject({ state: 'failed', failure: { name: 'Internal' } });
    for (const body of [await failed('evaluations', ids.evaluation), await failed('optimizations', ids.optimization)])
      expect(body).toMatchObject({ state: 'failed', failure: expect.stringContaining('delivery') });
    expect((await world.client.get('programs', 'parity')).body).toMatchObject({ optimizationId: null });
    expect(await reconcile(world.home, world.workspaceId, world.messages)).toEqual({ restarted: [], givenUp: [] });
  });
});
