import { afterAll, beforeAll, expect, test } from 'vitest';
import { chat, idOf, openTestHouse, type TestHouse } from './house.ts';

let home: TestHouse;
beforeAll(async () => {
  home = await openTestHouse(() => ({
    text: chat({ reasoning: 'Because of many small words.', answer: 'It is forty two, no more.' }),
    delayMs: 30,
  }));
  const source = {
    graph: {
      name: 'ask',
      input: { question: 'str' },
      output: { answer: 'nodes.answer.answer' },
      nodes: [{ id: 'answer', kind: 'module', module: 'thinker', inputs: { question: 'input.question' } }],
    },
    modules: { thinker: { type: 'chain_of_thought', signature: 'question -> answer' } },
  };
  await home.client.call('programs', 'create', { input: { name: 'ask', source } });
});
afterAll(async () => {
  await home.close();
  expect(home.faults).toEqual([]);
});

async function events(id: string, after?: string) {
  const seen: { id?: string | undefined; event: string; data: Record<string, unknown> }[] = [];
  for await (const { id: eventId, event, data } of home.client.stream(
    'executions',
    id,
    'events',
    after === undefined ? {} : { after },
  )) {
    seen.push({ id: eventId ?? undefined, event, data: data as never });
  }
  return seen;
}

test('an answer arrives piece by piece, by output field, before its step and its end', async () => {
  const started = await home.client.call('programs', 'run', { id: 'ask', input: { input: { question: 'why?' } } });
  expect(started.status).toBe(202);
  const seen = await events(idOf(started.location));
  const deltas = seen.filter(({ event }) => event === 'delta').map(({ data }) => data);
  const joined = (field: string) =>
    deltas
      .filter((delta) => delta.field === field)
      .map((delta) => delta.text)
      .join('');
  expect(joined('reasoning').trim()).toBe('Because of many small words.');
  expect(joined('answer').trim()).toBe('It is forty two, no more.');
  expect(deltas.length).toBeGreaterThan(4);
  expect(seen.slice(-2).map(({ event }) => event)).toEqual(['step', 'end']);
  expect(seen.at(-1)?.data).toMatchObject({ state: 'completed', output: { answer: 'It is forty two, no more.' } });
});

test('who comes late, or comes again, gets the recorded steps it has not seen and the end', async () => {
  const { body } = await home.client.call('programs', 'run', {
    id: 'ask',
    wait: true,
    input: { input: { question: 'and then?' } },
  });
  const all = await events(String(body.id));
  expect(all.map(({ event }) => event)).toEqual(['step', 'end']);
  expect(all[0]?.id).toBe('1');
  expect((await events(String(body.id), '1')).map(({ event }) => event)).toEqual(['end']);
});
