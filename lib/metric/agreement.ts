import { seededRandom } from '#lib/base/random';

export interface Agreement {
  pairs: number;
  /** Share of pairs on which both say the same. */
  observed: number;
  /** Cohen's kappa: 1 is full agreement, 0 what chance gives. Null when chance alone would agree everywhere. */
  kappa: number | null;
  /** 95% percentile bootstrap over pairs; null where kappa is. */
  interval: { low: number; high: number } | null;
}

const RESAMPLES = 2000;

/** Cohen (1960) for two raters and yes/no verdicts, as `[judge, human]` pairs. */
export function agreement(pairs: readonly (readonly [boolean, boolean])[], seed: number | string = 0): Agreement {
  const observed = share(pairs, ([judge, human]) => judge === human);
  const kappa = pairs.length === 0 ? null : kappaOf(pairs);
  if (kappa === null) return { pairs: pairs.length, observed, kappa, interval: null };
  const random = seededRandom(`agreement/${seed}`);
  const drawn: number[] = [];
  for (let round = 0; round < RESAMPLES; round++) {
    // A resample in which everybody says the same tells nothing of kappa and is left out.
    const again = kappaOf(
      pairs.map(() => pairs[Math.floor(random.next() * pairs.length)] ?? ([false, false] as const)),
    );
    if (again !== null) drawn.push(again);
  }
  drawn.sort((a, b) => a - b);
  const at = (q: number) => drawn[Math.min(drawn.length - 1, Math.floor(q * drawn.length))] ?? kappa;
  return { pairs: pairs.length, observed, kappa, interval: { low: at(0.025), high: at(0.975) } };
}

function kappaOf(pairs: readonly (readonly [boolean, boolean])[]): number | null {
  const judge = share(pairs, ([verdict]) => verdict);
  const human = share(pairs, ([, verdict]) => verdict);
  const chance = judge * human + (1 - judge) * (1 - human);
  return chance === 1 ? null : (share(pairs, ([a, b]) => a === b) - chance) / (1 - chance);
}

function share<T>(items: readonly T[], is: (item: T) => boolean): number {
  return items.length === 0 ? 0 : items.filter(is).length / items.length;
}
