import { logCumulative, logImprovement } from './improvement.ts';
import type { Posterior } from './posterior.ts';

/** How much a point is worth trying, by the logarithm, from what posteriors believe where they look. */
export interface Merit {
  readonly posteriors: readonly Posterior[];
  /** Of the point looked at last; not `exact`, a bound that is not below and costs less. */
  value(exact: boolean): number;
}

/** The improvement expected over a best value. */
export function improvementOver(best: number, posterior: Posterior): Merit {
  return {
    posteriors: [posterior],
    value: (exact) => logImprovement(posterior.mean - best, exact ? posterior.deviation() : posterior.most),
  };
}

/** A limit as a posterior sees it: kept where the value is at least `threshold`, in units of its targets. */
export interface Slack {
  posterior: Posterior;
  threshold: number;
}

/**
 * A merit times the chance that all limits are kept; of no merit, that chance alone. Source: Gardner et al. 2014. There is
 * no cheap bound: less certainty makes one factor larger and the other smaller.
 */
export function within(merit: Merit | null, slacks: readonly Slack[]): Merit {
  return {
    posteriors: [...(merit?.posteriors ?? []), ...slacks.map(({ posterior }) => posterior)],
    value: () => {
      let sum = merit?.value(true) ?? 0;
      for (const { posterior, threshold } of slacks) {
        sum += logCumulative((posterior.mean - threshold) / posterior.deviation());
      }
      return sum;
    },
  };
}
