import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '#lib/base/random';
import { type Amounts, DIMENSIONS } from '#lib/lm/budget/amounts';
import { createLedger, type Ledger } from '#lib/lm/budget/ledger';
import { createPurse } from '#lib/lm/budget/purse';
import { createGateway } from '#lib/lm/gateway';
import { scriptedProvider } from '#lib/lm/scripted';
import type { LanguageModelSettings } from '#lib/lm/spec';
import { type LocalHome, openLocalHome } from '#lib/local/home';
import { makeFolder, removeFolder } from '../local/folder.ts';
import { request, secretsOf } from './requests.ts';

let home: LocalHome;
let serial = 0;
const folder = makeFolder();
beforeAll(async () => {
  home = await openLocalHome(folder, { environment: {} });
});
afterAll(async () => {
  await home.close();
  removeFolder(folder);
});

async function opened(cap: Amounts): Promise<Ledger> {
  const ledger = createLedger(home.store, `wsp_1#budget#${serial++}`);
  await ledger.open(cap);
  return ledger;
}
const stateOf = async (ledger: Ledger) => (await ledger.state()) ?? { cap: {}, spent: {}, reserved: {}, left: {} };
const exceeded = { failure: { name: 'Budget.Exceeded' } };
const SOON = 1_000_000;

describe('a budget', () => {
  test('that is opened again keeps what was spent of it', async () => {
    const ledger = await opened({ calls: 10 });
    await ledger.reserve('a', { calls: 4 }, SOON);
    await ledger.open({ calls: 99 });
    expect(await stateOf(ledger)).toEqual({
      ...{ cap: { calls: 10 }, spent: { calls: 0 }, reserved: { calls: 4 }, left: { calls: 6 } },
    });
  });

  test('of 0 pays for nothing, and says what was wanted and what was left', async () => {
    const ledger = await opened({ tokens: 0 });
    const refusal = ledger.reserve('a', { tokens: 5, calls: 1 }, SOON);
    await expect(refusal).rejects.toThrow('wanted 5 tokens, the budget has 0 tokens left');
  });

  test('in money refuses a call whose price nobody knows', async () => {
    const ledger = await opened({ nanoUsd: 1000 });
    const purse = createPurse({ ledger, id: 'p', now: () => 0 });
    await purse.draw({ nanoUsd: 1 });
    await expect(purse.draw({ calls: 1 })).rejects.toMatchObject(exceeded);
  });

  test('counts a block that nobody closed as spent, and lets nobody pay from it any more', async () => {
    const ledger = await opened({ calls: 10 });
    await ledger.reserve('lost', { calls: 4 }, 100);
    await ledger.reserve('alive', { calls: 2 }, 300);
    expect(await ledger.sweep(99)).toEqual([]);
    expect(await ledger.sweep(200)).toEqual(['lost']);
    expect(await ledger.sweep(200)).toEqual([]);
    expect(await stateOf(ledger)).toMatchObject({ spent: { calls: 4 }, reserved: { calls: 2 }, left: { calls: 4 } });
    await expect(ledger.grow('lost', { calls: 1 }, 400)).rejects.toMatchObject(exceeded);
    expect(await ledger.close('lost', { calls: 4 }, { calls: 0 })).toBe(false);
    expect(await stateOf(ledger)).toMatchObject({ spent: { calls: 4 } });
  });

  test('is never overspent, whatever happens in which order: spent + reserved + left is the cap', async () => {
    const step = fc.record({
      kind: fc.constantFrom('reserve', 'grow', 'close', 'sweep'),
      block: fc.nat(5),
      amount: fc.nat(6),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.nat(15), async (steps, cap) => {
        const ledger = await opened({ calls: cap, tokens: 10 * cap });
        for (const [turn, { kind, block, amount }] of steps.entries()) {
          const [id, amounts] = [`b${block}`, { calls: amount, tokens: amount }];
          const acts: Record<string, () => Promise<unknown>> = {
            reserve: () => ledger.reserve(id, amounts, turn + 10),
            grow: () => ledger.grow(id, amounts, turn + 10),
            close: () => ledger.close(id, amounts, { calls: Math.floor(amount / 2), tokens: amount }),
            sweep: () => ledger.sweep(turn),
          };
          await acts[kind]?.().catch((error) => expect(error).toMatchObject(exceeded));
          const { spent, reserved, left } = await stateOf(ledger);
          for (const name of DIMENSIONS) {
            if (name === 'nanoUsd') continue;
            const wanted = name === 'calls' ? cap : 10 * cap;
            expect((spent[name] ?? 0) + (reserved[name] ?? 0) + (left[name] ?? 0)).toBe(wanted);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('holds under 100 reservations at once, round after round, some workers dying with theirs', async () => {
    const cap = 60_000;
    const ledger = await opened({ calls: cap });
    const random = seededRandom('reservations');
    let [granted, given] = [0, 0];
    for (let round = 0; round < 20; round++) {
      await Promise.all(
        Array.from({ length: 100 }, async (_, worker) => {
          const calls = 1 + Math.floor(random.next() * 150);
          const [dies, used] = [random.next() < 0.05, Math.floor(random.next() * (calls + 1))];
          const id = `r${round}w${worker}`;
          const ok = await ledger.reserve(id, { calls }, round).then(
            () => true,
            () => false,
          );
          if (!ok) return;
          granted += calls;
          if (!dies && (await ledger.close(id, { calls }, { calls: used }))) given += calls - used;
        }),
      );
      await ledger.sweep(round);
      const { spent, reserved } = await stateOf(ledger);
      expect(spent.calls).toBe(granted - given);
      expect(reserved.calls).toBe(0);
      expect(spent.calls).toBeLessThanOrEqual(cap);
    }
    expect((await stateOf(ledger)).spent.calls).toBeGreaterThan(cap - 150);
  });
});

describe('a purse', () => {
  test('asks the ledger once for many calls, and gives back what they did not take', async () => {
    const ledger = await opened({ calls: 100, tokens: 100_000 });
    let asked = 0;
    const counted: Ledger = {
      ...ledger,
      reserve: (...given) => {
        asked++;
        return ledger.reserve(...given);
      },
    };
    const purse = createPurse({ ledger: counted, id: 'p', now: () => 0, callsAtOnce: 16 });
    const draws = await Promise.all(Array.from({ length: 16 }, () => purse.draw({ calls: 1, tokens: 1000 })));
    expect(asked).toBe(1);
    for (const draw of draws) draw.settle({ calls: 1, tokens: 10 });
    await purse.close();
    expect(await stateOf(ledger)).toMatchObject({
      spent: { calls: 16, tokens: 160 },
      reserved: { calls: 0, tokens: 0 },
    });
  });

  test('draws the last of a budget call by call', async () => {
    const ledger = await opened({ calls: 3 });
    const purse = createPurse({ ledger, id: 'p', now: () => 0 });
    for (let i = 0; i < 3; i++) await purse.draw({ calls: 1 });
    await expect(purse.draw({ calls: 1 })).rejects.toMatchObject(exceeded);
  });

  test('counts a call that nobody settled with its worst case', async () => {
    const ledger = await opened({ tokens: 100 });
    const purse = createPurse({ ledger, id: 'p', now: () => 0, callsAtOnce: 1 });
    await purse.draw({ tokens: 40 });
    (await purse.draw({ tokens: 40 })).settle({ tokens: 1 });
    await purse.close();
    expect(await stateOf(ledger)).toMatchObject({ spent: { tokens: 41 } });
  });

  test('begins nothing that might still run when its block is counted as spent', async () => {
    const ledger = await opened({ calls: 100 });
    let time = 0;
    const purse = createPurse({ ledger, id: 'p', now: () => time, lifeMs: 1000 });
    await purse.draw({ calls: 1 });
    time = 600;
    await purse.draw({ calls: 1 });
    expect(await ledger.sweep(1200)).toEqual([]);
    time = 3000;
    expect(await ledger.sweep(3000)).toEqual(['p']);
    await expect(purse.draw({ calls: 1 })).rejects.toMatchObject(exceeded);
  });
});

describe('the gateway', () => {
  const model: LanguageModelSettings = {
    ...{ provider: 'scripted', model: 'm', defaults: { maxTokens: 50 } },
    priceOverride: { inputNanoUsdPerToken: 10, outputNanoUsdPerToken: 40 },
  };
  const openGateway = () =>
    createGateway({
      providers: { scripted: scriptedProvider(() => ({ text: 'ok', usage: { inputTokens: 7, outputTokens: 3 } })) },
      secrets: secretsOf({}),
    });

  test('spends what its calls cost and not a nano-dollar more; a cached answer is free', async () => {
    const ledger = await opened({ nanoUsd: 1_000_000, calls: 1000 });
    const purse = createPurse({ ledger, id: 'p', now: () => 0 });
    const gateway = openGateway();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => gateway.complete(request({ model, sample: n % 20, purse }))),
    );
    await purse.close();
    const spent = answers.reduce((sum, answer) => sum + (answer.spentNanoUsd ?? 0), 0);
    expect(await stateOf(ledger)).toMatchObject({ spent: { nanoUsd: spent, calls: 20 }, reserved: { nanoUsd: 0 } });
    expect(spent).toBe(20 * (7 * 10 + 3 * 40));
  });

  test('makes no call that the budget might not cover', async () => {
    const ledger = await opened({ nanoUsd: 5000 });
    const purse = createPurse({ ledger, id: 'p', now: () => 0 });
    const gateway = openGateway();
    const calls = Array.from({ length: 30 }, (_, sample) => gateway.complete(request({ model, sample, purse })));
    const ended = await Promise.allSettled(calls);
    expect(ended.some(({ status }) => status === 'rejected')).toBe(true);
    await purse.close();
    const { spent } = await stateOf(ledger);
    expect(spent.nanoUsd).toBe(190 * ended.filter(({ status }) => status === 'fulfilled').length);
    expect(spent.nanoUsd).toBeLessThanOrEqual(5000);
  });
});
