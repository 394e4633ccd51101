import type { Demo } from '#lib/adapter/adapter';
import { seededRandom } from '#lib/base/random';
import type { Assignment } from '#lib/variable/variable';
import { demoPlaces } from '../demos/places.ts';
import { datasetSummary } from '../propose/dataset-summary.ts';
import { bootstrapDemoSets, type DemoSet } from '../propose/demo-sets.ts';
import { proposeInstructions } from '../propose/instructions.ts';
import { type TextPlace, textPlaces } from '../propose/places.ts';
import { describeProgram } from '../propose/program-description.ts';
import { shownDemos } from '../propose/shown.ts';
import { grown, type Proposals, startSpace } from '../propose/space.ts';
import type { Tape } from '../script.ts';
import type { History } from '../spec.ts';
import type { MiproV2Config, Sizes } from './config.ts';

// How many demos inform a proposal when none are to be used, and how many a proposal shows; both as in DSPy.
const INFORMING_DEMOS = 3;
const DEMOS_SHOWN = 3;

/** Demo sets by bootstrapping, then instructions that rest on them, on the data and on the program. */
export async function miproCandidates(
  tape: Tape,
  base: Assignment,
  config: MiproV2Config,
  sizes: Sizes,
): Promise<{ proposals: Proposals; reason: string }> {
  const { history } = tape;
  const zeroShot = config.max_bootstrapped_demos === 0 && config.max_labeled_demos === 0;
  const texts = textPlaces(history).filter(({ variable }) => Object.hasOwn(base, variable.name));
  const made = await bootstrapDemoSets(tape, base, {
    sets: sizes.demoSets,
    maxBootstrapped: zeroShot ? INFORMING_DEMOS : config.max_bootstrapped_demos,
    maxLabeled: config.max_labeled_demos,
    threshold: config.metric_threshold,
    rounds: 1,
    maxErrors: config.max_errors,
    teach: config.teacher_bootstraps,
  });
  // Without demos there are still instructions to find.
  const sets = 'sets' in made ? made.sets : [];
  const proposals: Proposals = {};
  for (const [index, { demos }] of sets.entries())
    for (const [name, sources] of zeroShot ? [] : Object.entries(demos))
      proposals[name] = { ...proposals[name], [`d${index}`]: { demos: sources } };

  if (texts.length > 0 && sizes.instructions > 1) {
    const shown = demosToShow(history, sets, config.fewshot_aware_proposer);
    const described = config.program_aware_proposer
      ? await describeProgram(tape, texts, shownDemos(texts[0] === undefined ? [] : shown(texts[0], 0)) || 'No example')
      : null;
    const summary = config.data_aware_proposer
      ? await datasetSummary(tape, history.examples.train, config.view_data_batch_size)
      : null;
    const grounds = { summary, described, tips: config.tip_aware_proposer, temperature: config.init_temperature };
    const random = seededRandom(`${history.seed}/instructions`);
    const found = await proposeInstructions(tape, texts, grounds, sizes.instructions - 1, shown, random);
    for (const [name, instructions] of found)
      for (const [index, text] of instructions.entries())
        proposals[name] = { ...proposals[name], [`i${index + 1}`]: { text } };
  }
  return { proposals, reason: 'trouble' in made ? made.trouble : '' };
}

/** Bootstrapped demos of a place's nodes; the first ones of another set for each proposal. */
function demosToShow(history: History, sets: readonly DemoSet[], aware: boolean) {
  const taught = sets.filter(({ kind }) => kind === 'bootstrapped');
  return (place: TextPlace, index: number): Demo[] => {
    if (!aware || taught.length === 0) return [];
    for (const { variable, nodes } of demoPlaces(history)) {
      if (!nodes.some(({ id }) => place.nodes.some((own) => own.id === id))) continue;
      const sources = taught[index % taught.length]?.demos[variable.name] ?? [];
      const space = grown(history, startSpace(history), { [variable.name]: { shown: { demos: sources } } });
      const demos = (space.candidates[variable.name]?.shown ?? []) as Demo[];
      return demos.filter((demo) => demo.augmented === true).slice(0, DEMOS_SHOWN);
    }
    return [];
  };
}
