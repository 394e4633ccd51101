import type { GenerationDraft } from '../script.ts';
import type { ExampleSketch, Trial } from '../spec.ts';
import { asked, question } from './answer.ts';
import { feedbackOf, shownCalls } from './feedback.ts';
import type { TextPlace } from './places.ts';

const REFLECT = question(
  'ReflectOnRuns',
  'current, runs -> instruction',
  `A language model worked under the current instruction. Below is what it was given, what it answered, and what was right or wrong about each answer.

Work out from the runs what the task really is: the form of its inputs, the form of its answers, and every fact or rule of the field that the feedback gives away. The model will not see the feedback, so whatever it needs of that has to stand in the instruction. Keep what worked. Then write a new instruction for it.`,
  {
    current: 'The instruction the model worked under',
    runs: 'Runs of the model, each with feedback',
    instruction: 'The new instruction, nothing else',
  },
);

/** Asks for a better text at one place, from what came of the present one. */
export function reflectionDraft(
  place: TextPlace,
  current: string,
  trial: Trial,
  examples: readonly ExampleSketch[],
  draw: { temperature: number; sample: number },
): GenerationDraft {
  const nodes = place.nodes.map(({ id }) => id);
  const runs = trial.outcomes.map((outcome, index) => {
    const example = examples.find(({ id }) => id === outcome.exampleId);
    return `Run ${index + 1}\n${shownCalls(outcome, nodes)}\nFeedback: ${feedbackOf(outcome, example)}`;
  });
  const inputs = { current: current === '' ? '(none)' : current, runs: runs.join('\n\n') };
  return asked(REFLECT, inputs, `instruction for ${place.variable.name}`, draw);
}
