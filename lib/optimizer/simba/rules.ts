import type { Json } from '#lib/base/json';
import { isJsonObject } from '#lib/base/json';
import { asked, question, readAnswer } from '../propose/answer.ts';
import { feedbackOf, shownCalls } from '../propose/feedback.ts';
import type { TextPlace } from '../propose/places.ts';
import { shownProgram, shownValues } from '../propose/shown.ts';
import type { GenerationDraft } from '../script.ts';
import type { ExampleOutcome, ExampleSketch, ProgramSketch } from '../spec.ts';

const CONTRAST = question(
  'ContrastRuns',
  'program, inputs, wanted, worse, worse_feedback, better, better_feedback, modules: list[str] -> discussion, advice: dict[str, str]',
  `Two runs of a program of language model calls on the same inputs came out differently well. Find out what made the difference, and tell each module that had a part in it what to do from now on.

A module sees nothing of these runs, only your advice: say by what it can recognise such inputs, and what to do or leave then. Be concrete, but true beyond this one case. Name each module once at most.`,
  {
    program: 'Its modules: what goes in and out of each, and what each is told',
    inputs: 'What the program was given',
    wanted: 'What is known of the right answer; the program never sees it',
    worse: 'The worse run, call by call',
    worse_feedback: 'What the worse run was worth',
    better: 'The better run, call by call',
    better_feedback: 'What the better run was worth',
    modules: 'The modules to advise',
    discussion: 'What made the difference',
    advice: 'By module: if it is given such inputs, what it should do',
  },
);

// A lesson, not a treatise; several of them are put one after the other.
const ADVICE_CHARACTERS = 1500;

/** Asks for lessons from a better and a worse run on one example. */
export function contrastDraft(
  program: ProgramSketch,
  example: ExampleSketch,
  better: ExampleOutcome,
  worse: ExampleOutcome,
  sample: number,
): GenerationDraft {
  const modules = program.nodes.map(({ id }) => id);
  const inputs = {
    program: shownProgram(program),
    inputs: shownValues(example.inputs),
    wanted: shownValues(example.labels),
    worse: shownCalls(worse, modules),
    worse_feedback: feedbackOf(worse, undefined),
    better: shownCalls(better, modules),
    better_feedback: feedbackOf(better, undefined),
    modules,
  };
  return asked(CONTRAST, inputs, 'lessons from two runs', { temperature: 1, sample });
}

/** The texts with what was advised for their modules put behind them; null when nothing usable was. */
export function taught(
  draft: GenerationDraft,
  answer: string | null | undefined,
  places: readonly TextPlace[],
  current: (place: TextPlace) => string,
): Map<string, string> | null {
  if (answer == null || draft.answer === undefined) return null;
  const advice: Json | undefined = readAnswer(draft.answer, answer).advice;
  if (!isJsonObject(advice)) return null;
  const texts = new Map<string, string>();
  for (const place of places) {
    const own = place.nodes.flatMap(({ id }) => {
      const said = advice[id];
      return typeof said === 'string' && said.trim() !== '' ? [said.trim().slice(0, ADVICE_CHARACTERS)] : [];
    });
    if (own.length === 0) continue;
    const before = current(place);
    const text = [before, ...own.filter((said) => !before.includes(said))].filter((part) => part !== '').join('\n\n');
    if (text !== before && text.length <= 10_000) texts.set(place.variable.name, text);
  }
  return texts.size === 0 ? null : texts;
}
