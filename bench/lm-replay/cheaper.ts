import type { Assignment } from '#lib/variable/variable';
import { interval, mean, round } from './figures.ts';
import type { Replay } from './replay.ts';
import { searchReplay } from './search.ts';

/** What a program may cost, and what the objective is called. */
export const COSTS = { nanoUsd: 'costNanoUsd', tokens: 'tokens', ms: 'latencyMs' } as const;
export type Cost = keyof typeof COSTS;

/** Every program that differs from the start in these dimensions only; the best first, of equals the cheapest. */
export function tuned(replay: Replay, start: Assignment, free: readonly string[], cost: Cost): Assignment[] {
  const dimensions = replay.variables.filter(({ name }) => free.includes(name));
  const all = dimensions.reduce<Assignment[]>(
    (made, { name, choices }) => made.flatMap((one) => choices.map((choice) => ({ ...one, [name]: choice }))),
    [start],
  );
  const told = new Map(all.map((one) => [one, replay.means(one)]));
  const of = (one: Assignment, what: 'quality' | Cost): number => told.get(one)?.[what] ?? Number.NaN;
  return all.sort((a, b) => of(b, 'quality') - of(a, 'quality') || of(a, cost) - of(b, cost));
}

/** What is to be at least as good, and cheaper. */
export interface Held {
  quality: number;
  cost: Cost;
  /** What the tuned one costs. */
  single: number;
}

/** The winners of the joint search under every seed, and by how much they are cheaper: not at all where none is good enough. */
export async function jointly(replay: Replay, start: Assignment, held: Held, limits: { runs: number; seeds: number }) {
  const winners: Assignment[] = [];
  for (let seed = 1; seed <= limits.seeds; seed++) {
    const { steps } = await searchReplay(replay, {
      ...{ strategy: 'variable_search', seed, start },
      config: { trials: 96, maxExampleRuns: limits.runs },
      objectives: [
        // A breath below, because a mean of sixty is not exact.
        { name: 'quality', goal: 'maximize', weight: 0, atLeast: held.quality - 1e-9 },
        { name: COSTS[held.cost], goal: 'minimize' },
      ],
    });
    winners.push(steps.at(-1)?.incumbent ?? start);
  }
  const told = winners.map((winner) => replay.means(winner));
  const cheaper = told.map((one) => (one.quality >= held.quality - 1e-9 ? held.single / one[held.cost] : 1));
  return {
    winners,
    figures: {
      jointCost: round(mean(told.map((one) => one[held.cost]))),
      jointQuality: round(mean(told.map(({ quality }) => quality))),
      arrived: told.filter((one) => one.quality >= held.quality - 1e-9).length,
      cheaper: round(mean(cheaper)),
      interval: interval(cheaper),
    },
  };
}
