import { afterEach, expect, test } from 'vitest';
import { openRealHouse, type RealHouse } from '../api/real-house.ts';
import { chat } from './house.ts';

let house: RealHouse | undefined;
afterEach(() => house?.close());

/** The program answers `odd`; whoever judges says yes. */
const script = ({ messages }: { messages: readonly { content: unknown }[] }) =>
  JSON.stringify(messages).includes('Is the label a word?')
    ? chat({ reasoning: 'It is one.', verdict: 'True' })
    : chat({ label: 'odd' });
const spec = { kind: 'judge', outputs: ['label'], criteria: 'Is the label a word?', lm: 'default' };

test('an evaluation by a judge keeps its reasons, and counts what judging took apart from the program', async () => {
  house = await openRealHouse({ work: true, script });
  const { client, programId, datasetId } = house.ours;
  const started = await client.call<{ id: string }>('evaluations', 'create', {
    input: { programId, version: 1, datasetId, datasetVersion: 1, metric: spec, split: 'test' },
  });
  for await (const _ of client.stream('evaluations', started.body.id, 'events'));
  const { body: evaluation } = await client.get('evaluations', started.body.id);
  expect(evaluation).toMatchObject({
    state: 'completed',
    report: { score: 1, usage: { calls: 2 }, judge: { calls: 2 } },
  });
  const { body } = await client.call<{ items: object[] }>('evaluations', 'outcomes', { id: started.body.id });
  expect(body.items[0]).toMatchObject({ reason: 'It is one.', judge: { calls: 1 } });
});

test('a judge is tried on one pair, and calibrated against people with an interval', async () => {
  house = await openRealHouse({ script });
  const { client } = house.ours;
  const { body: metric } = await client.call<{ id: string }>('metrics', 'create', { input: { name: 'wordy', spec } });
  const tried = await client.call('metrics', 'score', {
    id: metric.id,
    input: { labels: {}, outputs: { label: 'x' } },
  });
  expect(tried.body).toMatchObject({ value: 1, reason: 'It is one.' });
  const pairs = Array.from({ length: 10 }, (_, n) => ({ outputs: { label: `w${n}` }, good: n < 8 }));
  const calibrated = await client.call('metrics', 'calibrate', { id: metric.id, input: { pairs } });
  expect(calibrated.body).toMatchObject({ pairs: 10, observed: 0.8, failures: {} });
});

test('a metric that could score nothing is refused before anything runs', async () => {
  house = await openRealHouse();
  const bad = { kind: 'regex', output: 'label', pattern: '(?=x)' };
  const { client, programId, datasetId } = house.ours;
  await expect(client.call('metrics', 'create', { input: { name: 'bad', spec: bad } })).rejects.toMatchObject({
    status: 400,
    problems: [{ pointer: expect.stringContaining('pattern') }],
  });
  const input = { programId, version: 1, datasetId, datasetVersion: 1, metric: bad };
  await expect(client.call('evaluations', 'create', { input })).rejects.toMatchObject({ status: 400 });
});
