import { unbeatenBy } from '../../pareto/unbeaten.ts';
import { excess } from './improvement.ts';
import type { Merit } from './merit.ts';
import type { Posterior } from './posterior.ts';

/**
 * The volume a point is expected to add to what a front dominates, exact for values that are normal and independent of
 * each other. Within a box the volume is a product, and so is its expectation. Source: Emmerich et al. 2006; Yang et al. 2019.
 */
export function frontGain(
  front: readonly (readonly number[])[],
  reference: readonly number[],
  posteriors: readonly Posterior[],
): Merit {
  const { edges, boxes } = unbeatenBy(front, reference);
  const count = posteriors.length;
  const beyond = edges.map((list) => new Float64Array(list.length));
  return {
    posteriors,
    value: () => {
      for (let k = 0; k < count; k++) {
        const { mean } = posteriors[k] as Posterior;
        const deviation = (posteriors[k] as Posterior).deviation();
        const [list, own] = [edges[k] as Float64Array, beyond[k] as Float64Array];
        // Nothing is beyond the last edge.
        for (let e = 0; e + 1 < list.length; e++) own[e] = excess(mean, deviation, list[e] as number);
      }
      let sum = 0;
      for (let place = 0; place < boxes.length; ) {
        let volume = 1;
        for (let k = 0; k < count; k++) {
          const own = beyond[k] as Float64Array;
          volume *= Math.max(0, (own[boxes[place++] as number] as number) - (own[boxes[place++] as number] as number));
        }
        sum += volume;
      }
      return Math.log(Math.max(sum, 1e-300));
    },
  };
}
