import { describe, expect, it } from 'vitest';
import { carryOutEvaluation, giveUpEvaluation } from '#lib/work/evaluation';
import { startEvaluation, withNumbers } from './numbers.ts';
import { gate, held, openWorld, type World } from './world.ts';

const odd = (text: string): string => (Number(/n(\d+)/.exec(text)?.[1]) % 2 === 1 ? 'odd' : 'even');

async function outcomesOf({ client }: World, id: string): Promise<string[]> {
  const { body } = await client.call<{ items: { exampleId: string }[] }>('evaluations', 'outcomes', {
    id,
    input: { limit: 1000 },
  });
  return body.items.map(({ exampleId }) => exampleId);
}

describe('an evaluation', () => {
  it('cut off again and again counts each example once, and pays only for what was not recorded yet', async () => {
    let calls = 0;
    let stopAt = 15;
    let stop = new AbortController();
    const world = await withNumbers(
      await openWorld(({ messages }) => {
        calls += 1;
        if (calls === stopAt) stop.abort();
        return `[[ ## label ## ]]\n${odd(String(messages.at(-1)?.content))}\n\n[[ ## completed ## ]]`;
      }),
    );
    const evaluationId = await startEvaluation(world, { concurrency: 2 });
    const message = { ...world.origin, evaluationId };
    for (let cut = 0; cut < 3; cut++) {
      await carryOutEvaluation(world.home, message, { signal: stop.signal });
      expect((await world.client.get('evaluations', evaluationId)).body).toMatchObject({ state: 'running' });
      stop = new AbortController();
      stopAt = calls + 10;
    }
    stopAt = -1;
    await carryOutEvaluation(world.home, message, held());
    const { body } = await world.client.get('evaluations', evaluationId);
    expect(body).toMatchObject({ state: 'completed', simulated: true, report: { examples: 60, scored: 60, score: 1 } });
    const outcomes = await outcomesOf(world, evaluationId);
    expect([outcomes.length, new Set(outcomes).size]).toEqual([60, 60]);
    expect(calls).toBeLessThanOrEqual(60 + 3 * 2);
  });

  it('whose worker died after the last outcome still knows that it was simulated', async () => {
    const stop = new AbortController();
    const world = await withNumbers(
      await openWorld(({ messages, index }) => {
        if (index === 59) setImmediate(() => stop.abort());
        return `[[ ## label ## ]]\n${odd(String(messages.at(-1)?.content))}\n\n[[ ## completed ## ]]`;
      }),
    );
    const evaluationId = await startEvaluation(world, { concurrency: 60 });
    const message = { ...world.origin, evaluationId };
    await carryOutEvaluation(world.home, message, { signal: stop.signal });
    await carryOutEvaluation(world.home, message, held());
    expect((await world.client.get('evaluations', evaluationId)).body).toMatchObject({
      state: 'completed',
      simulated: true,
      report: { scored: 60 },
    });
  });

  it('carried out by two workers at once ends once, its report is what its outcomes say', async () => {
    const world = await withNumbers(
      await openWorld(async ({ messages }) => ({
        text: `[[ ## label ## ]]\n${odd(String(messages.at(-1)?.content))}\n\n[[ ## completed ## ]]`,
        delayMs: 1,
      })),
    );
    const evaluationId = await startEvaluation(world, { concurrency: 7 });
    const message = { ...world.origin, evaluationId };
    await Promise.all([0, 1, 2].map(() => carryOutEvaluation(world.home, message, held())));
    const { body } = await world.client.get('evaluations', evaluationId);
    expect(body).toMatchObject({ state: 'completed', report: { examples: 60, scored: 60, score: 1 } });
    expect(new Set(await outcomesOf(world, evaluationId)).size).toBe(60);
    expect(await outcomesOf(world, evaluationId)).toHaveLength(60);
  });

  it('cancelled while it runs asks the model for nothing more', async () => {
    const thinking = gate();
    let calls = 0;
    const world = await withNumbers(
      await openWorld(async () => {
        calls += 1;
        await thinking.pass();
        return 'late';
      }),
    );
    const evaluationId = await startEvaluation(world, { concurrency: 3 });
    const working = carryOutEvaluation(world.home, { ...world.origin, evaluationId }, held());
    await thinking.reached;
    await world.client.call('evaluations', 'cancel', { id: evaluationId });
    world.home.services.live.publish(`Evaluation/${evaluationId}`, { event: 'changed', data: null });
    await working;
    thinking.open();
    expect((await world.client.get('evaluations', evaluationId)).body).toMatchObject({ state: 'cancelled' });
    expect(calls).toBeLessThanOrEqual(3);
  });

  it('given up is failed with the reason; one that has ended is left as it is', async () => {
    const world = await withNumbers(await openWorld(() => 'nonsense'));
    const evaluationId = await startEvaluation(world);
    const message = { ...world.origin, evaluationId };
    await giveUpEvaluation(world.home, message, 'no such thing');
    await giveUpEvaluation(world.home, message, 'another reason');
    await carryOutEvaluation(world.home, message, held());
    expect((await world.client.get('evaluations', evaluationId)).body).toMatchObject({
      state: 'failed',
      failure: 'no such thing',
    });
  });
});
