import { seededRandom } from '#lib/base/random';
import { type Dimension, dimensionsOf } from '#lib/variable/dimensions';
import type { EvaluateExpression } from '#lib/variable/evaluate-expression';
import type { Space } from '#lib/variable/space';
import type { Assignment } from '#lib/variable/variable';
import { admissionTo } from '../admissible.ts';
import { configOf } from '../config-of.ts';
import { balancedOrder } from '../demos/classes.ts';
import { demoPlaces } from '../demos/places.ts';
import { demoCandidates } from '../demos/sets.ts';
import { earlierEvidence } from '../earlier/evidence.ts';
import { incumbentsOf } from '../earlier/incumbents.ts';
import { askScript, type Done, type Draft, type Tape } from '../script.ts';
import type { History, Strategy, Trial } from '../spec.ts';
import { startingPoint } from '../start.ts';
import { keyOf, triedKeys } from '../tried.ts';
import { utilityOf } from '../utility.ts';
import { ending, winnerOf } from '../winner.ts';
import { believedWinner } from './believed-winner.ts';
import { runsAsked, widthWithin } from './budget.ts';
import { VariableSearchConfig } from './config.ts';
import { onDemand } from './on-demand.ts';
import { startupOf } from './proposals.ts';
import { propose, type Search } from './propose.ts';
import { orderOf, promoted, rungsOf } from './rungs.ts';
import { searchedOn } from './searched-on.ts';

const NAME = 'variable_search';

/**
 * One search over all variables of the program together, demo sets and instructions among them: the defaults, then
 * space-filling assignments, then those a Gaussian process expects most of; races drop losers early.
 */
export function variableSearch(evaluate: EvaluateExpression): Strategy {
  return {
    name: NAME,
    space: (history) => grownSpace(history, configOf(VariableSearchConfig, history, NAME), history.trials[0]),
    ask: async (history, count) => {
      const config = configOf(VariableSearchConfig, history, NAME);
      return askScript(searchedOn(history, config), count, (tape) => script(tape, config, evaluate));
    },
  };
}

async function script(tape: Tape, config: VariableSearchConfig, evaluate: EvaluateExpression): Promise<Done> {
  const { history } = tape;
  if (config.trials === 0) return { winner: null, reason: 'the budget allows no trial' };
  if (history.examples.validation.length === 0) return { winner: null, reason: 'there are no validation examples' };
  const rungs = rungsOf(history, config);
  const all = rungs.at(-1) ?? [];
  const bare = history.space;
  const before = await startingPoint(dimensionsOf(bare), admissionTo(bare, evaluate), history.seed);
  if ('reason' in before) return { winner: null, reason: before.reason };
  const teaching = bootstrapDraft(history, config, before.assignment);
  const budget = config.maxExampleRuns ?? Number.POSITIVE_INFINITY;
  const least = all.length + (teaching?.exampleIds.length ?? 0);
  if (budget < least) {
    return {
      winner: null,
      reason: `a budget of ${budget} example runs does not reach for the ${least} of the baseline`,
    };
  }

  if (teaching !== null) await tape.trial(() => teaching);
  const space = grownSpace(history, config, tape.settle()[0]);
  const dimensions = dimensionsOf(space);
  const admission = admissionTo(space, evaluate);
  const start = await startingPoint(dimensions, admission, history.seed);
  if ('reason' in start) return { winner: null, reason: start.reason };
  await tape.trial(() => ({ assignment: start.assignment, split: 'validation', exampleIds: all, origin: 'baseline' }));

  const known = await incumbentsOf(history, start.assignment, admission);
  const again = known.slice(0, history.earlier?.again ?? 0);
  // What is known already need not be found out by filling the space.
  const startup = Math.max(0, Math.min(config.startup ?? startupOf(config.trials), config.trials - 1) - known.length);
  const search: Search = { history, dimensions, admission, startup };
  const newcomer = async (index: number, seen: Trial[], pending: Trial[], begun?: readonly Assignment[]) =>
    again[index] ??
    (await propose(search, index - again.length, [...earlierEvidence(history, seen), ...seen], pending, begun)) ??
    // Everything has been tried, by now or by then: what was tried then can still be measured now.
    known.find(({ assignment }) => !triedKeys(seen, pending).has(keyOf(assignment))) ??
    null;
  const finish = (reason: string): Done => ended(tape, config, dimensions, reason);
  if (config.minibatch !== undefined) {
    const { first = Math.min(15, Math.ceil(all.length / 4)), growth } = config.minibatch;
    const sizes = { first, growth, trials: config.trials, budget };
    return finish(await onDemand(tape, newcomer, sizes, orderOf(history)));
  }
  const eta = config.racing?.eta ?? 2;
  let tried = 0;
  for (;;) {
    const left = config.trials - 1 - tried;
    if (left === 0) return finish(`all ${config.trials} trials are done`);
    const wanted = Math.min(left, config.racing?.width ?? left);
    const width = widthWithin(budget - runsAsked(tape.asked()), wanted, rungs, eta);
    if (width === 0) return finish(`the budget of ${budget} example runs is used up`);
    const first = tape.place();
    let exhausted = false;
    for (let entrant = 0; entrant < width && !exhausted; entrant++) {
      const index = tried;
      const made = await tape.trial(async (seen, pending) => {
        const proposal = await newcomer(index, seen, pending);
        return proposal && { ...proposal, split: 'validation', exampleIds: rungs[0] ?? all };
      }, isEntrant);
      if (made) tried++;
      else exhausted = true;
    }
    await race(tape, first, rungs, eta);
    if (exhausted) return finish(`no new assignment was found after ${tried + 1}`);
  }
}

const isEntrant = (trial: Trial): boolean => trial.work.continues !== true && trial.work.split === 'validation';

/** Rung after rung: wait until all of it is closed, then let the best go on with more examples. */
async function race(tape: Tape, first: number, rungs: readonly string[][], eta: number): Promise<void> {
  let from = first;
  for (let rung = 1; rung < rungs.length; rung++) {
    const seen = tape.settle();
    const utility = utilityOf(
      tape.history,
      seen,
      seen.find((trial) => trial.work.origin === 'baseline'),
    );
    const winners = promoted(seen.slice(from), winnerOf(seen, utility), rungs[rung - 1] ?? [], eta, utility);
    from = tape.place();
    for (const parent of winners) {
      const draft: Draft = {
        assignment: parent.work.assignment,
        split: 'validation',
        exampleIds: rungs[rung] ?? [],
        parent: parent.id,
        continues: true,
        origin: 'rung',
      };
      await tape.trial(() => draft);
    }
  }
}

function ended(tape: Tape, { winner }: VariableSearchConfig, dimensions: readonly Dimension[], reason: string): Done {
  const trials = tape.settle();
  const baseline = trials.find((trial) => trial.work.origin === 'baseline');
  const utility = utilityOf(tape.history, trials, baseline);
  const measured = winnerOf(trials, utility);
  if (winner === 'measured' || measured === null) return ending(trials, utility, reason);
  const believed = believedWinner(tape.history, dimensions, trials, utility);
  const said =
    believed === measured ? reason : `${reason}; ${measured.id} measured higher, more is believed of the winner`;
  return ending(trials, utility, said, believed);
}

/** The pass of the baseline program over train examples that demo sets are made of; null when none is wanted. */
function bootstrapDraft(history: History, { bootstrap }: VariableSearchConfig, assignment: Assignment): Draft | null {
  const { train } = history.examples;
  if (bootstrap === undefined || train.length === 0 || demoPlaces(history).length === 0) return null;
  const count = bootstrap.examples ?? 4 * bootstrap.maxDemos;
  const order = balancedOrder(train, seededRandom(`${history.seed}/teaching`));
  return {
    assignment,
    split: 'train',
    exampleIds: order.slice(0, count).map(({ id }) => id),
    keepTraces: true,
    origin: 'bootstrap',
  };
}

/** The space with the demo sets that the first trial, a closed bootstrapping, gives. */
function grownSpace(history: History, { bootstrap }: VariableSearchConfig, first: Trial | undefined): Space {
  const { space } = history;
  if (bootstrap === undefined || first?.work.origin !== 'bootstrap' || first.state === 'running') return space;
  const made = demoCandidates(history, first.outcomes, bootstrap);
  const candidates = { ...space.candidates };
  for (const [name, sets] of Object.entries(made)) candidates[name] = { ...candidates[name], ...sets };
  return { ...space, candidates };
}
