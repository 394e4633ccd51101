import type { Json } from '#lib/base/json';

/**
 * Broken JSON that is read otherwise than the json-repair package reads it, and why (also in docs/adapters.md). In each
 * the package loses or garbles text that a reader would keep. `ours` is what is read here.
 */
const CUT = 'the package ends a string at a comma followed by "word:"; text is not cut off here';
const QUOTE = 'the package keeps a stray quote in the text';

export const REPAIR_DIFFERENCES: ReadonlyMap<string, { ours: Json; why: string }> = new Map<
  string,
  { ours: Json; why: string }
>([
  ['{\n  "reasoning": "Because, of: \'i', { ours: { reasoning: "Because, of: 'i" }, why: CUT }],
  ['{\n  "reasoning": "Because, of: \'it\'.', { ours: { reasoning: "Because, of: 'it'." }, why: CUT }],
  [
    '{\n  "reasoning": "Because, of: \'it\'."\n  "answer": 42\n  "tags": ["a", "b"]\n}',
    { ours: { reasoning: "Because, of: 'it'.", answer: 42, tags: ['a', 'b'] }, why: CUT },
  ],
  [
    "{\n  'reasoning': 'Because, of: 'it'.',\n  'answer': 42,\n  'tags': ['a', 'b']\n}",
    { ours: { reasoning: "Because, of: 'it'.", answer: 42, tags: ['a', 'b'] }, why: CUT },
  ],
  ['a {b} c', { ours: '', why: 'a placeholder in prose is no JSON; the package makes a list of the rest of the text' }],
  ['{"a": ""hi" he said"}', { ours: { a: 'hi" he said' }, why: 'a doubled first quote is taken for one quote' }],
  ['{"a": "x\n"b": 1}', { ours: { a: 'x', b: 1 }, why: 'a lost quote before a new line ends the string there' }],
  ["{'a': 'b', 'c': 'd's'}", { ours: { a: 'b', c: "d's" }, why: QUOTE }],
  ["{'a': 'it's'}", { ours: { a: "it's" }, why: QUOTE }],
]);
