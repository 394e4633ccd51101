import type { Trial } from './spec.ts';
import type { Utility } from './utility.ts';

/** Who may win: of those that saw the most examples of the validation split the ones within the limits, if there are any. */
export function finalistsOf(trials: readonly Trial[], utility: Utility): Trial[] {
  const candidates = trials.filter(
    (trial) => trial.state === 'completed' && trial.work.split === 'validation' && utility.of(trial) > -Infinity,
  );
  const fidelity = candidates.reduce((most, { outcomes }) => Math.max(most, outcomes.length), 0);
  const whole = candidates.filter(({ outcomes }) => outcomes.length === fidelity);
  const within = whole.filter(utility.feasible);
  return within.length > 0 ? within : whole;
}

/**
 * The best of the finalists by `value`, the utility measured where nothing else is said; the earlier one of equals, so that
 * a newcomer has to be strictly better. Null when every trial failed.
 */
export function winnerOf(
  trials: readonly Trial[],
  utility: Utility,
  value: (trial: Trial) => number = utility.of,
): Trial | null {
  let best: { trial: Trial; value: number } | null = null;
  for (const trial of finalistsOf(trials, utility)) {
    const own = value(trial);
    if (best === null || own > best.value) best = { trial, value: own };
  }
  return best?.trial ?? null;
}

/** What a strategy ends with, the limits spoken of when nothing kept them. */
export function ending(
  trials: readonly Trial[],
  utility: Utility,
  reason: string,
  winner: Trial | null = winnerOf(trials, utility),
): { winner: string | null; reason: string } {
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
