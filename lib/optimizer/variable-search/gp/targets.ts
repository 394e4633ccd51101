export interface Targets {
  targets: Float64Array;
  /** How much a target changes with its value, there. */
  slopes: Float64Array;
}

/**
 * Values as a Gaussian process likes them: mean 0, deviation 1, and the worse half drawn in, since how bad the bad ones
 * are says little about the best. Failures count as the worst value there is.
 */
export function targetsOf(values: readonly number[]): Targets {
  const finite = Float64Array.from(values).filter(Number.isFinite).sort();
  if (finite.length === 0) return { targets: new Float64Array(values.length), slopes: new Float64Array(values.length) };
  const low = finite[0] as number;
  const high = finite[finite.length - 1] as number;
  const middle = finite[Math.floor((finite.length - 1) / 2)] as number;
  const reach = high - middle || high - low || 1;
  const drawn = new Float64Array(values.length);
  const slopes = new Float64Array(values.length);
  let sum = 0;
  for (let i = 0; i < drawn.length; i++) {
    const value = values[i] as number;
    const place = ((Number.isFinite(value) ? value : low) - middle) / reach;
    drawn[i] = place >= 0 ? place : -Math.log1p(-place);
    slopes[i] = 1 / (reach * Math.max(1, 1 - place));
    sum += drawn[i] as number;
  }
  const { targets, spread } = evened(drawn, sum / drawn.length);
  for (let i = 0; i < slopes.length; i++) slopes[i] = (slopes[i] as number) / spread;
  return { targets, slopes };
}

/** Values with mean 0 and deviation 1 and nothing drawn in: where each counts for as much. Failures count as the worst. */
export function plainTargetsOf(values: readonly number[]): Targets {
  const low = values.filter(Number.isFinite).reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const known = Float64Array.from(values, (value) => (Number.isFinite(value) ? value : Number.isFinite(low) ? low : 0));
  const { targets, spread } = evened(known, known.reduce((sum, value) => sum + value, 0) / (known.length || 1));
  return { targets, slopes: targets.map(() => 1 / spread) };
}

/** Slacks in the same way, with nothing drawn in: what counts is where they pass 0, which is the `threshold`. */
export function slackTargetsOf(values: readonly number[]): { targets: Float64Array; threshold: number } {
  const finite = values.filter(Number.isFinite);
  const low = finite.reduce((least, value) => Math.min(least, value), 0);
  const known = Float64Array.from(values, (value) => (Number.isFinite(value) ? value : low));
  const mean = known.reduce((sum, value) => sum + value, 0) / (known.length || 1);
  const { targets, spread } = evened(known, mean);
  return { targets, threshold: -mean / spread };
}

function evened(values: Float64Array, mean: number): { targets: Float64Array; spread: number } {
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  const spread = Math.sqrt(squares / values.length) || 1;
  return { targets: values.map((value) => (value - mean) / spread), spread };
}
