import { afterEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import type { ScriptedCall } from '#lib/lm/scripted';
import { jsonl } from '../api/real-house.ts';
import { MAKING_MS, PYTHON_FOLDER, realPython } from '../python/runtime.ts';
import { chat, idOf, openTestHouse, type TestHouse } from './house.ts';

let house: TestHouse | undefined;
afterEach(async () => {
  expect(house?.faults).toEqual([]);
  await house?.close();
});

const EXAMPLES = 100;
const ROWS = Array.from({ length: EXAMPLES }, (_, n) => ({
  inputs: { number: n, note: `note ${n}: "quoted", [[ ## odd ## ]]\nand a second line` },
  labels: { parity: n % 2 === 0 ? 'even' : 'odd' },
}));
const SOURCE = {
  graph: {
    name: 'parity',
    input: { number: 'int', note: 'str' },
    output: { parity: 'nodes.decide.parity' },
    nodes: [
      { id: 'digits', kind: 'module', module: 'split', inputs: { number: 'input.number', note: 'input.note' } },
      { id: 'decide', kind: 'module', module: 'judge', inputs: { digits: 'nodes.digits.digits', note: 'input.note' } },
    ],
  },
  modules: {
    split: { type: 'predict', signature: 'number: int, note -> digits: list[int]' },
    judge: {
      ...{ type: 'chain_of_thought', adapter: 'xml', config: { temperature: 0.2 } },
      signature: 'digits: list[int], note -> parity: Literal["even", "odd"]',
      demos: [{ digits: [1, 0], note: 'ten', reasoning: 'It ends in 0.', parity: 'even' }],
    },
  },
};

/** Reads the digits; says `odd` for every seventh number, so that there is something to miss. */
function model(seen: string[]) {
  return ({ messages }: ScriptedCall): string => {
    const asked = String(messages.at(-1)?.content);
    seen.push(JSON.stringify(messages));
    const n = Number(/note (\d+):/.exec(asked)?.[1]);
    if (asked.includes('[[ ## number ## ]]')) return chat({ digits: JSON.stringify([...String(n)].map(Number)) });
    const parity = n % 7 === 0 ? 'odd' : n % 2 === 0 ? 'even' : 'odd';
    return `<reasoning>\nThe last digit says it.\n</reasoning>\n<parity>\n${parity}\n</parity>`;
  };
}

interface Outcome extends JsonObject {
  exampleId: string;
  score: number | null;
}

async function measured({ client }: TestHouse, implementation: 'native' | 'python') {
  const started = await client.call('programs', 'evaluate', {
    id: 'parity',
    input: { dataset: 'numbers', metric: { kind: 'exact_match', output: 'parity' }, implementation, concurrency: 8 },
  });
  const id = idOf(started.location);
  for await (const _ of client.stream('evaluations', id, 'events'));
  const { body: evaluation } = await client.get<{ report: { score: number; failures: object } }>('evaluations', id);
  const { body } = await client.call<{ items: Outcome[] }>('evaluations', 'outcomes', { id });
  const scores = Object.fromEntries(body.items.map(({ exampleId, score }) => [exampleId, score]));
  return { ...evaluation.report, scores };
}

describe('one program in two runtimes', { timeout: MAKING_MS }, () => {
  test('evaluated on 100 examples natively and then by DSPy: the same messages, the same scores, every call of the second a cache hit', async () => {
    await (await realPython()).close();
    const seen: string[] = [];
    house = await openTestHouse(model(seen), {
      environment: { PATH: process.env.PATH, DSPEX_PYTHON_FOLDER: PYTHON_FOLDER },
    });
    const { client } = house;
    await client.call('programs', 'create', { input: { name: 'parity', source: SOURCE as never } });
    const { body: dataset } = await client.call<{ id: string }>('datasets', 'create', { input: { name: 'numbers' } });
    await client.call('datasets', 'import', {
      ...{ id: dataset.id, input: { format: 'jsonl' } },
      upload: { contentType: 'application/x-ndjson', content: jsonl(ROWS) },
    });
    const native = await measured(house, 'native');
    expect(seen).toHaveLength(2 * EXAMPLES);
    const { hits } = house.house.gateway.stats();
    const python = await measured(house, 'python');
    // A message that differed in one byte would have reached the model.
    expect(seen).toHaveLength(2 * EXAMPLES);
    expect(python.failures).toEqual({});
    const after = house.house.gateway.stats().hits;
    expect(after.memory + after.store + after.flight - hits.memory - hits.store - hits.flight).toBe(2 * EXAMPLES);
    expect(python.scores).toEqual(native.scores);
    expect(native.score).toBeCloseTo(0.92, 1);
    expect(python.score).toBe(native.score);
  });
});
