import { appendFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { EXAMPLES_AT_ONCE } from '#lib/work/slice';
import { asyncRun, search, syncRun, trial } from '../../cdk/cost/run.ts';
import { invocations, together, type Work } from '../../cdk/cost/work.ts';
import { type Deployed, deployTo } from './deployed.ts';
import { whenEmulated } from './emulated.ts';
import { type Emulator, startMinistack } from './emulators/emulators.ts';
import { type Counted, counted, type Metered, meterOf, sum } from './metered.ts';

// The emulator starts each function anew, which takes long where others work, too.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 1_200_000 });

const CALLS = 5;
const numbers = Array.from({ length: CALLS }, (_, n) => n);
/** Five calls of a model, each with an answer of its own, under one variable. */
const five = {
  graph: {
    name: 'five',
    input: { text: 'str' },
    output: Object.fromEntries(numbers.map((n) => [`label${n}`, `nodes.n${n}.label${n}`])),
    nodes: numbers.map((n) => ({
      ...{ id: `n${n}`, kind: 'module', module: `m${n}` },
      // One after the other: each reads what came before.
      inputs: { text: 'input.text', before: n === 0 ? 'input.text' : `nodes.n${n - 1}.label${n - 1}` },
    })),
    bindings: [{ variable: 'temperature', to: ['nodes.*.lm.temperature'] }],
  },
  modules: Object.fromEntries(
    numbers.map((n) => [`m${n}`, { type: 'predict', signature: `text, before -> label${n}: Literal["odd", "even"]` }]),
  ),
  variables: [{ name: 'temperature', type: { kind: 'float', min: 0, max: 1 }, default: 0.1 }],
};
const EXAMPLES = 50;
const rows = Array.from({ length: 2 * EXAMPLES + 10 }, (_, n) => ({
  inputs: { text: `number ${n}` },
  labels: { label0: n % 2 === 1 ? 'odd' : 'even' },
  split: n < EXAMPLES ? 'train' : n < 2 * EXAMPLES ? 'validation' : 'test',
}));

interface Run {
  id: string;
  state: string;
  [name: string]: unknown;
}

/**
 * At least what was counted, in every point, or money is missing; and not much more, or the figure says nothing. A count
 * below a handful may be off by some: what goes together in one invocation is up to the moment.
 */
function holds(formula: Partial<Work>, found: Counted): void {
  const { transitions = 0, writeUnits = 0, readUnits = 0, sqsRequests = 0, busEvents = 0, httpRequests = 0 } = formula;
  const { logKb = 0 } = formula;
  const computed = {
    ...{ transitions, writeUnits, readUnits, sqsRequests, busEvents, httpRequests, logKb },
    invocations: invocations(formula),
  };
  const all = JSON.stringify({ computed, found });
  for (const [name, count] of Object.entries(found)) {
    const most = computed[name as keyof typeof computed];
    expect(most, `${name} are too few in ${all}`).toBeGreaterThanOrEqual(count);
    expect(most, `${name} are too many in ${all}`).toBeLessThanOrEqual(count * 1.5 + 5);
  }
}

/** The figures of docs/deploy.md come from these counts. */
whenEmulated('the formula of costs', () => {
  // An emulator of its own: it counts whatever happens in it, and in the other one other tests are at work.
  let emulator: Emulator;
  let logs: string;
  let meter: ReturnType<typeof meterOf>;
  let house: Deployed;
  const told = (what: string, metered: Metered): Counted => {
    const found = counted(metered);
    if (process.env.DSPEX_METER_LOG !== undefined)
      appendFileSync(process.env.DSPEX_METER_LOG, `${JSON.stringify({ what, found, metered })}\n`);
    return found;
  };
  const run = async (text: string, wait: boolean) =>
    house.client.call<Run>('programs', 'run', { id: 'five', ...(wait ? { wait } : {}), input: { input: { text } } });
  const ended = async (resource: string, id: string): Promise<Run> => {
    for (;;) {
      const { body } = await house.client.get<Run>(resource, id);
      if (['completed', 'failed', 'cancelled'].includes(body.state)) return body;
      await pause(2000);
    }
  };

  beforeAll(async () => {
    logs = await mkdtemp(join(tmpdir(), 'dspex-cost-'));
    emulator = await startMinistack(logs);
    meter = meterOf(emulator.endpoint);
    house = await deployTo(emulator.endpoint, 'cost');
    const { client } = house;
    await client.call('programs', 'create', { input: { name: 'five', source: five as never } });
    await client.call('datasets', 'create', { input: { name: 'numbers' } });
    const content = rows.map((row) => JSON.stringify(row)).join('\n');
    const upload = { contentType: 'application/x-ndjson', content };
    await client.call('datasets', 'import', { id: 'numbers', input: { format: 'jsonl' }, upload });
    // What is done once for a process or a version belongs to no run: everything is warm before it is counted.
    const { location } = await run('warm', false);
    await ended('executions', location?.split('/').at(-1) ?? '');
    await run('warm, too', true);
    await meter.settled();
  });
  afterAll(async () => {
    await house?.destroy();
    await emulator?.stop();
    await rm(logs, { recursive: true, force: true });
  });

  describe('counts what is called for', () => {
    test('a sync run of five calls', async () => {
      const { body } = await run('counted', true);
      expect(body).toMatchObject({ state: 'completed', usage: { calls: CALLS } });
      holds(syncRun(3), told('sync', await meter.settled()));
    });

    test('an async run of five calls', async () => {
      const { location } = await run('counted, too', false);
      const metered = await meter.settled();
      expect(await ended('executions', location?.split('/').at(-1) ?? '')).toMatchObject({ state: 'completed' });
      await meter.settled();
      holds(asyncRun(), told('async', metered));
    });

    test('the trials of a search', async () => {
      const metric = { kind: 'exact_match', output: 'label0' };
      const optimizer = { strategy: 'variable_search', config: { trials: 6 } };
      const { location } = await house.client.call<Run>('programs', 'optimize', {
        ...{ id: 'five', input: { dataset: 'numbers', metric, seed: 1, optimizer } },
      });
      const metered = await meter.settled();
      const id = location?.split('/').at(-1) ?? '';
      const done = await ended('optimizations', id);
      expect(done).toMatchObject({ state: 'completed', failure: null });
      let trials = 0;
      for await (const _ of house.client.list('trials', { filter: { optimizationId: id } })) trials += 1;
      const found = told(`${trials} trials`, metered);
      const asked = sum(metered.writes, (name) => name.startsWith('LM#')) / trials;
      expect(asked).toBeGreaterThan(EXAMPLES);
      const each = trial(EXAMPLES, EXAMPLES_AT_ONCE, { calls: CALLS, callSeconds: 3, asked });
      holds(together([trials, each], [1, search()]), found);
    });
  });
});
