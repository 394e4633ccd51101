import { readFileSync } from 'node:fs';
import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import type { ScriptedCall } from '#lib/lm/scripted';

/**
 * A model for the programs of examples/adopted: it knows their examples, and answers wrong on every third one until it is
 * shown demos or told to be careful. It answers in the form it is asked for (chat, JSON or XML).
 */
export function exampleModel(call: ScriptedCall): string {
  const { system, last, demos } = readCall(call);
  const outputs = outputsOf(system);
  const known = demos > 0 || system.includes('careful');
  const fields = Object.fromEntries(outputs.map((name) => [name, answerOf(name, last, outputs, known)]));
  return written(system, fields);
}

interface Example {
  inputs: Record<string, string>;
  labels: JsonObject;
}
export const FOLDERS = ['hops', 'triage', 'desk', 'library', 'invoice', 'panel'] as const;
export const examplesOf = (folder: string): Example[] =>
  readFileSync(`examples/adopted/${folder}/data.jsonl`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Example);
const EXAMPLES = FOLDERS.flatMap(examplesOf);
const PLACE = new Map(EXAMPLES.map((example, i) => [Object.values(example.inputs)[0] ?? '', i]));

function readCall({ messages }: ScriptedCall): { system: string; last: string; demos: number } {
  const text = (content: unknown) => (typeof content === 'string' ? content : JSON.stringify(content));
  const system = text(messages[0]?.content);
  return {
    system,
    last: text(messages.at(-1)?.content),
    demos: messages.filter(({ role }) => role === 'assistant').length,
  };
}

/** The output fields a system message lists. */
export function outputsOf(system: string): string[] {
  const listed = system.split('Your output fields are:')[1]?.split('All interactions')[0] ?? '';
  return [...listed.matchAll(/^\d+\. `(\w+)`/gm)].map(([, name = '']) => name);
}

/** The value of an input field in a user turn, in any adapter's form. */
export function inputOf(turn: string, name: string): string {
  const chat = turn.split(`[[ ## ${name} ## ]]\n`)[1]?.split(/\n\n(?:\[\[ ## |Respond )/)[0];
  const xml = new RegExp(`<${name}>\\n([\\s\\S]*?)\\n</${name}>`).exec(turn)?.[1];
  return (chat ?? xml ?? '').trim();
}

// Whom a question of `hops` leads to, in order.
const PEOPLE: [RegExp, string[]][] = [
  [/Ada/, ['Ada Lovelace', 'Charles Babbage']],
  [/Grace Hopper worked|colleague of Grace/, ['Grace Hopper', 'Howard Aiken']],
  [/supervisor of Alan/, ['Alan Turing', 'Alonzo Church']],
  [/held the chair of|once held/, ['Charles Babbage', 'Isaac Newton']],
  [/./, ['Alan Turing', 'Grace Hopper']],
];
const MOODS: [RegExp, string][] = [
  [/Third time|Where is|Unbelievable/, 'angry'],
  [/Best wishes|Lovely|wonderful|kind regards/, 'friendly'],
];
const firstOf = <T>(table: [RegExp, T][], text: string): T | undefined =>
  table.find(([pattern]) => pattern.test(text))?.[1];

function answerOf(name: string, turn: string, outputs: string[], known: boolean): Json {
  const question =
    ['question', 'ticket', 'letter', 'text'].map((field) => inputOf(turn, field)).find((text) => text !== '') ?? '';
  const at = PLACE.get(question) ?? -1;
  const labels = EXAMPLES[at]?.labels ?? {};
  const right = known || at % 3 !== 2;
  // Whoever writes instructions with this model is told what helps it.
  if (/instruction|rules|advice/.test(name)) return name.endsWith('advice') ? ADVICE : 'Be careful: read every word.';
  const own = ANSWERS[name]?.({ question, turn, right, labels });
  if (own !== undefined) return own;
  const label = labels[name];
  if (label !== undefined)
    return right
      ? label
      : typeof label === 'boolean'
        ? !label
        : isJsonObject(label)
          ? { ...label, customer: 'X' }
          : (WRONG[name] ?? 'nobody knows');
  return outputs.length === 0 ? '' : `some ${name}`;
}

const ADVICE = { 'answer.predict': 'Be careful: read every word.' };
const WRONG: Record<string, Json> = { kind: 'other' };
interface Asked {
  question: string;
  turn: string;
  right: boolean;
  labels: JsonObject;
}
const ANSWERS: Record<string, (asked: Asked) => Json | undefined> = {
  query: ({ question, turn }) => {
    const people = firstOf(PEOPLE, question) ?? [];
    return people[inputOf(turn, 'notes').includes('«') || /\[1\]/.test(turn) ? 1 : 0] ?? 'Alan Turing';
  },
  next_thought: () => 'look it up',
  next_tool_name: ({ turn, question }) =>
    inputOf(turn, 'trajectory').includes('observation_0') ? 'finish' : /cost|price/i.test(question) ? 'price' : 'stock',
  next_tool_args: ({ turn, question }) => {
    if (inputOf(turn, 'trajectory').includes('observation_0')) return {};
    const item = ['lamp', 'chair', 'desk', 'shelf', 'shelves'].find((one) => question.includes(one)) ?? 'lamp';
    return { item: item === 'shelves' ? 'shelf' : item };
  },
  mood: ({ question }) => firstOf(MOODS, question) ?? 'neutral',
  grade: ({ turn }) => inputOf(turn, 'view').length,
};

/** Fields in the form the system message asks for. */
export function written(system: string, fields: JsonObject): string {
  const text = (value: Json) =>
    typeof value === 'string' ? value : typeof value === 'boolean' ? (value ? 'True' : 'False') : JSON.stringify(value);
  if (system.includes('Outputs will be a JSON object')) return JSON.stringify(fields);
  if (!system.includes('[[ ## completed ## ]]') && /<\w+>/.test(system))
    return Object.entries(fields)
      .map(([name, value]) => `<${name}>\n${xml(value)}\n</${name}>`)
      .join('\n\n');
  return `${Object.entries(fields)
    .map(([name, value]) => `[[ ## ${name} ## ]]\n${text(value)}`)
    .join('\n\n')}\n\n[[ ## completed ## ]]\n`;
}

function xml(value: Json): string {
  if (Array.isArray(value)) return value.map((item) => `<item>${xml(item)}</item>`).join('');
  if (isJsonObject(value))
    return Object.entries(value)
      .map(([key, item]) => `<${key}>${xml(item)}</${key}>`)
      .join('');
  return String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
