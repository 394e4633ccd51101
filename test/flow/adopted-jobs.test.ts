import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import type { ScriptedCall } from '#lib/lm/scripted';
import { MAKING_MS } from '../python/runtime.ts';
import { dspex, type Finished, finished, openAdoptedHouse } from './adopted-house.ts';
import { exampleModel } from './adopted-model.ts';
import type { TestHouse } from './house.ts';

// Turns end by the clock, so this file takes half a minute.

let house: TestHouse;
/** What the model does before its nth answer since the last reset. */
let before: (n: number) => Promise<void> | void = () => {};
let asked: string[] = [];

beforeAll(async () => {
  house = await openAdoptedHouse(async (call: ScriptedCall) => {
    asked.push(JSON.stringify([call.messages, call.parameters, call.sample]));
    await before(asked.length);
    return exampleModel(call);
  });
  const { client } = house;
  for (const [name, entry, metric] of [
    ['hops', 'MultiHop', 'answered'],
    ['invoice', 'OrderReader', 'same_order'],
    ['library', 'Librarian', 'grounded'],
  ] as const) {
    const args = ['adopt', `${name}.program:${entry}`, '--path', 'examples/adopted', '--name', name];
    const more = ['--metric', `${name}.metric:${metric}`, '--dataset', `examples/adopted/${name}/data.jsonl`];
    expect((await dspex(client, ...args, ...more)).error).toBe('');
  }
}, MAKING_MS);
afterAll(async () => {
  expect(house.faults).toEqual([]);
  await house.close();
});

interface Ended extends Finished {
  result: { version: number | null; reason: string; optimized: { score: number }; baseline: { score: number } } | null;
}

async function start(program: string, metric: string, config: JsonObject): Promise<string> {
  asked = [];
  const { location } = await house.client.call('programs', 'optimize', {
    id: program,
    input: { version: 1, dataset: program, metric: `${program}_${metric}`, optimizer: { strategy: 'python', config } },
  });
  return location ?? '';
}

async function generationOf(location: string): Promise<JsonObject> {
  const filter = { optimizationId: location.split('/').at(-1) ?? '' };
  for await (const one of house.client.list<JsonObject>('generations', { filter })) return one;
  throw new Error('the job has no record');
}

const SEARCH = {
  optimizer: 'BootstrapFewShotWithRandomSearch',
  settings: { max_bootstrapped_demos: 2, max_labeled_demos: 2, num_candidate_programs: 2, num_threads: 2 },
};

describe('a job of one of DSPy’s optimizers', () => {
  it('that is cut off at the end of its turn goes on where it was: no prompt is paid for twice', {
    timeout: 60_000,
  }, async () => {
    const gate = Promise.withResolvers<void>();
    // A model that hangs once, until the turn is over.
    before = (n) => (n === 25 ? gate.promise : undefined);
    const location = await start('hops', 'answered', { ...SEARCH, turn_seconds: 5 });
    const events: string[] = [];
    for await (const { event } of house.client.stream('optimizations', location.split('/').at(-1) ?? '', 'events')) {
      events.push(event);
      if (event === 'turn') gate.resolve();
      if (event === 'end') break;
    }
    expect(events).toEqual(expect.arrayContaining(['turn', 'evaluation']));
    const { state, result } = await finished<Ended>(house.client, 'optimizations', location);
    expect({ state, reason: result?.reason }).toEqual({ state: 'completed', reason: `${SEARCH.optimizer} has ended` });
    expect(result?.optimized.score).toBeGreaterThan(result?.baseline.score ?? 1);
    // The call that hung may have been made once more.
    expect(asked.length - new Set(asked).size).toBeLessThanOrEqual(1);
    const { turns, evaluations, spentNanoUsd } = await generationOf(location);
    expect(turns).toBeGreaterThanOrEqual(1);
    expect((evaluations as unknown[]).length).toBeGreaterThanOrEqual(4);
    expect(spentNanoUsd).not.toBeUndefined();
  });

  it('whose worker is killed begins again, and pays for no prompt twice', { timeout: 60_000 }, async () => {
    let killed = 0;
    before = (n) => {
      if (n !== 12) return;
      for (const pid of workers()) {
        process.kill(pid, 'SIGKILL');
        killed++;
      }
    };
    const location = await start('invoice', 'same_order', SEARCH);
    const { state, result } = await finished<Ended>(house.client, 'optimizations', location);
    before = () => {};
    expect(killed).toBeGreaterThan(0);
    expect({ state, reason: result?.reason }).toEqual({ state: 'completed', reason: `${SEARCH.optimizer} has ended` });
    expect(asked.length - new Set(asked).size).toBeLessThanOrEqual(2);
  });

  it('ends when it is cancelled: no further prompt is asked', { timeout: 60_000 }, async () => {
    const cancelled = Promise.withResolvers<void>();
    before = async (n) => {
      if (n !== 14) return;
      await house.client.call('optimizations', 'cancel', { id: location.split('/').at(-1) ?? '', ifMatch: '*' });
      cancelled.resolve();
    };
    const location = await start('library', 'grounded', {
      ...SEARCH,
      settings: { ...SEARCH.settings, num_threads: 1 },
    });
    await cancelled.promise;
    const { state } = await finished<Ended>(house.client, 'optimizations', location);
    expect(state).toBe('cancelled');
    const then = asked.length;
    // The workers have nothing left to do, so somebody else is served by them.
    const run = await house.client.call('programs', 'run', {
      id: 'library',
      input: { input: { question: 'Why does honey keep?' } },
    });
    expect((await finished(house.client, 'executions', run.location)).state).toBe('completed');
    expect(asked.length - then).toBeLessThanOrEqual(2);
    expect(await generationOf(location)).toMatchObject({ state: 'failed' });
  });

  it('with a setting DSPy does not know is refused before anything is asked', async () => {
    asked = [];
    const refused = start('hops', 'answered', { optimizer: 'COPRO', settings: { breath: 3 } });
    await expect(refused).rejects.toMatchObject({
      status: 400,
      problems: [{ detail: expect.stringContaining('breath') }],
    });
    await expect(start('hops', 'answered', { optimizer: 'AvatarOptimizer' })).rejects.toMatchObject({
      problems: [{ detail: expect.stringContaining('BootstrapFewShotWithRandomSearch') }],
    });
    await expect(start('hops', 'answered', { optimizer: 'GEPA' })).rejects.toMatchObject({
      problems: [{ detail: expect.stringContaining('exactly one of auto') }],
    });
    expect(asked).toEqual([]);
  });
});

/** Python workers this process has begun. */
function workers(): number[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      const parent = /\) \S+ (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1];
      const ours =
        Number(parent) === process.pid && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('dspex_host.worker');
      return ours ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}
