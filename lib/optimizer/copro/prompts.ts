import { asked, question } from '../propose/answer.ts';
import type { TextPlace } from '../propose/places.ts';
import type { GenerationDraft } from '../script.ts';

const INVENT = question(
  'InventInstruction',
  'current -> instruction',
  'A language model does a task under the current instruction. Write another one under which a good model would do the same task better, as inventive as you like.',
  { current: 'What it is told now', instruction: 'The new instruction, nothing else' },
);
const OUTDO = question(
  'OutdoAttempts',
  'attempts -> instruction',
  'Instructions for one task of a language model have been tried and measured; they are listed with their scores, the best one last. Find out what the better ones have that the others lack, and write an instruction that will score higher than all of them, as inventive as you like.',
  {
    attempts: 'What was tried, from the lowest score to the highest',
    instruction: 'The new instruction, nothing else',
  },
);

export interface Attempt {
  text: string;
  /** What the best assignment with this text was worth; -Infinity for a failure. */
  score: number;
}

const draws = (count: number, samples: () => number, ask: (sample: number) => GenerationDraft): GenerationDraft[] =>
  Array.from({ length: count }, () => ask(samples()));

/** Questions for a first batch, which knows nothing but what is there. */
export function inventions(
  { variable, current }: TextPlace,
  count: number,
  temperature: number,
  samples: () => number,
): GenerationDraft[] {
  const inputs = { current: current === '' ? '(none)' : current };
  return draws(count, samples, (sample) =>
    asked(INVENT, inputs, `instruction for ${variable.name}`, { temperature, sample }),
  );
}

/** Questions for a further batch, in view of the best `count` attempts, in ascending order. */
export function improvements(
  { variable }: TextPlace,
  attempts: readonly Attempt[],
  count: number,
  temperature: number,
  samples: () => number,
): GenerationDraft[] {
  const best = [...attempts].sort((a, b) => (a.score === b.score ? 0 : b.score - a.score)).slice(0, count);
  const shown = best.toReversed().map(({ text, score }, index) => {
    const worth = Number.isFinite(score) ? String(Number((100 * score).toFixed(2))) : 'none, every run failed';
    return `Attempt ${index + 1}\n${text === '' ? '(none)' : text}\nScore: ${worth}`;
  });
  const inputs = { attempts: shown.join('\n\n') };
  return draws(count, samples, (sample) =>
    asked(OUTDO, inputs, `instruction for ${variable.name}`, { temperature, sample }),
  );
}
