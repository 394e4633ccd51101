import type { Random } from '#lib/base/random';
import type { Dimension, Point } from '#lib/variable/dimensions';
import { existsUnder } from '#lib/variable/existence';
import type { Assignment } from '#lib/variable/variable';

export interface Parzen {
  sample(random: Random): Point;
  /** Log density, up to a constant that is the same for every estimate over these dimensions. */
  logDensity(point: Readonly<Point>): number;
}

export interface ParzenOptions {
  /** Weight of the uniform prior, in observations. */
  prior: number;
  /** Width of a number's kernel on [0, 1] for one observation; shrinks with more. */
  bandwidth: number;
  /** No kernel is narrower than this over the number of observations and ten. */
  floor: number;
  /** Prior counts spread over the choices of a category. */
  smoothing: number;
}

/**
 * A mixture of one product kernel per observation and a uniform prior, over all dimensions together, so that what goes
 * well together is proposed together. A dimension that an observation lacks (its condition did not hold) is uniform in its
 * kernel: conditional spaces need nothing else. After Bergstra et al. 2011 and Falkner et al. 2018 (BOHB).
 */
export function parzen(
  dimensions: readonly Dimension[],
  points: readonly Point[],
  weights: readonly number[],
  options: ParzenOptions,
): Parzen {
  const axes = dimensions.map((dimension) => axisOf(dimension, points.length, dimensions.length, options));
  // One function per observation and dimension, made once: each is asked about dozens of candidates.
  const kernels = points.map((point) => axes.map((axis, d) => axis.logKernel(point[d] ?? null)));
  // Only these values decide whether another variable exists.
  const conditions = new Set(dimensions.flatMap(({ variable }) => Object.keys(variable.when ?? {})));
  const total = weights.reduce((sum, weight) => sum + weight, 0) + options.prior;
  const logWeights = weights.map((weight) => Math.log(weight / total));
  const logPrior = Math.log(options.prior / total);

  return {
    sample: (random) => {
      const kernel = pickKernel(points, weights, total, random);
      const assignment: Assignment = {};
      return dimensions.map((dimension, index) => {
        if (!existsUnder(dimension.variable, assignment)) return null;
        const axis = axes[index] as Axis;
        const coordinate = axis.sample(kernel?.[index] ?? null, random);
        if (conditions.has(dimension.name)) {
          assignment[dimension.name] =
            dimension.kind === 'number' ? dimension.fromUnit(coordinate) : (dimension.choices[coordinate] ?? null);
        }
        return coordinate;
      });
    },
    logDensity: (point) => {
      let uniform = logPrior;
      for (let d = 0; d < axes.length; d++) if (point[d] !== null) uniform += (axes[d] as Axis).logUniform;
      let highest = uniform;
      const terms = new Float64Array(points.length);
      for (let k = 0; k < points.length; k++) {
        const kernel = kernels[k] as LogDensity[];
        let term = logWeights[k] ?? 0;
        for (let d = 0; d < kernel.length; d++) {
          const x = point[d];
          if (x !== null && x !== undefined) term += (kernel[d] as LogDensity)(x);
        }
        terms[k] = term;
        if (term > highest) highest = term;
      }
      let sum = Math.exp(uniform - highest);
      for (let k = 0; k < terms.length; k++) sum += Math.exp((terms[k] as number) - highest);
      return highest + Math.log(sum);
    },
  };
}

type LogDensity = (x: number) => number;

interface Axis {
  logUniform: number;
  /** Around a center; uniform for null. */
  logKernel(center: number | null): LogDensity;
  /** Around a center, or anywhere for null. */
  sample(center: number | null, random: Random): number;
}

function axisOf(dimension: Dimension, count: number, dimensions: number, options: ParzenOptions): Axis {
  if (dimension.kind === 'category') return categoryAxis(dimension.choices.length, count, options);
  const sigma = Math.max(
    options.bandwidth * Math.max(1, count) ** (-1 / (dimensions + 4)),
    options.floor / (count + 10),
  );
  const type = dimension.variable.type;
  const even = !('log' in type && type.log === true);
  return Number.isFinite(dimension.levels) && even && dimension.levels <= 1000
    ? levelAxis(dimension.levels, sigma)
    : lineAxis(sigma);
}

function categoryAxis(choices: number, count: number, { smoothing }: ParzenOptions): Axis {
  // The fewer observations, the less each is believed.
  const spread = smoothing / (count + 1);
  const same = Math.log((1 + spread / choices) / (1 + spread));
  const other = Math.log(spread / choices / (1 + spread));
  const stay = 1 / (1 + spread);
  return {
    logUniform: -Math.log(choices),
    logKernel: (center) => {
      const uniform = -Math.log(choices);
      return center === null ? () => uniform : (x) => (center === x ? same : other);
    },
    sample: (center, random) =>
      center !== null && random.next() < stay ? center : Math.floor(random.next() * choices),
  };
}

function lineAxis(sigma: number): Axis {
  const scale = -Math.log(sigma * Math.sqrt(2 * Math.PI));
  return {
    logUniform: 0,
    logKernel: (center) => {
      if (center === null) return () => 0;
      const height = scale - Math.log(mass(center, sigma));
      const narrow = -0.5 / (sigma * sigma);
      return (x) => height + narrow * (x - center) * (x - center);
    },
    sample: (center, random) => (center === null ? random.next() : truncatedNormal(center, sigma, random)),
  };
}

function levelAxis(levels: number, width: number): Axis {
  // Narrower than half a level a kernel could never leave it.
  const sigma = Math.max(width, 0.4 / levels);
  const table = new Float64Array(levels * levels).fill(Number.NaN);
  const levelOf = (unit: number): number => Math.min(levels - 1, Math.floor(unit * levels));
  return {
    logUniform: -Math.log(levels),
    logKernel: (center) => {
      const uniform = -Math.log(levels);
      if (center === null) return () => uniform;
      const row = levelOf(center);
      return (x) => {
        const place = row * levels + levelOf(x);
        const known = table[place] as number;
        if (!Number.isNaN(known)) return known;
        const middle = (row + 0.5) / levels;
        const low = levelOf(x) / levels;
        const share = normal((low + 1 / levels - middle) / sigma) - normal((low - middle) / sigma);
        const value = Math.log(Math.max(share / mass(middle, sigma), 1e-12));
        table[place] = value;
        return value;
      };
    },
    sample: (center, random) => {
      const unit = center === null ? random.next() : truncatedNormal(center, sigma, random);
      return (levelOf(unit) + 0.5) / levels;
    },
  };
}

function pickKernel(points: readonly Point[], weights: readonly number[], total: number, random: Random): Point | null {
  let left = random.next() * total;
  for (let k = 0; k < points.length; k++) {
    left -= weights[k] ?? 0;
    if (left < 0) return points[k] ?? null;
  }
  return null;
}

/** Share of a normal around `center` that falls into [0, 1]. */
const mass = (center: number, sigma: number): number => normal((1 - center) / sigma) - normal(-center / sigma);

function truncatedNormal(center: number, sigma: number, random: Random): number {
  for (let attempt = 0; attempt < 20; attempt++) {
    const x = center + sigma * random.normal();
    if (x >= 0 && x < 1) return x;
  }
  return random.next();
}

/** Standard normal distribution function, to 1e-7. Source: Abramowitz and Stegun 26.2.17. */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    0.3989422804014327 *
    Math.exp(-0.5 * z * z) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z >= 0 ? 1 - tail : tail;
}
