import { cpus, loadavg } from 'node:os';

export interface Spread {
  median: number;
  /** Between the first and the third quartile. */
  iqr: [number, number];
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => Number((sorted[Math.round(share * (sorted.length - 1))] ?? 0).toPrecision(4));
  return { median: at(0.5), iqr: [at(0.25), at(0.75)] };
}

/** Quotients of values taken in the same round, so that a slow moment of the machine is in both. */
export function ratios(values: readonly number[], base: readonly number[]): Spread {
  return spread(values.map((value, round) => value / (base[round] ?? Number.NaN)));
}

/** What a figure was taken on. */
export function machine(): { node: string; cpus: string; loadAverage: number[] } {
  const all = cpus();
  return { node: process.version, cpus: `${all.length} x ${all[0]?.model}`, loadAverage: loadavg() };
}
