import type { Demo } from '#lib/adapter/adapter';
import type { Random } from '#lib/base/random';
import type { Signature, Values } from '#lib/signature/signature';
import type { GenerationDraft, Tape } from '../script.ts';
import { asked, cleaned, question, readAnswer } from './answer.ts';
import type { TextPlace } from './places.ts';
import type { Described } from './program-description.ts';
import { shownDemos, shownModule } from './shown.ts';

/** Hints of different kinds, so that the proposals differ; one is drawn for each, and none is one of them. */
export const TIPS: readonly string[] = [
  '',
  'Try something unusual.',
  'Keep it short and clear.',
  'Describe the task in detail.',
  'Say how much depends on a right answer.',
  'Begin with who the model is to be, such as "You are an experienced ...".',
];

/** What a proposal may rest on; what is absent is not shown. */
export interface Grounds {
  summary: string | null;
  described: Described | null;
  tips: boolean;
  temperature: number;
}

const DESCRIPTIONS = {
  dataset: 'What the data is like',
  program: 'The pipeline the instruction is for',
  description: 'What the pipeline does',
  module: 'The module the instruction is for',
  role: 'What this module has to get right',
  demos: 'The module at work',
  current: 'The instruction it has now',
  tip: 'A hint for how to go about it',
  instruction: 'The new instruction, nothing else',
};
const TASKS: Record<TextPlace['part'], string> = {
  whole: 'Write a new instruction for a language model that will let it do this task better.',
  prefix: 'Write a text to put before the instruction of a language model, which will let it do this task better.',
  suffix: 'Write a text to put after the instruction of a language model, which will let it do this task better.',
};

/** One question for one new instruction. */
export function proposalDraft(
  place: TextPlace,
  grounds: Grounds,
  demos: readonly Demo[],
  tip: string,
  sample: number,
): GenerationDraft {
  const { described, summary } = grounds;
  const role = described?.roles[place.variable.name];
  const inputs: Values = {
    ...(summary === null ? {} : { dataset: summary }),
    ...(described === null ? {} : { program: described.program, description: described.description }),
    module: place.nodes.map(shownModule).join('\n'),
    ...(role === undefined ? {} : { role }),
    ...(demos.length === 0 ? {} : { demos: shownDemos(demos) }),
    current: place.current === '' ? '(none)' : place.current,
    ...(tip === '' ? {} : { tip }),
  };
  const purpose = `instruction for ${place.variable.name}`;
  return asked(proposalSignature(place, inputs), inputs, purpose, { temperature: grounds.temperature, sample });
}

function proposalSignature(place: TextPlace, inputs: Values): Signature {
  const fields = Object.entries(DESCRIPTIONS).filter(([name]) => name === 'instruction' || Object.hasOwn(inputs, name));
  const text = `${Object.keys(inputs).join(', ')} -> instruction`;
  return question('ProposeInstruction', text, TASKS[place.part], Object.fromEntries(fields));
}

/** The instruction a generation holds; null when it holds none, and then the one there is stays. */
export function instructionIn(draft: GenerationDraft, text: string | null | undefined): string | null {
  if (draft.answer === undefined || text == null) return null;
  return cleaned(readAnswer(draft.answer, text).instruction);
}

/** `count` new instructions for each place at most: by variable, only what differs from what was there. */
export async function proposeInstructions(
  tape: Tape,
  places: readonly TextPlace[],
  grounds: Grounds,
  count: number,
  demosOf: (place: TextPlace, index: number) => readonly Demo[],
  random: Random,
): Promise<Map<string, string[]>> {
  const drafts = places.flatMap((place) =>
    Array.from({ length: count }, (_, index) => {
      const tip = grounds.tips ? random.pick(TIPS) : '';
      const draft = proposalDraft(place, grounds, demosOf(place, index), tip, random.integer(0, 1_000_000_000));
      return { place, draft };
    }),
  );
  const answers = await tape.generate(drafts.map(({ draft }) => draft));
  const found = new Map<string, string[]>(places.map(({ variable }) => [variable.name, []]));
  for (const [index, { place, draft }] of drafts.entries()) {
    const said = instructionIn(draft, answers[index]?.text);
    const own = found.get(place.variable.name);
    if (said !== null && said !== place.current && own?.includes(said) === false) own.push(said);
  }
  return found;
}
