import { comparePaired } from '#lib/evaluate/compare';
import type { Configuration } from '../lm-replay/grid.ts';
import { averaged } from '../support-triage/pooled.ts';
import type { Found, Outcome } from './product.ts';

/** What one method found for one task under one seed. */
export interface Piece {
  task: string;
  seed: number;
  /** `joint`, `demos`, `instructions`, `joint, 480 runs`; `MIPROv2`, `GEPA`; `joint at half of GEPA`. */
  method: string;
  tokens: number;
  configuration?: Configuration;
  found?: Found;
  test: Outcome[];
}

/** What is held against what; the second is hoped to be better. */
const PAIRS = [
  ['start', 'joint'],
  ['demos', 'joint'],
  ['instructions', 'joint'],
  ['demos', 'joint, 480 runs'],
  ['instructions', 'joint, 480 runs'],
  ['MIPROv2', 'joint at half of MIPROv2'],
  ['GEPA', 'joint at half of GEPA'],
] as const;

/**
 * Test scores by method, and differences over the seeds that both sides have. Seeds share their test texts, so a text
 * counts once, with its mean over the seeds: the interval resamples texts.
 */
export function reported(pieces: readonly Piece[]) {
  const tasks = [...new Set(pieces.map(({ task }) => task))];
  const methods = [...new Set(pieces.map(({ method }) => method))];
  const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
  const of = (method: string, task: string): Piece[] =>
    pieces.filter((one) => one.method === method && one.task === task);
  const table = tasks.map((task) => ({
    task,
    ...Object.fromEntries(
      methods.map((method) => [
        method,
        of(method, task).map(({ test }) => Number(mean(test.map(({ score }) => score ?? 0)).toFixed(3))),
      ]),
    ),
  }));
  const held = (a: string, b: string, among: readonly string[]) => {
    const sides = among.map((task) => {
      const second = of(b, task);
      const first = second.flatMap(({ seed }) => of(a, task).filter((one) => one.seed === (a === 'start' ? 0 : seed)));
      return { first, second: second.filter(({ seed }) => a === 'start' || first.some((one) => one.seed === seed)) };
    });
    const all = (side: 'first' | 'second') => averaged(sides.flatMap((one) => one[side].map(({ test }) => test)));
    const { difference, interval, pairs, pValue } = comparePaired(all('first'), all('second'));
    const seeds = sides.map(({ second }) => second.length);
    return { than: a, ours: b, tasks: among.join(', '), seeds, texts: pairs, difference, interval, pValue };
  };
  const comparisons = PAIRS.flatMap(([a, b]) => [
    held(a, b, tasks),
    ...(tasks.length > 1 ? tasks.map((task) => held(a, b, [task])) : []),
  ]).filter(({ texts }) => texts > 0);
  const tokens = Object.fromEntries(
    methods.map((method) => [
      method,
      Math.round(mean(pieces.filter((one) => one.method === method).map((one) => one.tokens))),
    ]),
  );
  return { table, tokens, comparisons };
}
