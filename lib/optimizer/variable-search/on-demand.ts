import type { Assignment } from '#lib/variable/variable';
import type { Draft, Tape } from '../script.ts';
import type { Trial } from '../spec.ts';
import { keyOf, triedKeys } from '../tried.ts';
import { utilityOf } from '../utility.ts';
import { winnerOf } from '../winner.ts';
import { runsAsked } from './budget.ts';
import { latestTrials } from './observations.ts';
import { partialObservationsOf } from './partial-observations.ts';
import type { Proposal } from './propose.ts';

/** Proposes something new, or one of those that have begun. */
export type Newcomer = (
  index: number,
  seen: Trial[],
  pending: Trial[],
  begun: readonly Assignment[],
) => Promise<Proposal | null>;

export interface Sizes {
  /** Configurations, the baseline among them. */
  trials: number;
  /** Runs of the program on an example. */
  budget: number;
  /** Examples to begin with, and how many times as many whoever goes on sees next. */
  first: number;
  growth: number;
}

const FINISH = 'finish';

/**
 * Configurations begin on a few examples; one goes on when the model expects more of it than of anything new, so that
 * nobody is dropped for good and only the promising are measured in full. Leaves enough of the budget to bring one to the end.
 * Examples come in one order, so that whoever has seen as many has seen the same. After Swersky et al. 2014 (freeze-thaw).
 * Gives the reason why it ended.
 */
export async function onDemand(
  tape: Tape,
  newcomer: Newcomer,
  { trials, budget, first, growth }: Sizes,
  order: readonly string[],
): Promise<string> {
  const all = order.length;
  const beginning = beginningFor(0);
  const left = (): number => budget - runsAsked(tape.asked());
  let opened = 1;
  let ended: string | null = null;
  while (ended === null) {
    if (opened === trials) ended = `all ${trials} trials are done`;
    else if (left() < all) ended = `the budget of ${budget} example runs is used up`;
    else {
      const index = opened - 1;
      const made = await tape.trial(
        async (seen, pending) => {
          const begun = begunOf(tape, seen, pending, all);
          const proposal = await newcomer(
            index,
            seen,
            pending,
            begun.map(({ work }) => work.assignment),
          );
          if (proposal === null) return null;
          const key = keyOf(proposal.assignment);
          const parent = begun.find(({ work }) => keyOf(work.assignment) === key);
          return parent === undefined
            ? { ...proposal, split: 'validation', exampleIds: beginning }
            : goOn(parent, 'rung');
        },
        ({ work }) => work.origin !== FINISH,
      );
      if (!made) ended = `no new assignment was found after ${opened}`;
      else if (tape.asked().at(-1)?.continues !== true) opened++;
    }
  }
  await finishBegun();
  return ended;

  function beginningFor(seen: number): string[] {
    const next = seen === 0 ? first : Math.ceil(seen * growth);
    // A last step of a few examples is not worth waiting for.
    return order.slice(0, all - next < first / 2 ? all : next);
  }

  function goOn(parent: Trial, origin: string): Draft {
    return {
      assignment: parent.work.assignment,
      split: 'validation',
      exampleIds: beginningFor(parent.work.exampleIds.length),
      parent: parent.id,
      continues: true,
      origin,
    };
  }

  /** Round after round those go on that are believed to be better than the winner, as far as the budget reaches. */
  async function finishBegun(): Promise<void> {
    for (;;) {
      const seen = tape.settle();
      const baseline = seen.find(({ work }) => work.origin === 'baseline');
      const utility = utilityOf(tape.history, seen, baseline);
      const winner = winnerOf(seen, utility);
      const bar = winner === null ? Number.NEGATIVE_INFINITY : utility.of(winner);
      const believed = new Map(
        partialObservationsOf(tape.history, seen).map(({ assignment, values }) => [
          keyOf(assignment),
          values?.[0] ?? bar,
        ]),
      );
      const value = ({ work }: Trial): number => believed.get(keyOf(work.assignment)) ?? bar;
      const standing: Trial[] = [];
      let runs = left();
      for (const trial of begunOf(tape, seen, [], all).sort((a, b) => value(b) - value(a))) {
        const missing = all - trial.work.exampleIds.length;
        const outside = winner !== null && utility.feasible(winner) && !utility.feasible(trial);
        if (value(trial) <= bar || outside || missing > runs || standing.length === tape.history.parallelism) continue;
        standing.push(trial);
        runs -= missing;
      }
      if (standing.length === 0) return;
      for (const parent of standing) await tape.trial(() => goOn(parent, FINISH));
    }
  }
}

/** Those that have seen some of the examples and run at nothing now. */
function begunOf(tape: Tape, seen: readonly Trial[], pending: readonly Trial[], all: number): Trial[] {
  const utility = utilityOf(tape.history, seen, undefined);
  const running = triedKeys(pending);
  return latestTrials(seen).filter(
    (trial) =>
      trial.state === 'completed' &&
      trial.work.exampleIds.length < all &&
      utility.of(trial) > Number.NEGATIVE_INFINITY &&
      !running.has(keyOf(trial.work.assignment)),
  );
}
