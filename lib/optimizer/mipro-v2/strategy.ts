import { seededRandom } from '#lib/base/random';
import { type Dimension, dimensionsOf } from '#lib/variable/dimensions';
import type { EvaluateExpression } from '#lib/variable/evaluate-expression';
import { sample } from '#lib/variable/sample';
import type { Assignment } from '#lib/variable/variable';
import { type Admission, admissionTo } from '../admissible.ts';
import { configOf } from '../config-of.ts';
import { balancedOrder } from '../demos/classes.ts';
import { earlierEvidence } from '../earlier/evidence.ts';
import { again, type Incumbent } from '../earlier/incumbents.ts';
import { begin, finish } from '../propose/begin.ts';
import { isPrompt, levelsOf } from '../propose/neighbour.ts';
import { firstNamed, grown, type Proposals, proposedSpace } from '../propose/space.ts';
import { askScript, type Done, type Draft, type Tape } from '../script.ts';
import type { History, Strategy, Trial } from '../spec.ts';
import { firstFresh, keyOf } from '../tried.ts';
import { tpeProposals } from '../variable-search/tpe.ts';
import { miproCandidates } from './candidates.ts';
import { MiproV2Config, type Sizes, sizesOf } from './config.ts';
import { evidenceOf } from './observations.ts';

const NAME = 'mipro_v2';

/**
 * MIPROv2 over the whole space: demo sets are bootstrapped, instructions proposed by a teacher that knows the data, the
 * program and the demos, and both are searched together with every other variable by a surrogate that learns from
 * minibatches; the best combination so far is measured on all validation examples from time to time.
 */
export function miproV2(evaluate: EvaluateExpression): Strategy {
  return {
    name: NAME,
    space: proposedSpace,
    ask: async (history, count) => {
      const config = configOf(MiproV2Config, history, NAME);
      return askScript(history, count, (tape) => script(tape, config, evaluate));
    },
  };
}

interface Search {
  history: History;
  dimensions: Dimension[];
  admission: Admission;
  proposals: Proposals;
  sizes: Sizes;
  /** All validation examples that are looked at. */
  all: string[];
  /** Of earlier optimizations, measured before anything new. */
  incumbents: Incumbent[];
}

async function script(tape: Tape, config: MiproV2Config, evaluate: EvaluateExpression): Promise<Done> {
  const { history } = tape;
  const start = await begin(tape, evaluate);
  if ('reason' in start) return start;
  const sizes = sizesOf(config, start.validation.length);
  const order = balancedOrder(history.examples.validation, seededRandom(`${history.seed}/validation`));
  const all = order.slice(0, sizes.validation).map(({ id }) => id);
  await tape.trial(() => ({ assignment: start.base, split: 'validation', exampleIds: all, origin: 'baseline' }));

  const { proposals, reason } = await miproCandidates(tape, start.base, config, sizes);
  const grownSpace = grown(history, start.space, proposals);
  const dimensions = dimensionsOf(grownSpace).map((dimension) =>
    config.variables || isPrompt(dimension) ? dimension : fixed(dimension, start.base),
  );
  const searched = dimensions.filter((dimension) => levelsOf(dimension) > 1).length;
  const admission = admissionTo(grownSpace, evaluate);
  const incumbents = await again(history, start.base, admission);
  const search: Search = { history, dimensions, admission, proposals, sizes, all, incumbents };
  const ended = [reason, searched === 0 ? 'there is nothing to choose from' : ''].filter((text) => text !== '');
  if (searched === 0) return finish(tape, ended.join('; '));

  const trials = sizes.trials(searched);
  let exhausted = false;
  for (let trial = 0; trial < trials && !exhausted; trial++) {
    const origin = sizes.minibatch === null ? 'tpe' : 'minibatch';
    const made = await tape.trial(
      (seen, pending) => nextTrial(search, tape, trial, origin, seen, pending),
      ({ work }) => work.origin === origin,
    );
    exhausted = !made;
    const due = (trial + 1) % config.minibatch_full_eval_steps === 0 || trial === trials - 1 || exhausted;
    if (sizes.minibatch !== null && due) await fullTrial(search, tape);
  }
  const searchEnd = exhausted ? 'every combination has been measured in full' : `all ${trials} trials are done`;
  return finish(tape, [searchEnd, ...ended].join('; '));
}

/** What the surrogate expects most of among the combinations that are not measured in full yet. */
async function nextTrial(
  { history, dimensions, admission, proposals, sizes, all, incumbents }: Search,
  tape: Tape,
  index: number,
  origin: string,
  seen: readonly Trial[],
  pending: readonly Trial[],
): Promise<Draft | null> {
  const random = seededRandom(`${history.seed}/${NAME}/${index}`);
  const evidence = evidenceOf(history, [...earlierEvidence(history, seen), ...seen], all.length);
  const done = new Set(evidence.filter(({ full }) => full).map(({ assignment }) => keyOf(assignment)));
  const waiting = pending.filter(({ work }) => work.split === 'validation').map(({ work }) => work.assignment);
  for (const assignment of waiting) done.add(keyOf(assignment));
  const batch = (): string[] => (sizes.minibatch === null ? all : random.sample(all, sizes.minibatch));
  const incumbent = incumbents[index];
  if (incumbent !== undefined) return { ...incumbent, split: 'validation', exampleIds: batch(), origin };
  const ranked = tpeProposals(dimensions, evidence, waiting, random);
  const assignment =
    (await firstFresh(ranked, Number.POSITIVE_INFINITY, done, admission)) ??
    (await firstFresh(() => sample(dimensions, random), 300, done, admission));
  if (assignment === null) return null;
  return {
    assignment,
    split: 'validation',
    exampleIds: batch(),
    origin,
    ...firstNamed(assignment, proposals, tape.asked()),
  };
}

/** The combination with the best minibatches that has not been measured in full yet; examples it has seen count. */
function fullTrial({ history, all }: Search, tape: Tape): Promise<boolean> {
  return tape.trial(
    (seen, pending) => {
      const under = new Set(
        pending.filter(({ work }) => work.origin === 'full').map(({ work }) => keyOf(work.assignment)),
      );
      const open = evidenceOf(history, seen, all.length).filter(
        ({ full, value, assignment }) => !full && value > Number.NEGATIVE_INFINITY && !under.has(keyOf(assignment)),
      );
      const best = open.reduce<(typeof open)[0] | null>((a, b) => (a === null || b.value > a.value ? b : a), null);
      if (best === null) return null;
      const { assignment, trial } = best;
      return { assignment, split: 'validation', exampleIds: all, parent: trial.id, continues: true, origin: 'full' };
    },
    ({ work }) => work.origin === 'full',
  );
}

/** A dimension that always has the value it begins with. */
function fixed(dimension: Dimension, base: Assignment): Dimension {
  const value = base[dimension.name];
  if (value === undefined) return dimension;
  const { name, variable } = dimension;
  return { name, variable, kind: 'category', choices: [value], indexOf: () => 0 };
}
