import { InvalidInput } from '#lib/base/errors';
import { canonicalJson } from '#lib/base/json';
import { seededRandom } from '#lib/base/random';
import type { Example, Split } from './example.ts';

export interface SplitOptions {
  /** Shares (`{train: 0.6, validation: 0.2, test: 0.2}`, summing to 1) or counts (summing to the number of examples). */
  sizes: Partial<Record<Split, number>>;
  seed?: number | string;
  /** A label whose values are to be spread evenly over the splits. */
  stratifyBy?: string;
}

const SPLITS: readonly Split[] = ['train', 'validation', 'test'];

/**
 * Every example in exactly one split, in its old order, the sizes met exactly; the same seed gives the same split.
 * Stratified, each label value has its share of every split, give or take one.
 */
export function splitExamples(examples: readonly Example[], options: SplitOptions): Example[] {
  const counts = countsOf(options.sizes, examples.length);
  const random = seededRandom(`split/${options.seed ?? 0}`);
  const strata = new Map<string, number[]>();
  for (const index of random.shuffle(examples.map((_, position) => position))) {
    const label = options.stratifyBy;
    const key = label === undefined ? '' : canonicalJson(examples[index]?.labels[label] ?? null);
    const stratum = strata.get(key) ?? [];
    stratum.push(index);
    strata.set(key, stratum);
  }
  // Stratum after stratum, each example goes to the split that is furthest behind its share: even within and over all.
  const given: Record<Split, number> = { train: 0, validation: 0, test: 0 };
  const splitOf: Split[] = [];
  let placed = 0;
  for (const [, stratum] of [...strata].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const index of stratum) {
      placed++;
      const behind = (split: Split): number =>
        given[split] < counts[split]
          ? (counts[split] * placed) / examples.length - given[split]
          : Number.NEGATIVE_INFINITY;
      const split = SPLITS.reduce((best, other) => (behind(other) > behind(best) ? other : best));
      given[split]++;
      splitOf[index] = split;
    }
  }
  return examples.map((example, index) => ({ ...example, split: splitOf[index] as Split }));
}

/** Whole numbers of examples per split; largest remainders first when shares do not divide evenly. */
function countsOf(sizes: SplitOptions['sizes'], total: number): Record<Split, number> {
  const wanted = SPLITS.map((split) => sizes[split] ?? 0);
  const sum = wanted.reduce((a, b) => a + b, 0);
  const bad = wanted.some((size) => !Number.isFinite(size) || size < 0);
  const shares = Math.abs(sum - 1) < 1e-6;
  const exact = sum === total && wanted.every(Number.isInteger);
  if (bad || !(shares || exact)) {
    const message = `split sizes are to be shares summing to 1 or counts summing to ${total}, got ${JSON.stringify(sizes)}`;
    throw new InvalidInput('dataset_split', message);
  }
  const ideal = wanted.map((size) => (exact ? size : (size * total) / sum));
  const counts = ideal.map(Math.floor);
  const order = SPLITS.map((_, index) => index).sort(
    (a, b) => (ideal[b] ?? 0) - (counts[b] ?? 0) - ((ideal[a] ?? 0) - (counts[a] ?? 0)) || a - b,
  );
  for (let left = total - counts.reduce((a, b) => a + b, 0), i = 0; left > 0; left--, i++) {
    const at = order[i % order.length] ?? 0;
    counts[at] = (counts[at] ?? 0) + 1;
  }
  const [train = 0, validation = 0, test = 0] = counts;
  return { train, validation, test };
}
