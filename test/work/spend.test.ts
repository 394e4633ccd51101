import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import type { ScriptedCall } from '#lib/lm/scripted';
import { ledgerOf } from '#lib/resources/budget/ledgers';
import { driveExecution } from '#lib/work/execution';
import { fireTriggers } from '#lib/work/trigger';
import { parity, startOptimization, withNumbers, work } from './numbers.ts';
import { chat, held, openWorld, run, type World } from './world.ts';

/** Judges whatever it sees right when the label in it is short; counts what reaches the provider. */
function judging() {
  const count = { calls: 0, judged: 0, tokens: 0 };
  const script = (call: ScriptedCall) => {
    count.calls += 1;
    count.tokens += 45;
    const usage = { inputTokens: 40, outputTokens: 5 };
    if (call.model !== 'judge') return { text: parity(call), usage };
    count.judged += 1;
    const right = String(call.messages.at(-1)?.content).includes('odd');
    return { text: chat({ reasoning: 'so it is', verdict: right ? 'True' : 'False' }), usage };
  };
  return { count, script };
}
const metric = { kind: 'judge', outputs: ['label'], inputs: ['text'], criteria: 'Is it right?', lm: 'judge' };

async function withJudge(world: World): Promise<World> {
  const priceOverride = { inputNanoUsdPerToken: 3, outputNanoUsdPerToken: 7 };
  const defaults = { maxTokens: 20 };
  await world.client.call('language-models', 'create', {
    input: { name: 'judge', model: 'scripted/judge', priceOverride, defaults },
  });
  const { rev } = await world.client.get('language-models', 'default');
  const input = { priceOverride, defaults };
  await world.client.call('language-models', 'update', { id: 'default', input, ifMatch: rev ?? 0 });
  return withNumbers(world);
}

async function all(world: World, path: string, id: string): Promise<JsonObject[]> {
  const found: JsonObject[] = [];
  for await (const one of world.client.list<JsonObject>(path, { filter: { optimizationId: id } })) found.push(one);
  return found;
}

describe('what an optimization says it spent', () => {
  it('is what its calls took, judges and final measurement included, in calls, tokens and money', async () => {
    const { count, script } = judging();
    const world = await withJudge(await openWorld(script));
    const cap = { calls: 10_000, tokens: 10 ** 8, nanoUsd: 10 ** 12 };
    const id = await startOptimization(world, { metric, budget: cap, limits: { validation: 12, test: 10 } });
    await work(world);
    const { body } = await world.client.get<{
      state: string;
      progress: Record<string, number>;
      baselineEvaluation: string;
      optimizedEvaluation: string;
    }>('optimizations', id);
    expect(body.state).toBe('completed');
    expect(count.judged).toBeGreaterThan(10);
    const ledger = await ledgerOf(world.home.services.store, world.workspaceId, id).state();
    const paid = 40 * 3 + 5 * 7;
    expect(ledger).toMatchObject({
      spent: { calls: count.calls, tokens: count.tokens, nanoUsd: count.calls * paid },
      reserved: { calls: 0, tokens: 0, nanoUsd: 0 },
    });
    const sides = await Promise.all(
      [body.baselineEvaluation, body.optimizedEvaluation].map(
        async (evaluation) =>
          (await world.client.get<{ report: { spentNanoUsd: number } }>('evaluations', evaluation)).body.report,
      ),
    );
    const measured = sides.reduce((sum, { spentNanoUsd }) => sum + spentNanoUsd, 0);
    expect((body.progress.spentNanoUsd ?? 0) + measured).toBe(count.calls * paid);
    // Trial by trial it adds up to the search's part.
    const trials = await all(world, 'trials', id);
    const spent = trials.map((trial) => trial.spent as Record<'calls' | 'tokens' | 'nanoUsd', number>);
    const searched = (body.progress.calls ?? 0) - (body.progress.cachedCalls ?? 0);
    expect(spent.reduce((sum, { calls }) => sum + calls, 0)).toBe(searched);
    expect(spent.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0)).toBe(body.progress.spentNanoUsd);
    expect(searched + measured / paid).toBe(count.calls);
  });
});

describe('scores of production executions', () => {
  it('are drawn from the budgets over their program, and refused with the reason when these are used up', async () => {
    const { count, script } = judging();
    const world = await withJudge(await openWorld(script));
    const { client } = world;
    const { body: program } = await client.get<{ id: string }>('programs', 'parity');
    await client.call('triggers', 'create', {
      input: {
        name: 'online',
        on: { event: 'execution', program: program.id, share: 1 },
        start: { start: 'score', metric },
      } as never,
    });
    const { body: budget } = await client.call<{ id: string }>('budgets', 'create', {
      input: { programId: 'parity', cap: { calls: 3 } },
    });
    const scored = async (text: string) => {
      const id = await run(world, 'parity', { text });
      await driveExecution(world.home, { ...world.origin, executionId: id }, held());
      const { workspaceId } = world;
      const data = { programId: program.id, status: 'completed', pinned: 1 };
      const event = { id: `evt_${text}`, type: 'Execution.finish', workspaceId, subject: id, data };
      const [firing] = await fireTriggers(world.home, { ...event, principal: 'system', time: '' });
      await work(world);
      const { body } = await client.get<{ refused: string | null; state: string }>('firings', String(firing));
      return body;
    };
    expect(await scored('n1')).toMatchObject({ refused: null });
    expect((await client.call('budgets', 'balance', { id: budget.id })).body).toMatchObject({
      spent: { calls: 2 },
      reserved: { calls: 0 },
    });
    // The third call is the run's, and none is left for its judge.
    expect((await scored('n2')).refused).toContain('the budget has 0 calls left');
    expect(count.calls).toBe(3);
  });
});
