import { seededRandom } from '#lib/base/random';

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
export const round = (value: number): number => Number(value.toPrecision(4));

/** Of a mean, over seeds: 95%, by bootstrap. */
export function interval(values: readonly number[]): number[] {
  const random = seededRandom('interval');
  const drawn = Array.from({ length: 2000 }, () => mean(values.map(() => random.pick(values)))).sort((a, b) => a - b);
  return [round(drawn[49] ?? Number.NaN), round(drawn[1949] ?? Number.NaN)];
}
