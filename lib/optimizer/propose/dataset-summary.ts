import type { Tape } from '../script.ts';
import type { ExampleSketch } from '../spec.ts';
import { asked, cleaned, question, readAnswer } from './answer.ts';
import { shownExamples } from './shown.ts';

const OBSERVE = question(
  'ObserveData',
  'examples -> observations',
  'Look at these examples of a dataset and note what holds for most of them: subject, wording, length, form of the answers, and what task they were probably collected for.',
  { examples: 'Inputs, and after the arrow what was wanted', observations: 'What holds for most of the examples' },
);
const OBSERVE_MORE = question(
  'ObserveMoreData',
  'examples, known -> observations',
  'Look at these further examples of a dataset and add what is not among the known observations yet. Answer with the word COMPLETE when there is nothing to add.',
  {
    examples: 'Inputs, and after the arrow what was wanted',
    known: 'What has been observed so far',
    observations: 'What to add, or COMPLETE',
  },
);
const SUMMARIZE = question(
  'SummarizeObservations',
  'observations -> summary',
  'Sum these observations about a dataset up in two or three sentences that keep what matters most.',
  { observations: 'Notes about the dataset', summary: 'Two or three sentences' },
);

const MOST_BATCHES = 10;
const ENOUGH_COMPLETE = 5;

/**
 * What a dataset is like, in the teacher's words: observed batch by batch until it has nothing to add, then summed up.
 * Null when it never says anything usable; at most 11 questions, as in DSPy.
 */
export async function datasetSummary(
  tape: Tape,
  examples: readonly ExampleSketch[],
  batchSize: number,
): Promise<string | null> {
  let known = '';
  let complete = 0;
  for (
    let batch = 0;
    batch < MOST_BATCHES && batch * batchSize < examples.length && complete < ENOUGH_COMPLETE;
    batch++
  ) {
    const shown = shownExamples(examples.slice(batch * batchSize, (batch + 1) * batchSize));
    const signature = known === '' ? OBSERVE : OBSERVE_MORE;
    const inputs = known === '' ? { examples: shown } : { examples: shown, known };
    const draft = asked(signature, inputs, 'observations about the data', { temperature: 1, sample: 0 });
    const [answer] = await tape.generate([draft]);
    const said = answer?.text == null ? null : cleaned(readAnswer(signature, answer.text).observations);
    // A teacher that cannot be understood now is not asked nine times more.
    if (said === null) break;
    if (/^complete\b/iu.test(said)) complete++;
    else known = known === '' ? said : `${known}\n${said}`;
  }
  if (known === '') return null;
  const [answer] = await tape.generate([
    asked(SUMMARIZE, { observations: known }, 'summary of the data', { temperature: 1, sample: 0 }),
  ]);
  return answer?.text == null ? known.slice(0, 2000) : cleaned(readAnswer(SUMMARIZE, answer.text).summary);
}
