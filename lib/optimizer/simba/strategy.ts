import { seededRandom } from '#lib/base/random';
import { candidateId, candidateNamed } from '#lib/variable/candidates';
import type { Dimension } from '#lib/variable/dimensions';
import type { EvaluateExpression } from '#lib/variable/evaluate-expression';
import { sampleFilling } from '#lib/variable/sample';
import type { Space } from '#lib/variable/space';
import type { Assignment } from '#lib/variable/variable';
import type { Admission } from '../admissible.ts';
import { configOf } from '../config-of.ts';
import { demoPlaces } from '../demos/places.ts';
import { again } from '../earlier/incumbents.ts';
import { baselineOf, begin, finish } from '../propose/begin.ts';
import { settingsOf, withValue } from '../propose/neighbour.ts';
import { textPlaces } from '../propose/places.ts';
import { firstNamed, type Proposals, proposedSpace } from '../propose/space.ts';
import { askScript, type Done, type Draft, type Tape } from '../script.ts';
import type { DemoSource, Strategy, Trial } from '../spec.ts';
import { keyOf } from '../tried.ts';
import { utilityOf } from '../utility.ts';
import { amplified } from './amplify.ts';
import { newCandidates } from './candidates.ts';
import { SimbaConfig } from './config.ts';
import { type Candidate, Ledger, type Run, topPlaces } from './pool.ts';
import { batchOf, trajectories } from './trajectories.ts';

const NAME = 'simba';

/**
 * SIMBA as ask and tell: programs of a pool run a minibatch several times over; where runs on one example differ most,
 * the better one becomes a demo or, held against the worse one by the teacher, a rule; and the program's variables are
 * sampled, initialized, mutated, bootstrapped and amplified along with it. What won the steps is measured in full.
 */
export function simba(evaluate: EvaluateExpression): Strategy {
  return {
    name: NAME,
    space: proposedSpace,
    ask: async (history, count) => {
      const config = configOf(SimbaConfig, history, NAME);
      return askScript(history, count, (tape) => script(tape, config, evaluate));
    },
  };
}

async function script(tape: Tape, config: SimbaConfig, evaluate: EvaluateExpression): Promise<Done> {
  const { history } = tape;
  const start = await begin(tape, evaluate);
  if ('reason' in start) return start;
  const { base, dimensions, admission, validation } = start;
  await tape.trial(() => ({ assignment: base, split: 'validation', exampleIds: validation, origin: 'baseline' }));
  if (history.examples.train.length === 0) return finish(tape, 'there are no train examples to learn from');
  const settings = settingsOf(dimensions);
  const prompts = textPlaces(history).length + demoPlaces(history).length;
  if (prompts === 0 && settings.length === 0) return finish(tape, 'the program has no variable to change');

  const proposals: Proposals = {};
  const ledger = new Ledger();
  const incumbents = await again(history, base, admission);
  const pool: Candidate[] = [{ assignment: base, demos: demosIn(start.space, base) }];
  for (const { assignment } of incumbents) pool.push({ assignment, demos: demosIn(start.space, assignment) });
  const winners: number[] = [0];
  for (let step = 0; step < config.max_steps; step++) {
    const batch = batchOf(history, step, config);
    const filling = step === 0 && config.moves.initialize && settings.length > 0;
    if (filling) {
      const count = config.num_candidates;
      const points = sampleFilling(dimensions, count, seededRandom(`${history.seed}/simba/initialize`));
      const begun = [...pool];
      for (const point of points) {
        const assignment = settings.reduce((all, { name }) => withValue(dimensions, all, name, point), base);
        if (!begun.some((one) => keyOf(one.assignment) === keyOf(assignment)) && (await admission(assignment)) === null)
          begun.push({ assignment, demos: pool[0]?.demos ?? {} });
      }
      pool.push(...begun.slice(pool.length));
    }
    // Without fresh settings there is nothing to hold the program against but what earlier optimizations found.
    if (filling || (step === 0 && incumbents.length > 0)) {
      const first = pool.map(({ assignment }, place) => {
        const { origin = 'initial', from } = incumbents[place - 1] ?? {};
        const draft = { ...batchDraft(assignment, batch, origin), ...(from === undefined ? {} : { from }) };
        return { place, draft };
      });
      await measured(tape, first, ledger);
    }
    const planned = [];
    for (const one of trajectories(history, step, batch, pool, ledger, config, dimensions, settings))
      if ((await admission(one.draft.assignment)) === null) planned.push(one);
    const { runs, trials } = await measured(tape, planned, ledger);

    const shop = { tape, config, dimensions, settings, pool, ledger, proposals, base, step, runs, trials };
    const fresh = [];
    for (const made of await newCandidates({ ...shop, startSpace: start.space }))
      if ((await admission(made.assignment)) === null) fresh.push(made);
    const from = pool.length;
    pool.push(...fresh);
    const drafts = fresh.map(({ assignment, origin }, at) => ({
      place: from + at,
      draft: batchDraft(assignment, batch, origin),
    }));
    await measured(tape, drafts, ledger, proposals);
    const best = drafts.map(({ place }) => place).sort((a, b) => ledger.worth(b) - ledger.worth(a))[0];
    if (best !== undefined) winners.push(best);
  }

  const state = { tape, config, dimensions, admission, pool, ledger, proposals };
  const rounds = config.moves.amplify ? Math.ceil(config.max_steps / 4) : 0;
  for (let round = 0; round < rounds; round++) await amplify(state, round);

  const tried = new Set([keyOf(base)]);
  // The best of earlier optimizations is a finalist whatever its minibatches said.
  const lasting = incumbents.length > 0 ? [1] : [];
  for (const place of new Set([...lasting, ...finalists(pool.length, winners, ledger, config)])) {
    const { assignment } = pool[place] as Candidate;
    if (tried.has(keyOf(assignment))) continue;
    tried.add(keyOf(assignment));
    const named = firstNamed(assignment, proposals, tape.asked());
    await tape.trial(() => ({ assignment, split: 'validation', exampleIds: validation, origin: 'finalist', ...named }));
  }
  return finish(tape, `all ${config.max_steps} steps are done`);
}

interface State {
  tape: Tape;
  config: SimbaConfig;
  dimensions: Dimension[];
  admission: Admission;
  pool: Candidate[];
  ledger: Ledger;
  proposals: Proposals;
}

/** Beside the steps: the best program again, and others closely around the best two, on all train examples. */
async function amplify(
  { tape, config, dimensions, admission, pool, ledger, proposals }: State,
  round: number,
): Promise<void> {
  const ids = tape.history.examples.train.slice(0, AMPLIFY_EXAMPLES).map(({ id }) => id);
  const [best = 0, second = 0] = topPlaces(pool.length, ledger, 3);
  const [first, other] = [pool[best] as Candidate, pool[second] as Candidate];
  const planned = [{ place: best, draft: batchDraft(first.assignment, ids, 'amplified') }];
  const known = new Set(pool.map(({ assignment }) => keyOf(assignment)));
  for (let number = 0; number < config.num_candidates; number++) {
    const random = seededRandom(`${tape.history.seed}/simba/amplify/${round}/${number}`);
    const made = amplified(dimensions, first, other, random);
    if (known.has(keyOf(made.assignment)) || (await admission(made.assignment)) !== null) continue;
    known.add(keyOf(made.assignment));
    planned.push({ place: pool.length, draft: batchDraft(made.assignment, ids, 'amplified') });
    pool.push(made);
  }
  await measured(tape, planned, ledger, proposals);
}
const AMPLIFY_EXAMPLES = 100;

const batchDraft = (assignment: Assignment, exampleIds: string[], origin: string): Draft => ({
  assignment,
  split: 'train',
  exampleIds,
  origin,
});

/** Asks for these trials, waits for them, and enters every run into the ledger. */
async function measured(
  tape: Tape,
  planned: readonly { draft: Draft; place: number }[],
  ledger: Ledger,
  proposals: Proposals = {},
): Promise<{ runs: Run[]; trials: Map<string, Trial> }> {
  const from = tape.place();
  for (const { draft } of planned) {
    const named = firstNamed(draft.assignment, proposals, tape.asked());
    await tape.trial(() => ({ ...draft, ...named }));
  }
  const seen = tape.settle();
  const utility = utilityOf(tape.history, seen, baselineOf(seen));
  const runs: Run[] = [];
  const trials = new Map<string, Trial>();
  for (const [index, trial] of seen.slice(from).entries()) {
    trials.set(trial.id, trial);
    for (const [exampleId, value] of utility.perExample(trial)) {
      const run = {
        trial: trial.id,
        place: planned[index]?.place ?? -1,
        assignment: trial.work.assignment,
        exampleId,
        value,
      };
      runs.push(run);
      ledger.add(run);
    }
  }
  return { runs, trials };
}

/** The demos a program begins with, so that they can be forgotten one by one. */
function demosIn(space: Space, assignment: Assignment): Candidate['demos'] {
  const demos: Candidate['demos'] = {};
  for (const variable of space.variables) {
    const candidate = candidateId(assignment[variable.name]);
    if (variable.type.kind !== 'demos' || candidate === undefined) continue;
    const own = candidateNamed(space, variable, candidate)?.value;
    demos[variable.name] = Array.isArray(own) ? own.map((_, index): DemoSource => ({ candidate, index })) : [];
  }
  return demos;
}

/** Winners of the steps, evenly over time as in DSPy; with `amplify` also those that did best over all their runs. */
function finalists(size: number, winners: readonly number[], ledger: Ledger, config: SimbaConfig): number[] {
  const count = config.num_candidates + 1;
  const last = winners.length - 1;
  const even = Array.from({ length: count }, (_, at) => winners[Math.round((at * last) / Math.max(1, count - 1))] ?? 0);
  const best = config.moves.amplify ? topPlaces(size, ledger, 3) : [];
  return [...new Set([...best, ...even])];
}
