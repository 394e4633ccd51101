/**
 * Values as a Gaussian process likes them: mean 0, deviation 1, and the worse half drawn in, since how bad the bad ones
 * are says little about the best. Failures count as the worst value there is.
 */
export function targetsOf(values: readonly number[]): Float64Array {
  const finite = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (finite.length === 0) return new Float64Array(values.length);
  const low = finite[0] as number;
  const high = finite[finite.length - 1] as number;
  const middle = finite[Math.floor((finite.length - 1) / 2)] as number;
  const reach = high - middle || high - low || 1;
  const drawn = values.map((value) => {
    const place = ((Number.isFinite(value) ? value : low) - middle) / reach;
    return place >= 0 ? place : -Math.log1p(-place);
  });
  const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
  const spread = Math.sqrt(drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length) || 1;
  return Float64Array.from(drawn, (value) => (value - mean) / spread);
}
