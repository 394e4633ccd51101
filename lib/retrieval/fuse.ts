import type { Hit } from './nearest.ts';

// Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion", SIGIR 2009.
const SMOOTHING = 60;

/** One order from several: each list gives its n-th document 1 / (60 + n). Scores of the lists need not be comparable. */
export function fuse(lists: readonly (readonly Hit[])[], k: number): Hit[] {
  const scores = new Map<number, number>();
  for (const list of lists)
    for (const [rank, { index }] of list.entries())
      scores.set(index, (scores.get(index) ?? 0) + 1 / (SMOOTHING + rank + 1));
  return [...scores]
    .map(([index, score]) => ({ index, score }))
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, k);
}
