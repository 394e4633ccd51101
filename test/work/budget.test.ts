import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import { seededRandom } from '#lib/base/random';
import type { Script } from '#lib/lm/scripted';
import { ledgerOf } from '#lib/resources/budget/ledgers';
import { readRows } from '#lib/resources/rows';
import { driveExecution } from '#lib/work/execution';
import { type SliceResult, sliceRows } from '#lib/work/optimization';
import { reconcile } from '#lib/work/reconcile';
import { handle, parity, startEvaluation, startOptimization, withNumbers, work } from './numbers.ts';
import { held, openWorld, run, type World } from './world.ts';

type Amounts = Partial<Record<'calls' | 'tokens' | 'nanoUsd', number>>;
interface Balance {
  cap: Amounts;
  spent: Amounts;
  reserved: Amounts;
  left: Amounts;
}
interface Shown extends JsonObject {
  state: string;
  failure: string | null;
}
const opt = async (world: World, id: string) =>
  (
    await world.client.get<{
      state: string;
      reason: string;
      parked: string[];
      progress: { calls: number; phase: string; budget: Balance | null };
      result: { winner: string | null; version: number | null; reason: string } | null;
    }>('optimizations', id)
  ).body;
const trialsOf = async (world: World, id: string) => {
  type Trial = Record<'name' | 'number' | 'state' | 'quality' | 'failure' | 'assignment', unknown>;
  const trials: Trial[] = [];
  for await (const trial of world.client.list<Trial>('trials', { filter: { optimizationId: id }, order: 'oldest' }))
    trials.push(trial);
  return trials.sort((a, b) => Number(a.number) - Number(b.number));
};
const balance = async (world: World, id: string): Promise<Balance> => {
  const state = await ledgerOf(world.home.services.store, world.workspaceId, id).state();
  if (state === null) throw new Error('there is no ledger');
  return state;
};
/** Invariant of every ledger at every moment. */
function expectSound({ cap, spent, reserved, left }: Balance): void {
  for (const name of Object.keys(cap) as (keyof Amounts)[]) {
    expect(left[name]).toBeGreaterThanOrEqual(0);
    expect(reserved[name]).toBeGreaterThanOrEqual(0);
    expect((spent[name] ?? 0) + (reserved[name] ?? 0) + (left[name] ?? 0)).toBe(cap[name]);
  }
}
/** Counts what reaches the provider. */
function counted(script: (call: Parameters<Extract<Script, (...args: never[]) => unknown>>[0]) => string) {
  const count = { calls: 0 };
  const counting: Script = (call) => {
    count.calls += 1;
    return script(call);
  };
  return { count, counting };
}
const setDefault = async ({ client }: World, input: JsonObject): Promise<void> => {
  const { rev } = await client.get('language-models', 'default');
  await client.call('language-models', 'update', { id: 'default', input, ifMatch: rev ?? 0 });
};
const priced = async (world: World): Promise<World> => {
  const input = {
    defaults: { maxTokens: 20 },
    priceOverride: { inputNanoUsdPerToken: 3, outputNanoUsdPerToken: 7 },
  };
  await setDefault(world, input);
  return withNumbers(world);
};

describe('an optimization with a budget', () => {
  it('of nothing, or of less than its final measurement takes, is refused before anything is queued', async () => {
    const { count, counting } = counted(parity);
    const world = await withNumbers(await openWorld(counting));
    const start = (budget: JsonObject) => startOptimization(world, { budget });
    await expect(start({ calls: 0 })).rejects.toMatchObject({ status: 400, code: 'budget_too_small' });
    await expect(start({ calls: 119 })).rejects.toThrow('on 60 examples each may take 120 calls');
    await expect(start({})).rejects.toThrow('caps nothing');
    await expect(start({ calls: -1 })).rejects.toMatchObject({ status: 400 });
    await world.relayed();
    expect(await world.waiting('tick')).toEqual([]);
    expect(count.calls).toBe(0);
  });

  it('in money is refused where nobody knows a price', async () => {
    const world = await openWorld(parity);
    await setDefault(world, { model: 'openai/gpt-4o', endpoint: 'http://127.0.0.1:9/v1' });
    await withNumbers(world);
    await expect(startOptimization(world, { budget: { nanoUsd: 10 ** 12 } })).rejects.toThrow(
      'nobody knows that of openai/gpt-4o',
    );
  });

  it('of 0 seconds ends at once, with the baseline nowhere measured and no version', async () => {
    const { count, counting } = counted(parity);
    const world = await withNumbers(await openWorld(counting));
    const id = await startOptimization(world, { budget: { seconds: 0 } });
    await work(world);
    expect(await opt(world, id)).toMatchObject({
      state: 'completed',
      result: { winner: null, version: null, reason: expect.stringContaining('its 0 seconds are over') },
    });
    expect(count.calls).toBe(0);
  });

  it('searches as far as it goes beside the final measurement, and makes a version of the best so far', async () => {
    const { count, counting } = counted(parity);
    const world = await withNumbers(await openWorld(counting));
    const id = await startOptimization(world, { budget: { calls: 240 }, parallelism: 1 });
    await work(world);
    const ended = await opt(world, id);
    expect(ended).toMatchObject({ state: 'completed', result: { version: 2 } });
    expect(ended.reason).toContain('does not cover another trial beside the final measurement: about 40 calls');
    const trials = await trialsOf(world, id);
    expect(trials.every(({ state }) => state === 'completed')).toBe(true);
    expect(trials.length).toBeLessThan(6);
    const ledger = await balance(world, id);
    expectSound(ledger);
    expect(ledger.reserved.calls).toBe(0);
    expect(ledger.spent.calls).toBe(count.calls);
    expect(ended.progress.budget).toEqual(ledger);
  });

  it('whose cap is reached under many slices at once spends exactly what its calls cost, and no half trial counts', async () => {
    const count = { calls: 0, tokens: 0 };
    const usage = { inputTokens: 400, outputTokens: 20 };
    const world = await priced(
      await openWorld((call) => {
        count.calls += 1;
        count.tokens += 420;
        return { text: parity(call), usage };
      }),
    );
    const start = { parallelism: 8, optimizer: { strategy: 'random', config: { trials: 12 } } };
    const probe = await startOptimization(world, { ...start, budget: { tokens: 10 ** 9, nanoUsd: 10 ** 9 } });
    await world.client.call('optimizations', 'cancel', { id: probe });
    const { setAside } = (await world.client.get<{ setAside: Required<Amounts> }>('optimizations', probe)).body;
    await work(world);
    // By the length of the prompts all eight that begin together can be paid; they turn out dearer than that.
    const budget = { tokens: setAside.tokens + 240 * 420, nanoUsd: 10 ** 9 };
    const id = await startOptimization(world, { ...start, budget });
    await atOnce(world, async () => expectSound(await balance(world, id)));
    const ended = await opt(world, id);
    expect(ended).toMatchObject({ state: 'completed' });
    expect(ended.reason).toContain('the budget is used up: wanted');
    const trials = await trialsOf(world, id);
    const unfinished = trials.filter(({ state }) => state === 'failed');
    expect(unfinished.length).toBeGreaterThan(0);
    for (const { quality, failure } of unfinished) {
      expect(quality).toBeNull();
      expect(failure).toContain('not finished: the budget is used up');
    }
    const ledger = await balance(world, id);
    expectSound(ledger);
    const rows = await readRows<SliceResult>(world.home.services, sliceRows(world.workspaceId, id));
    const measured = await evaluationSpend(world, id);
    const searched = rows.reduce((sum, { spentNanoUsd }) => sum + (spentNanoUsd ?? 0), 0);
    expect(ledger.spent.nanoUsd).toBe(searched + measured);
    expect(ledger.reserved.nanoUsd).toBe(0);
    expect(ledger.spent.tokens).toBe(count.tokens);
    expect(count.tokens).toBeLessThanOrEqual(budget.tokens);
  });

  it('that does not pay for the measurement after all says so, and keeps the winner to be applied', async () => {
    let searching = true;
    // What cannot be read is asked for once more, which nobody could foresee.
    const world = await withNumbers(await openWorld((call) => (searching ? parity(call) : 'I had rather not say')));
    const id = await startOptimization(world, {
      ...{ parallelism: 1, budget: { calls: 20 + 8 + 60 }, limits: { train: 8, validation: 30, test: 10 } },
    });
    await work(world, { before: (queue) => queue !== 'job' });
    searching = false;
    await work(world);
    const ended = await opt(world, id);
    expect(ended).toMatchObject({ state: 'completed', result: { winner: 't2', version: null } });
    expect(ended.result?.reason).toContain('Apply the trial to have it as a version');
    const ledger = await balance(world, id);
    expectSound(ledger);
    expect(ledger).toMatchObject({ spent: { calls: 88 }, reserved: { calls: 0 } });
    const input = { trial: 't2' };
    const applied = await world.client.call<{ version: number }>('optimizations', 'apply', { id, input });
    expect(applied.body.version).toBe(2);
  });

  it('killed at 20 points, with calls under way, comes to the same trials and the same winner', async () => {
    const limits = { train: 8, validation: 30, test: 10 };
    // 20 calls to measure, 8 to make demos, three trials of 30, and 20 that a fourth would not be content with.
    const asked = { limits, parallelism: 1, budget: { calls: 20 + 8 + 90 + 20 } };
    const shown = async (world: World, id: string) => {
      const { result } = await opt(world, id);
      const trials = (await trialsOf(world, id)).map(({ number, state, assignment, quality }) => [
        ...[number, state, assignment, quality],
      ]);
      return JSON.stringify([trials, result?.winner, result?.version, result?.reason]);
    };
    const calm = await withNumbers(await openWorld(parity));
    const undisturbed = await startOptimization(calm, asked);
    await work(calm);
    const wanted = await shown(calm, undisturbed);
    expect(wanted).toContain('does not cover another trial');
    const random = seededRandom('kills');
    for (let kill = 0; kill < 20; kill++) {
      const at = random.integer(0, 110);
      const frozen = Promise.withResolvers<void>();
      let answered = 0;
      let alive = false;
      const script: Script = (call) => {
        if (alive || answered++ < at) return parity(call);
        frozen.resolve();
        // What was asked is never answered: the process is gone.
        return new Promise(() => {});
      };
      let world = await withNumbers(await openWorld(script));
      const id = await startOptimization(world, asked);
      await Promise.race([work(world), frozen.promise]);
      world = await world.restart();
      alive = true;
      await redelivered(world, id);
      expect([kill, at, await shown(world, id)]).toEqual([kill, at, wanted]);
      expectSound(await balance(world, id));
    }
  }, 240_000);
});

/** Serves everything that waits at the same time, the way a busy house does. */
async function atOnce(world: World, after: () => Promise<void>): Promise<void> {
  const { queue } = world.house.home;
  for (;;) {
    await world.relayed();
    const hands = [];
    for (const name of ['tick', 'slice', 'job'] as const)
      for (const message of await queue.receive(name, { max: 10, visibilitySeconds: 60 }))
        hands.push({ name, message });
    if (hands.length === 0) return;
    await Promise.all(hands.map(({ name, message }) => handle(world, name, JSON.parse(message.body))));
    for (const { name, message } of hands) await queue.delete(name, message.receipt);
    await after();
  }
}

async function evaluationSpend(world: World, id: string): Promise<number> {
  const { body } = await world.client.get<Record<'baselineEvaluation' | 'optimizedEvaluation', string | null>>(
    'optimizations',
    id,
  );
  let sum = 0;
  for (const evaluation of [body.baselineEvaluation, body.optimizedEvaluation]) {
    if (evaluation === null) continue;
    const { report } = (await world.client.get<{ report: { spentNanoUsd: number } | null }>('evaluations', evaluation))
      .body;
    sum += report?.spentNanoUsd ?? 0;
  }
  return sum;
}

/** After a kill: what nobody finished is handed out again, as it is when the time to work on it has run out. */
async function redelivered(world: World, id: string): Promise<void> {
  const lost: World['messages'] = {
    ...world.messages,
    keys: async () => ({ waiting: new Set(), dead: new Set() }),
    send: (queue, message) => handle(world, queue as 'tick' | 'slice' | 'job', message),
  };
  for (let turn = 0; turn < 40; turn++) {
    await work(world);
    const { state } = await opt(world, id);
    if (state !== 'queued' && state !== 'running') return;
    await reconcile(world.home, world.workspaceId, lost);
  }
}

describe('pause and resume', () => {
  it('hold a search between any two messages, and it comes to the same end with no call made twice', async () => {
    const reference = counted(parity);
    const calm = await withNumbers(await openWorld(reference.counting));
    const first = await startOptimization(calm);
    await work(calm);
    const wanted = (await trialsOf(calm, first)).map(({ number, quality, assignment }) => [
      number,
      quality,
      assignment,
    ]);
    const random = seededRandom('pauses');
    const { count, counting } = counted(parity);
    const world = await withNumbers(await openWorld(counting));
    const id = await startOptimization(world);
    for (let pause = 0; pause < 6; pause++) {
      let left = random.integer(0, 4);
      await work(world, { before: () => left-- > 0 });
      if ((await opt(world, id)).state === 'completed') break;
      await world.client.call('optimizations', 'pause', { id });
      expect(await opt(world, id)).toMatchObject({ state: 'paused' });
      const before = count.calls;
      // Everything that is queued comes up and is put aside.
      await work(world, { before: (queue) => queue !== 'job' });
      expect(count.calls).toBe(before);
      expect(await opt(world, id)).toMatchObject({ state: 'paused' });
      await world.client.call('optimizations', 'resume', { id });
      expect((await opt(world, id)).parked).toEqual([]);
    }
    await work(world);
    expect((await trialsOf(world, id)).map(({ number, quality, assignment }) => [number, quality, assignment])).toEqual(
      wanted,
    );
    expect(count.calls).toBe(reference.count.calls);
  });

  it('of one that waits for its turn bring it back to the line; one that is over cannot be paused', async () => {
    const world = await withNumbers(await openWorld(parity));
    const id = await startOptimization(world);
    await world.client.call('optimizations', 'pause', { id });
    const heard: string[] = [];
    const paused = Promise.withResolvers<void>();
    const following = (async () => {
      for await (const { event } of world.client.stream('optimizations', id, 'events')) {
        heard.push(event);
        if (event === 'paused') paused.resolve();
      }
    })();
    await paused.promise;
    await work(world);
    expect(await opt(world, id)).toMatchObject({ state: 'paused', progress: { phase: 'waiting' } });
    await world.client.call('optimizations', 'resume', { id });
    expect(await opt(world, id)).toMatchObject({ state: 'queued' });
    await work(world);
    expect(await opt(world, id)).toMatchObject({ state: 'completed' });
    await following;
    expect(heard[0]).toBe('paused');
    expect(heard.at(-1)).toBe('end');
    await expect(world.client.call('optimizations', 'pause', { id })).rejects.toMatchObject({ status: 409 });
  });

  it('a paused search is cancelled like any other: its program is free, and so is what was set aside', async () => {
    const world = await withNumbers(await openWorld(parity));
    const id = await startOptimization(world, { budget: { calls: 500 } });
    let left = 3;
    await work(world, { before: () => left-- > 0 });
    await world.client.call('optimizations', 'pause', { id });
    await work(world, { before: () => true });
    await world.client.call('optimizations', 'cancel', { id });
    await work(world);
    expect(await opt(world, id)).toMatchObject({ state: 'cancelled' });
    const { body } = await world.client.get<{ optimizationId: string | null }>('programs', 'parity');
    expect(body.optimizationId).toBeNull();
    const ledger = await balance(world, id);
    expectSound(ledger);
    expect(ledger.reserved.calls).toBe(0);
  });
});

describe('a budget of a workspace or a program', () => {
  it('pays for executions until it is used up; then a run fails with the reason, and raising it helps', async () => {
    const { count, counting } = counted(parity);
    const world = await withNumbers(await openWorld(counting));
    const { client } = world;
    const { body } = await client.call<{ id: string }>('budgets', 'create', {
      input: { programId: 'parity', cap: { calls: 2 } },
    });
    const runs = async (text: string) => {
      const id = await run(world, 'parity', { text });
      await driveExecution(world.home, { ...world.origin, executionId: id }, held());
      return (await client.get<Shown & { failure: { name: string; message: string } | null }>('executions', id)).body;
    };
    for (const text of ['n1', 'n2']) expect(await runs(text)).toMatchObject({ state: 'completed' });
    expect(await runs('n3')).toMatchObject({
      state: 'failed',
      failure: { name: 'Budget.Exceeded', message: expect.stringContaining('the budget has 0 calls left') },
    });
    // An answer that is there already costs nothing.
    expect(await runs('n1')).toMatchObject({ state: 'completed' });
    expect((await client.call<Balance>('budgets', 'balance', { id: body.id })).body).toMatchObject({
      ...{ spent: { calls: 2 }, left: { calls: 0 }, reserved: { calls: 0 } },
    });
    const { rev } = await client.get('budgets', body.id);
    await client.call('budgets', 'raise', { id: body.id, input: { by: { calls: 1 } }, ifMatch: rev ?? 0 });
    expect(await runs('n3')).toMatchObject({ state: 'completed' });
    expect(count.calls).toBe(3);
  });

  it('holds for evaluations, which end with the reason and without a score', async () => {
    const world = await withNumbers(await openWorld(parity));
    await world.client.call('budgets', 'create', { input: { cap: { calls: 10 } } });
    const id = await startEvaluation(world);
    await work(world);
    const { body } = await world.client.get<Shown>('evaluations', id);
    expect(body).toMatchObject({ state: 'failed', report: null });
    expect(body.failure).toContain('out of budget: wanted 1 calls, the budget has 0 calls left');
  });

  it('may be one of several, which all have to pay; without a cap, or raised where it has none, it says so', async () => {
    const world = await withNumbers(await openWorld(parity));
    const create = (input: JsonObject) => world.client.call<{ id: string }>('budgets', 'create', { input });
    const { body } = await create({ cap: { calls: 10 } });
    await create({ programId: 'parity', cap: { calls: 1 } });
    const runs: string[] = [];
    for (const text of ['n1', 'n2']) {
      const id = await run(world, 'parity', { text });
      await driveExecution(world.home, { ...world.origin, executionId: id }, held());
      runs.push((await world.client.get<Shown>('executions', id)).body.state);
    }
    expect(runs).toEqual(['completed', 'failed']);
    // What the other one refused was paid by neither.
    expect(await balance(world, body.id)).toMatchObject({ spent: { calls: 1 }, left: { calls: 9 } });
    await expect(create({ cap: {} })).rejects.toMatchObject({ status: 400 });
    const { rev } = await world.client.get('budgets', body.id);
    const raise = world.client.call('budgets', 'raise', {
      ...{ id: body.id, input: { by: { tokens: 5 } }, ifMatch: rev ?? 0 },
    });
    await expect(raise).rejects.toThrow('no cap on tokens');
  });
});
