import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import type { ScriptedCall } from '#lib/lm/scripted';
import { chat, openTestHouse, type TestHouse } from './house.ts';

/** Two modules that lead to `label`, one that nobody but a reader of `note` needs. */
const source = (how = 'Decide.', note = 'Note.') => ({
  graph: {
    name: 'parity',
    input: { text: 'str' },
    output: { label: 'nodes.decide.label', note: 'nodes.note.note' },
    nodes: [
      { id: 'read', kind: 'module', module: 'reader', inputs: { text: 'input.text' } },
      { id: 'decide', kind: 'module', module: 'decider', inputs: { number: 'nodes.read.number' } },
      { id: 'note', kind: 'module', module: 'noter', inputs: { number: 'nodes.read.number' } },
    ],
  },
  modules: {
    reader: { type: 'predict', signature: 'text -> number' },
    decider: { type: 'predict', signature: 'number -> label: Literal["odd", "even"]', instructions: how },
    noter: { type: 'predict', signature: 'number -> note', instructions: note },
  },
});
const metric = { kind: 'exact_match', output: 'label' };
const rows = Array.from({ length: 20 }, (_, n) => ({
  inputs: { text: `n${n}` },
  labels: { label: n % 2 === 1 ? 'odd' : 'even' },
  split: 'test',
}));

let asked = 0;
/** Right for all but the numbers from 15 on, of which it is right every other time it is asked. */
const drawn = new Map<string, number>();
let hold = async (_: number): Promise<void> => {};
async function script({ messages }: ScriptedCall): Promise<string> {
  asked += 1;
  const text = String(messages.at(-1)?.content);
  const system = String(messages[0]?.content);
  const number = Number(/n(\d+)/.exec(text)?.[1]);
  if (system.includes('`number` (str)') && system.includes('Your input fields are:\n1. `text`'))
    return chat({ number: `n${number}` });
  if (system.includes('`note` (str)')) return chat({ note: 'noted' });
  if (system.includes('Decide slowly.')) await hold(number);
  const times = (drawn.get(system + text) ?? 0) + 1;
  drawn.set(system + text, times);
  const right = number < 15 || times % 2 === 1;
  return chat({ label: (number % 2 === 1) === right ? 'odd' : 'even' });
}

interface Evaluated {
  id: string;
  state: string;
  report: JsonObject & {
    score: number;
    avoided: JsonObject;
    interval: { low: number; high: number };
    folds: { scores: { examples: number; score: number }[] };
  };
}

describe('the evaluation engine, through the API', () => {
  let home: TestHouse;
  beforeAll(async () => {
    home = await openTestHouse(script);
    await home.client.call('programs', 'create', { input: { name: 'parity', source: source() } });
    await home.client.call('datasets', 'create', { input: { name: 'numbers' } });
    await importRows(rows);
  });
  afterAll(async () => {
    await home.close();
    expect(home.faults).toEqual([]);
  });
  const importRows = (content: readonly object[], action = 'import') =>
    home.client.call('datasets', action, {
      id: 'numbers',
      input: { format: 'jsonl' },
      upload: {
        contentType: 'application/x-ndjson',
        content: content.map((row) => JSON.stringify(row)).join('\n'),
      },
    });
  const evaluate = async (more: JsonObject = {}) => {
    const { body } = await home.client.call<Evaluated>('programs', 'evaluate', {
      ...{ id: 'parity', wait: true },
      input: { dataset: 'numbers', datasetVersion: 1, split: 'test', metric, version: 1, ...more },
    });
    return body;
  };
  const outcomes = async (id: string) =>
    (
      await home.client.call<{ items: (JsonObject & { exampleId: string })[] }>('evaluations', 'outcomes', {
        ...{ id, input: { limit: 1000 } },
      })
    ).body.items;
  const publish = async (changed: ReturnType<typeof source>) =>
    (
      await home.client.call<{ latestVersion: number }>('programs', 'publish', {
        ...{ id: 'parity', input: { source: changed } },
      })
    ).body.latestVersion;
  let first: Evaluated;

  test('runs only what the metric reads, and says how many module runs that spares', async () => {
    first = await evaluate();
    expect(first).toMatchObject({
      state: 'completed',
      report: { examples: 20, runs: 20, usage: { calls: 40 }, avoided: { unreadModules: 20, reusedRuns: 0 } },
    });
  });

  test('takes over every outcome when only an unread node has changed, and asks no model for anything', async () => {
    const version = await publish(source('Decide.', 'Another note.'));
    const before = asked;
    const again = await evaluate({ version, reuse: first.id });
    expect(asked - before).toBe(0);
    expect(again.report).toMatchObject({
      score: first.report.score,
      spentNanoUsd: 0,
      avoided: { reusedRuns: 20, reusedCalls: 40, cachedCalls: 0 },
    });
    expect((await outcomes(again.id)).map(({ reusedFrom }) => reusedFrom)).toEqual(Array(20).fill(first.id));
  });

  test('runs everything again when a node that the metric reads has changed, or the metric', async () => {
    const version = await publish(source('Decide well.'));
    const lookups = home.house.services.gateway.stats().calls;
    const changed = await evaluate({ version, reuse: first.id });
    // The decider is asked anew; the reader before it is not even rendered: nobody looked for its calls.
    expect(changed.report.avoided).toMatchObject({ reusedRuns: 0, cachedCalls: 20 });
    expect(home.house.services.gateway.stats().calls - lookups).toBe(20);
    const other = await evaluate({ reuse: first.id, metric: { kind: 'contains', output: 'label' } });
    expect(other.report.avoided).toMatchObject({ reusedRuns: 0, cachedCalls: 40 });
  });

  test('runs only the examples that are new or changed in the data', async () => {
    const relabelled = { ...rows[3], labels: { label: 'even' } };
    await importRows([...rows.slice(4), relabelled, { ...rows[0], inputs: { text: 'n100' } }]);
    const { body: numbers } = await home.client.get<{ latestVersion: number }>('datasets', 'numbers');
    const again = await evaluate({ datasetVersion: numbers.latestVersion, reuse: first.id });
    expect(again.report).toMatchObject({ examples: 18, avoided: { reusedRuns: 16 } });
    const chained = await evaluate({ datasetVersion: numbers.latestVersion, reuse: again.id });
    expect(chained.report.avoided).toMatchObject({ reusedRuns: 18 });
    const sources = (await outcomes(chained.id)).map(({ reusedFrom }) => reusedFrom);
    expect(sources.filter((from) => from === first.id)).toHaveLength(16);
    expect(sources.filter((from) => from === again.id)).toHaveLength(2);
  });

  test('repeats each example with draws of its own, and counts it once in the interval and in a comparison', async () => {
    const once = await evaluate();
    const repeated = await evaluate({ repetitions: 4 });
    const rows = await outcomes(repeated.id);
    expect(new Set(rows.map(({ exampleId, sample }) => `${exampleId} ${sample}`)).size).toBe(80);
    // The first draw is the one that was made before; three are new, and each of the last five is right half the time.
    expect(repeated.report).toMatchObject({ examples: 20, runs: 80, scored: 80, avoided: { cachedCalls: 40 } });
    expect(repeated.report.score).toBeCloseTo((15 + 5 * 0.5) / 20, 10);
    expect(repeated.report.deviationWithin).toBeGreaterThan(0);
    const { body } = await home.client.call('evaluations', 'compare', {
      input: { baseline: once.id, candidate: repeated.id },
    });
    expect(body).toMatchObject({ pairs: 20, unpaired: 0 });
  });

  test('scores seeded folds, whose examples together are all of them', async () => {
    const { report } = await evaluate({ folds: 3, seed: 5 });
    const { scores } = report.folds;
    expect(scores.map(({ examples }) => examples)).toEqual([7, 7, 6]);
    const total = scores.reduce((sum, { examples, score }) => sum + examples * score, 0);
    expect(total / 20).toBeCloseTo(report.score, 10);
    expect((await evaluate({ folds: 3, seed: 5 })).report.folds).toEqual(report.folds);
    await expect(evaluate({ folds: 21 })).rejects.toMatchObject({ status: 400, problems: [{ pointer: '/folds' }] });
  });

  test('keeps the steps of each example when asked to, and says how to when not', async () => {
    const { id } = await evaluate({ traces: true, limit: 2 });
    const [one] = await outcomes(id);
    const input = { exampleId: one?.exampleId ?? '' };
    const { body } = await home.client.call<{ steps: JsonObject[] }>('evaluations', 'trace', { id, input });
    expect(body.steps.map(({ nodeId }) => nodeId)).toEqual(['read', 'decide']);
    expect(body.steps[0]).toMatchObject({
      inputs: { text: expect.stringMatching(/^n[01]$/) },
      calls: [{ source: 'memory' }],
    });
    await expect(home.client.call('evaluations', 'trace', { id: first.id, input })).rejects.toMatchObject({
      ...{ status: 404, code: 'trace_not_found', message: expect.stringContaining('"traces": true') },
    });
    await expect(
      home.client.call('evaluations', 'trace', { id, input: { exampleId: 'nobody' } }),
    ).rejects.toMatchObject({ status: 404, code: 'outcome_not_found' });
  });

  test('says before the start what it will take and what it could show', async () => {
    const { programId, datasetId } = (
      await home.client.get<{ programId: string; datasetId: string }>('evaluations', first.id)
    ).body;
    const request = { programId, version: 1, datasetId, datasetVersion: 1, split: 'test', metric };
    const plan = async (more: JsonObject) =>
      (await home.client.call<JsonObject>('evaluations', 'plan', { input: { ...request, ...more } })).body;
    const assumed = await plan({ repetitions: 2 });
    expect(assumed).toMatchObject({ examples: 20, runs: 40, moduleRuns: 80, pairs: 20, deviationFrom: 'assumed' });
    expect(assumed.minimumDetectableEffect).toBeCloseTo((2.8016 * Math.sqrt(0.2)) / Math.sqrt(20), 3);
    expect(await plan({ deviation: 0.1, effect: 0.05 })).toMatchObject({ deviationFrom: 'given', pairsWanted: 32 });
    const other = await evaluate({ repetitions: 4 });
    const measured = await plan({ earlier: { baseline: first.id, candidate: other.id } });
    const { body: comparison } = await home.client.call<JsonObject>('evaluations', 'compare', {
      input: { baseline: first.id, candidate: other.id },
    });
    expect(measured).toMatchObject({ deviationFrom: 'measured', deviation: comparison.deviation });
    expect(measured.minimumDetectableEffect).toBeCloseTo(Number(comparison.minimumDetectableEffect), 12);
    await expect(plan({ split: 'train' })).rejects.toMatchObject({ status: 400, problems: [{ pointer: '/split' }] });
  });

  test('goes on where a cancelled one stopped', async () => {
    const held = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    hold = async (number) => {
      if (number < 12) return;
      begun.resolve();
      await held.promise;
    };
    const version = await publish(source('Decide slowly.'));
    const input = { dataset: 'numbers', datasetVersion: 1, split: 'test', metric, version, concurrency: 1 };
    const started = await home.client.call('programs', 'evaluate', { id: 'parity', input });
    const id = String(started.location?.split('/').at(-1));
    await begun.promise;
    await home.client.call('evaluations', 'cancel', { id });
    expect((await home.client.get('evaluations', id)).body).toMatchObject({ state: 'cancelled', report: null });
    const before = asked;
    held.resolve();
    hold = async () => {};
    // What the cancelled worker has finished becomes durable when it hears of it, which nobody tells the outside.
    while ((await outcomes(id)).length < 12) await new Promise(setImmediate);
    const again = await evaluate({ version, reuse: id });
    expect(again).toMatchObject({ state: 'completed', report: { scored: 20, avoided: { reusedRuns: 12 } } });
    // Eight deciders at most, one of which may have been under way.
    expect(asked - before).toBeLessThanOrEqual(8);
  });

  test('takes nothing over from an evaluation that is not there', async () => {
    await expect(evaluate({ reuse: `evl_${'0'.repeat(26)}` })).rejects.toMatchObject({ status: 404 });
  });
});
