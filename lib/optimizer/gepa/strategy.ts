import { seededRandom } from '#lib/base/random';
import { materialize } from '#lib/variable/candidates';
import type { EvaluateExpression } from '#lib/variable/evaluate-expression';
import type { Space } from '#lib/variable/space';
import type { Assignment } from '#lib/variable/variable';
import { configOf } from '../config-of.ts';
import { again } from '../earlier/incumbents.ts';
import { type Beginning, baselineOf, begin, finish } from '../propose/begin.ts';
import { instructionIn } from '../propose/instructions.ts';
import { settingsOf, withOneRedrawn } from '../propose/neighbour.ts';
import { type TextPlace, textPlaces } from '../propose/places.ts';
import { reflectionDraft } from '../propose/reflect.ts';
import { runsAsked } from '../propose/runs.ts';
import { firstNamed, type Proposals, proposedSpace } from '../propose/space.ts';
import { askScript, type Done, type Draft, type Tape } from '../script.ts';
import type { Strategy, Trial } from '../spec.ts';
import { keyOf } from '../tried.ts';
import { type Utility, utilityOf } from '../utility.ts';
import { budgetOf, GepaConfig } from './config.ts';
import { findMerge, mergeExamples } from './merge.ts';
import { bestPlace, type Member, member, pickLeader } from './pool.ts';

const NAME = 'gepa';

/**
 * GEPA as ask and tell: a pool of candidates in which whoever is best on some validation example lives on. A leader runs
 * a few train examples, the teacher reads what came of it and writes a better text, and the child joins the pool when it
 * does strictly better on the same examples; now and then two leaders of one origin are merged.
 */
export function gepa(evaluate: EvaluateExpression): Strategy {
  return {
    name: NAME,
    space: proposedSpace,
    ask: async (history, count) => {
      const config = configOf(GepaConfig, history, NAME);
      return askScript(history, count, (tape) => script(tape, config, evaluate));
    },
  };
}

interface State {
  tape: Tape;
  config: GepaConfig;
  start: Beginning;
  places: TextPlace[];
  /** With every text so far. */
  space: Space;
  proposals: Proposals;
  pool: Member[];
  /** Which candidate texts have been made. */
  made: number;
  /** Keys of the pool's assignments, and of merges that were tried: what failed on a few examples may do better on others. */
  members: Set<string>;
}

async function script(tape: Tape, config: GepaConfig, evaluate: EvaluateExpression): Promise<Done> {
  const { history } = tape;
  const start = await begin(tape, evaluate);
  if ('reason' in start) return start;
  const places = textPlaces(history).filter(({ variable }) => Object.hasOwn(start.base, variable.name));
  const { train, validation } = history.examples;
  const budget = budgetOf(config, places.length, { train: train.length, validation: validation.length });
  const baseline: Draft = {
    assignment: start.base,
    split: 'validation',
    exampleIds: start.validation,
    origin: 'baseline',
  };
  await tape.trial(() => baseline);
  const [first] = tape.settle();
  const turns = places.length + (config.variables && settingsOf(start.dimensions).length > 0 ? 1 : 0);
  if (first === undefined || turns === 0) return finish(tape, 'the program has no text variable to improve');
  if (train.length === 0) return finish(tape, 'there are no train examples to learn from');

  const pool = [member(start.base, first, utilityOf(history, [first], first), [])];
  const state: State = {
    tape,
    config,
    start,
    places,
    space: proposedSpace(history),
    proposals: {},
    pool,
    made: 0,
    members: new Set([keyOf(start.base)]),
  };
  const affordable = Math.max(0, Math.floor(budget / validation.length) - 1);
  const incumbents = (await again(history, start.base, start.admission)).slice(0, affordable);
  await admit(
    state,
    incumbents.map((incumbent) => ({
      draft: { ...fullDraft(state, incumbent.assignment), ...incumbent },
      parents: [],
    })),
  );
  let merges = 0;
  let mergeDue = false;
  let [used, counted] = [0, 0];
  for (let round = 0; ; round++) {
    // At the places already passed nothing changes: only what came since is counted.
    used += runsAsked(tape.asked(), counted);
    counted = tape.place();
    if (used >= budget) return finish(tape, `the budget of ${budget} runs is used up`);
    const size = pool.length;
    if (config.use_merge && mergeDue && merges < config.max_merge_invocations) {
      mergeDue = false;
      const tested = await mergeRound(state, round);
      if (tested) merges++;
      if (tested) continue;
    }
    await mutationRound(state, round, turns);
    if (pool.length > size) mergeDue = true;
  }
}

/** As many mutations as may run at the same time, each of a parent of its own, on examples of its own. */
async function mutationRound(state: State, round: number, turns: number): Promise<void> {
  const { tape, config, pool, places } = state;
  const { history } = tape;
  const utility = utilityNow(tape);
  const lanes = Array.from({ length: Math.max(1, history.parallelism) }, (_, lane) => {
    const random = seededRandom(`${history.seed}/gepa/${round}/${lane}`);
    const place = config.candidate_selection_strategy === 'pareto' ? pickLeader(pool, random) : bestPlace(pool);
    return { place, random, ids: batchOf(state, round * Math.max(1, history.parallelism) + lane) };
  });
  const from = tape.place();
  for (const { place, ids } of lanes) {
    const assignment = pool[place]?.assignment ?? state.start.base;
    await tape.trial(() => ({ assignment, split: 'train', exampleIds: ids, keepTraces: true, origin: 'reflect' }));
  }
  const runs = tape.settle().slice(from);
  const open = lanes.flatMap((lane, index) => {
    const [run, member] = [runs[index], pool[lane.place]];
    if (run === undefined || member === undefined) return [];
    const perfect = run.outcomes.every(({ score }) => score !== null && score >= config.perfect_score);
    if (run.state === 'failed' || (config.skip_perfect_score && perfect)) return [];
    const turn = member.turn++ % turns;
    const changed = turn < places.length ? places.slice(turn, turn + 1) : [];
    return [
      { ...lane, run, member, changed: config.component_selector === 'all' && changed.length > 0 ? places : changed },
    ];
  });

  const drafts = open.map(({ member, changed, run, random }) =>
    changed.map((text) => {
      const current = materialize(state.space, member.assignment)[text.variable.name];
      const draw = { temperature: config.reflection_temperature, sample: random.integer(0, 1_000_000_000) };
      return reflectionDraft(text, typeof current === 'string' ? current : '', run, history.examples.train, draw);
    }),
  );
  const answers = await tape.generate(drafts.flat());
  const children: { assignment: Assignment; run: Trial; place: number }[] = [];
  let answer = 0;
  for (const [index, { member, changed, run, random, place }] of open.entries()) {
    let child: Assignment | null = { ...member.assignment };
    if (changed.length === 0)
      child = withOneRedrawn(state.start.dimensions, settingsOf(state.start.dimensions), member.assignment, random);
    for (const [at, text] of changed.entries()) {
      const draft = drafts[index]?.[at];
      const said = draft === undefined ? null : instructionIn(draft, answers[answer++]?.text);
      if (said !== null) child = { ...child, [text.variable.name]: newCandidate(state, text, said) };
    }
    if (child === null || state.members.has(keyOf(child)) || (await state.start.admission(child)) !== null) continue;
    children.push({ assignment: child, run, place });
  }
  const born = tape.place();
  for (const { assignment, run } of children) await tape.trial(() => mutationDraft(state, assignment, run));
  const measured = tape.settle().slice(born);
  const better = children.filter(({ run }, index) => {
    const trial = measured[index];
    return trial !== undefined && sum(trial, utility) > sum(run, utility);
  });
  await admit(
    state,
    better.map(({ assignment, place }) => ({ draft: fullDraft(state, assignment), parents: [place] })),
  );
}

/** False when there was nothing to merge. */
async function mergeRound(state: State, round: number): Promise<boolean> {
  const { tape, pool } = state;
  const utility = utilityNow(tape);
  const random = seededRandom(`${tape.history.seed}/gepa/merge/${round}`);
  const merge = findMerge(pool, state.members, random);
  if (merge === null || (await state.start.admission(merge.assignment)) !== null) return false;
  state.members.add(keyOf(merge.assignment));
  const ids = mergeExamples(pool, merge, random);
  const { assignment, parents } = merge;
  await tape.trial(() => ({ assignment, split: 'validation', exampleIds: ids, origin: 'merge' }));
  const trial = tape.settle().at(-1);
  if (trial === undefined) return true;
  const theirs = parents.map((place) => {
    const leader = pool[place];
    return leader === undefined ? Number.NEGATIVE_INFINITY : utility.over(leader.trial, ids);
  });
  if (utility.of(trial) >= Math.max(...theirs)) {
    const draft: Draft = { ...fullDraft(state, assignment), parent: trial.id, continues: true };
    await admit(state, [{ draft, parents: [...parents] }]);
  }
  return true;
}

/** Measures on all validation examples; whoever is measured belongs to the pool. */
async function admit(
  { tape, pool, members: known }: State,
  members: { draft: Draft; parents: number[] }[],
): Promise<void> {
  const from = tape.place();
  for (const { draft } of members) await tape.trial(() => draft);
  const trials = tape.settle().slice(from);
  for (const [index, { draft, parents }] of members.entries()) {
    const trial = trials[index];
    const turn = Math.max(0, ...parents.map((place) => pool[place]?.turn ?? 0));
    known.add(keyOf(draft.assignment));
    if (trial?.state === 'completed') pool.push(member(draft.assignment, trial, utilityNow(tape), parents, turn));
  }
}

function newCandidate(state: State, { variable }: TextPlace, text: string): { candidate: string } {
  const known = Object.entries(state.proposals[variable.name] ?? {}).find(
    ([, one]) => 'text' in one && one.text === text,
  );
  if (known !== undefined) return { candidate: known[0] };
  const id = `r${state.made++}`;
  state.proposals[variable.name] = { ...state.proposals[variable.name], [id]: { text } };
  return { candidate: id };
}

function mutationDraft({ tape, proposals }: State, assignment: Assignment, run: Trial): Draft {
  const named = firstNamed(assignment, proposals, tape.asked());
  const { exampleIds } = run.work;
  return { assignment, split: 'train', exampleIds, parent: run.id, origin: 'mutation', ...named };
}

const fullDraft = ({ start }: State, assignment: Assignment): Draft => ({
  assignment,
  split: 'validation',
  exampleIds: start.validation,
  origin: 'accepted',
});

/** Train examples in one random order after the other, so many at a time. */
function batchOf({ tape, config }: State, index: number): string[] {
  const { train } = tape.history.examples;
  const size = Math.min(config.reflection_minibatch_size, train.length);
  const perEpoch = Math.max(1, Math.floor(train.length / size));
  const random = seededRandom(`${tape.history.seed}/gepa/epoch/${Math.floor(index / perEpoch)}`);
  const at = (index % perEpoch) * size;
  return random
    .shuffle(train)
    .slice(at, at + size)
    .map(({ id }) => id);
}

function utilityNow(tape: Tape): Utility {
  const seen = tape.settle();
  return utilityOf(tape.history, seen, baselineOf(seen));
}

const sum = (trial: Trial, utility: Utility): number =>
  [...utility.perExample(trial).values()].reduce((total, value) => total + value, 0);
