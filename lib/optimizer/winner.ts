import type { Trial } from './spec.ts';
import type { Utility } from './utility.ts';

/**
 * The best of the trials that saw the most examples of the validation split: within the limits before outside of them,
 * then by utility, then the earlier one, so that a newcomer has to be strictly better. Null when every one failed.
 */
export function winnerOf(trials: readonly Trial[], utility: Utility): Trial | null {
  const candidates = trials.filter(
    (trial) => trial.state === 'completed' && trial.work.split === 'validation' && utility.of(trial) > -Infinity,
  );
  const fidelity = Math.max(0, ...candidates.map((trial) => trial.outcomes.length));
  let best: Trial | null = null;
  for (const trial of candidates) {
    if (trial.outcomes.length < fidelity) continue;
    if (best === null || isBetter(trial, best, utility)) best = trial;
  }
  return best;
}

function isBetter(trial: Trial, best: Trial, utility: Utility): boolean {
  const [a, b] = [utility.feasible(trial), utility.feasible(best)];
  return a === b ? utility.of(trial) > utility.of(best) : a;
}

/** What a strategy ends with, the limits spoken of when nothing kept them. */
export function ending(
  trials: readonly Trial[],
  utility: Utility,
  reason: string,
): { winner: string | null; reason: string } {
  const winner = winnerOf(trials, utility);
  if (winner === null) {
    const last = trials.findLast((trial) => trial.failure !== undefined || trial.failures > 0);
    const failure = last?.failure ?? last?.outcomes.find((outcome) => outcome.failure !== undefined)?.failure;
    return {
      winner: null,
      reason: failure === undefined ? reason : `${reason}; every trial failed, the last with: ${failure.message}`,
    };
  }
  return {
    winner: winner.id,
    reason: utility.feasible(winner) ? reason : `${reason}; no trial kept the objectives' limits`,
  };
}
