import { afterEach, expect, test } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import type { Script } from '#lib/lm/scripted';
import { chat, openTestHouse, type TestHouse } from './house.ts';

let home: TestHouse | undefined;
afterEach(async () => {
  const { faults = [] } = home ?? {};
  await home?.close();
  home = undefined;
  expect(faults).toEqual([]);
});

const source = {
  graph: {
    name: 'guess',
    input: { text: 'str' },
    output: { number: 'nodes.guess.number' },
    nodes: [{ id: 'guess', kind: 'module', module: 'guesser', inputs: { text: 'input.text' } }],
  },
  modules: { guesser: { type: 'predict', signature: 'text -> number' } },
};
const one = { inputs: { text: 'a' }, labels: { number: '1' } };
const exact = { kind: 'exact_match', output: 'number' };

async function measure(rows: readonly object[], metric: JsonObject, script: Script = () => chat({ number: '1' })) {
  home = await openTestHouse(script);
  const { client } = home;
  await client.call('programs', 'create', { input: { name: 'guess', source } });
  await client.call('datasets', 'create', { input: { name: 'rows' } });
  await client.call('datasets', 'import', {
    ...{ id: 'rows', input: { format: 'jsonl' } },
    upload: { contentType: 'application/x-ndjson', content: rows.map((row) => JSON.stringify(row)).join('\n') },
  });
  const run = async (more: JsonObject = {}) =>
    (
      await client.call<{ id: string; report: JsonObject }>('programs', 'evaluate', {
        ...{ id: 'guess', wait: true, input: { dataset: 'rows', metric, ...more } },
      })
    ).body;
  return { run, client };
}

test('a dataset without examples is refused, with what is missing', async () => {
  await expect(measure([], exact)).rejects.toMatchObject({ status: 400 });
});

test('a split without examples is refused before anything runs', async () => {
  const { run } = await measure([{ ...one, split: 'train' }], exact);
  await expect(run({ split: 'test' })).rejects.toMatchObject({
    status: 400,
    problems: [{ pointer: '/split', detail: expect.stringContaining('no test examples') }],
  });
});

test('one example gives a score whose interval hides nothing, and shows no effect', async () => {
  const { run, client } = await measure([one], exact);
  const { id, report } = await run();
  expect(report).toMatchObject({ examples: 1, scored: 1, score: 1, interval: { high: 1 } });
  expect((report.interval as { low: number }).low).toBeLessThan(0.25);
  const { body } = await client.call('evaluations', 'compare', { input: { baseline: id, candidate: id } });
  expect(body).toMatchObject({ pairs: 1, difference: 0, pValue: 1, minimumDetectableEffect: null, deviation: null });
});

test('scores that are all equal compare as no difference, with certainty about nothing more', async () => {
  const rows = Array.from({ length: 8 }, (_, n) => ({ ...one, inputs: { text: `t${n}` } }));
  const { run, client } = await measure(rows, exact);
  const { id } = await run({ repetitions: 2, folds: 2 });
  const { body } = await client.call('evaluations', 'compare', { input: { baseline: id, candidate: id } });
  expect(body).toMatchObject({ pairs: 8, difference: 0, pValue: 1, ties: 8, interval: { low: 0, high: 0 } });
});

test('what is no finite number fails its example, by name, and is 0 in the score', async () => {
  const rows = ['1', 'NaN', 'Infinity', '1e999'].map((number) => ({ inputs: { text: number }, labels: { number: 1 } }));
  const numeric = { kind: 'numeric', output: 'number', tolerance: 0.5 };
  const { run } = await measure(rows, numeric, ({ messages }) => {
    const asked = /(NaN|Infinity|1e999|1)\b/.exec(String(messages.at(-1)?.content).split('## text ## ]]')[1] ?? '');
    return chat({ number: asked?.[1] ?? '' });
  });
  const { report } = await run();
  expect(report).toMatchObject({ examples: 4, score: 0.25 });
  expect(JSON.stringify(report)).not.toMatch(/NaN|Infinity/);
});

test('a metric that throws on some examples fails these, and the others keep their scores', async () => {
  const rows = [one, { inputs: { text: 'b' }, labels: {} }, { inputs: { text: 'c' }, labels: { number: 'no number' } }];
  const { run, client } = await measure(rows, { kind: 'numeric', output: 'number' });
  const { id, report } = await run();
  expect(report).toMatchObject({ scored: 1, failed: 2, failures: { 'Input.Invalid': 2 } });
  const { body } = await client.call<{ items: { failure?: { message: string } }[] }>('evaluations', 'outcomes', { id });
  expect(body.items.flatMap(({ failure }) => failure?.message ?? [])).toEqual(
    expect.arrayContaining([expect.stringContaining('"number" is not a number')]),
  );
});
