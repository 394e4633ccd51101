import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { StepFailure } from '#lib/base/failure';
import type { Json, JsonObject } from '#lib/base/json';
import type { ScriptedCall, ScriptedStep } from '#lib/lm/scripted';
import { openReceiver, type Receiver } from '../../examples/rag/receiver.ts';
import { MAKING_MS, PYTHON_FOLDER, realPython } from '../python/runtime.ts';
import { chat, openTestHouse, type TestHouse } from './house.ts';

const EXAMPLE = new URL('../../examples/rag/', import.meta.url);
const QUESTIONS = [
  'Why does my nightly backup fail with exit code 75 on Sundays?',
  'I lost my key. Is my store lost?',
  'How long does a deep check take over SSH?',
];
const WAYS = ['native', 'python', undefined] as const;

/** Ranks the forum first where it says something nobody else does; answers with the first passage it was shown. */
function model(seen: string[]) {
  return ({ model: name, messages }: ScriptedCall): ScriptedStep => {
    seen.push(JSON.stringify([name, messages]));
    const asked = String(messages.at(-1)?.content);
    const [, question = ''] = /\[\[ ## question ## \]\]\n(.*)/.exec(asked) ?? [];
    if (String(messages[0]?.content).includes('[[ ## best ## ]]'))
      return chat({ best: question.includes('Sundays') ? 'forum' : question.includes('deep check') ? 'docs' : 'faq' });
    if (question.includes('Windows') && name !== 'small') return new StepFailure('Model.Refused', 'out of order');
    const [, passages = '[]'] = /\[\[ ## context ## \]\]\n(.*)/.exec(asked) ?? [];
    const [first = 'nothing'] = JSON.parse(passages) as string[];
    return chat({ ...(name === 'small' ? {} : { reasoning: 'The first passage says it.' }), answer: first });
  };
}

/** The example as it stands, but for the receiver's port and the model without a key. */
async function exampleSource(port: number): Promise<JsonObject> {
  const text = await readFile(new URL('program.yaml', EXAMPLE), 'utf8');
  const source = parse(text.replaceAll('127.0.0.1:7444', `127.0.0.1:${port}`)) as JsonObject;
  return { ...source, lms: { small: 'scripted/small' } };
}

async function openExample(seen: string[], receiver: Receiver, environment: NodeJS.ProcessEnv): Promise<TestHouse> {
  const house = await openTestHouse(model(seen), {
    environment: { ...environment, DSPEX_ALLOW_HOSTS: `127.0.0.1:${receiver.port}` },
  });
  const { client } = house;
  for (const corpus of ['docs', 'faq', 'forum']) {
    await client.call('corpora', 'create', { input: { name: `rag-${corpus}` } });
    await client.call('corpora', 'import', {
      ...{ id: `rag-${corpus}`, input: { format: 'jsonl' } },
      upload: { contentType: 'application/x-ndjson', content: await readFile(new URL(`${corpus}.jsonl`, EXAMPLE)) },
    });
  }
  const source = await exampleSource(receiver.port);
  await client.call('programs', 'create', { input: { name: 'rag', source: source as never } });
  return house;
}

interface Run extends JsonObject {
  id: string;
  state: string;
  degraded: boolean;
  output: JsonObject | null;
}
interface Step extends JsonObject {
  nodeId: string;
  status: string;
}

async function ask({ client }: TestHouse, question: string, implementation: (typeof WAYS)[number]) {
  const { body } = await client.call<Run>('programs', 'run', {
    ...{ id: 'rag', wait: true },
    input: { input: { question }, ...(implementation === undefined ? {} : { implementation }) },
  });
  const run = { ...body };
  for await (const { event, data } of client.stream('executions', body.id, 'events'))
    if (event === 'end') Object.assign(run, data);
  const { body: trace } = await client.call<{ steps: Step[] }>('executions', 'trace', { id: body.id });
  const steps = Object.fromEntries(trace.steps.map((step) => [step.nodeId, step]));
  const served = (node: string): Json => steps[node]?.implementation ?? null;
  return { run, steps, served };
}

describe('the example of three retrievers', { timeout: MAKING_MS }, () => {
  const seen: string[] = [];
  let [house, receiver]: [TestHouse, Receiver] = [undefined as never, undefined as never];
  beforeAll(async () => {
    await (await realPython()).close();
    receiver = await openReceiver({ port: 0 });
    house = await openExample(seen, receiver, { PATH: process.env.PATH, DSPEX_PYTHON_FOLDER: PYTHON_FOLDER });
  }, MAKING_MS);
  afterAll(async () => {
    await house.close();
    await receiver.close();
    expect(house.faults).toEqual([]);
  });

  test('run natively, in Python and as declared gives equal answers from equal messages: the model is asked once', async () => {
    const outputs: Json[][] = [];
    const served: Json[] = [];
    const asked: number[] = [];
    for (const way of WAYS) {
      const answers: Json[] = [];
      for (const question of QUESTIONS) {
        const { run, served: by } = await ask(house, question, way);
        expect(run).toMatchObject({ state: 'completed', degraded: false });
        answers.push(run.output);
        if (question === QUESTIONS[0]) served.push([by('docs'), by('rank'), by('answer')]);
      }
      outputs.push(answers);
      asked.push(seen.length);
    }
    // A message that differed in one byte would have reached the model again.
    expect(asked).toEqual([6, 6, 6]);
    expect(outputs[1]).toEqual(outputs[0]);
    expect(outputs[2]).toEqual(outputs[0]);
    // A retriever has no prompt, so that is served natively in any case; a hybrid module goes where it likes.
    expect(served).toEqual([
      ['native', 'native', 'native'],
      ['native', 'python', 'python'],
      ['native', 'python', expect.stringMatching(/native|python/)],
    ]);
    const [first] = outputs[0] ?? [];
    expect(first).toMatchObject({ best: 'forum', answer: expect.stringContaining('automatic prune holding the lock') });
    expect((first as { sources: string[] }).sources).toEqual(expect.arrayContaining(['forum-1', 'docs-9', 'faq-7']));
  });

  test.each(WAYS)('falls back to the smaller model and says so (%s)', async (way) => {
    const { run, steps } = await ask(house, 'Is there a Windows version?', way);
    expect(run).toMatchObject({ state: 'completed', degraded: true });
    expect(steps.answer).toMatchObject({ status: 'failed', failure: { name: 'Model.Refused' } });
    expect(steps.answer_small).toMatchObject({ status: 'succeeded', calls: [{ model: 'scripted/small' }] });
    expect(run.output?.answer).toContain('No.');
    expect(seen.filter((one) => one.startsWith('["small"'))).toHaveLength(1);
  });

  test.each(WAYS)('takes the recorded answer back when it cannot be announced (%s)', async (way) => {
    const before = { log: receiver.answers.size, heard: receiver.heard.length };
    receiver.refuse = true;
    try {
      const { run, steps } = await ask(house, QUESTIONS[1] ?? '', way);
      expect(run).toMatchObject({ state: 'failed', failure: { name: 'Effect.Failed', details: { status: 409 } } });
      expect(steps.record?.status).toBe('succeeded');
      expect(steps.take_back).toMatchObject({ status: 'succeeded', output: { removed: true } });
    } finally {
      receiver.refuse = false;
    }
    expect(receiver.heard.slice(before.heard)).toEqual(['POST /answers', 'POST /announcements', 'DELETE /answers']);
    expect(receiver.answers.size).toBe(before.log);
  });
});

test('without Python the ranking is done by rule, and the run says that it is degraded', async () => {
  const receiver = await openReceiver({ port: 0 });
  const house = await openExample([], receiver, { DSPEX_PYTHON: '/no/such/python' });
  try {
    const { run, steps } = await ask(house, QUESTIONS[0] ?? '', undefined);
    expect(run).toMatchObject({ state: 'completed', degraded: true, output: { best: 'docs' } });
    expect(steps.by_rule?.status).toBe('succeeded');
    expect([...receiver.answers.values()]).toMatchObject([
      { question: QUESTIONS[0], sources: ['docs-9', 'docs-11', 'faq-7', 'forum-1'] },
    ]);
    expect(receiver.announced).toHaveLength(1);
  } finally {
    await house.close();
    await receiver.close();
  }
});
