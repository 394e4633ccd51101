import type { JsonObject } from '#lib/base/json';
import type { ScriptedCall } from '#lib/lm/scripted';
import { chat, createProgram, type World } from './world.ts';

export const metric = { kind: 'exact_match', output: 'label' };

/** Odd or even again, with an instruction and demos that can be searched, and a teacher of its own. */
export async function withPrompts(world: World): Promise<World> {
  const graph = {
    input: { text: 'str' },
    output: { label: 'nodes.decide.label' },
    nodes: [{ id: 'decide', kind: 'module', module: 'decider', inputs: { text: 'input.text' } }],
    bindings: [
      { variable: 'temperature', to: ['nodes.*.lm.temperature'] },
      { variable: 'wording', to: ['nodes.decide.instructions'] },
      { variable: 'demos', to: ['nodes.decide.demos'] },
    ],
  };
  const variables = [
    { name: 'temperature', type: { kind: 'float', min: 0, max: 1, step: 0.5 }, default: 0 },
    { name: 'wording', type: { kind: 'text' }, default: 'Odd or even?' },
    { name: 'demos', type: { kind: 'demos', maxDemos: 2 }, default: [] },
  ];
  await createProgram(world, 'parity', graph, { decider: 'text -> label: Literal["odd", "even"]' }, { variables });
  await world.client.call('language-models', 'create', { input: { name: 'sage', model: 'scripted/sage' } });
  await world.client.call('datasets', 'create', { input: { name: 'numbers' } });
  const rows = Array.from({ length: 50 }, (_, n) => ({
    inputs: { text: `n${n}` },
    labels: { label: n % 2 === 1 ? 'odd' : 'even' },
    split: n < 12 ? 'train' : n < 30 ? 'validation' : 'test',
  }));
  await world.client.call('datasets', 'import', {
    id: 'numbers',
    input: { format: 'jsonl' },
    upload: { contentType: 'application/x-ndjson', content: rows.map((row) => JSON.stringify(row)).join('\n') },
  });
  return world;
}

/** Fields a teacher of ours is asked for, whatever the strategy. */
const LESSONS: Record<string, string> = {
  description: 'It tells odd from even.',
  role: 'It decides.',
  observations: 'Numbers behind an n.',
  summary: 'Numbers.',
  discussion: 'The worse one did not look at the last digit.',
};

/** Right more often with the teacher's words, with demos and when hot. The model `sage` writes; others never do. */
export function student(call: ScriptedCall): string {
  const prompt = call.messages.map(({ content }) => String(content)).join('\n');
  if (call.model === 'sage') {
    const word = ['last digit', 'carefully', 'step by step'][call.sample % 3] ?? '';
    const fields: Record<string, string> = { ...LESSONS, instruction: `Odd or even? Look ${word}.` };
    fields.advice = JSON.stringify({ decide: `Look at the ${word}.` });
    const asked = Object.keys(fields).filter((name) => prompt.includes(`## ${name} ##`));
    return chat(Object.fromEntries(asked.map((name) => [name, fields[name] ?? ''])));
  }
  const number = Number(/n(\d+)/.exec(String(call.messages.at(-1)?.content))?.[1] ?? 0);
  const right =
    (number * 7) % 10 <
    3 +
      (prompt.includes('last digit') ? 4 : 0) +
      (call.messages.length > 3 ? 2 : 0) +
      (call.parameters.temperature ?? 0);
  return chat({ label: (number % 2 === 1) === right ? 'odd' : 'even' });
}

export async function optimizePrompts(
  { client }: World,
  strategy: string,
  config: JsonObject,
  more: JsonObject = {},
): Promise<string> {
  const { body } = await client.call<{ id: string }>('programs', 'optimize', {
    id: 'parity',
    input: {
      dataset: 'numbers',
      metric,
      seed: 3,
      parallelism: 2,
      version: 1,
      optimizer: { strategy, config },
      ...more,
    },
  });
  return body.id;
}
