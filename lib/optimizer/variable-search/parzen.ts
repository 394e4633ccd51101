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
  // One function per dimension that speaks for all observations at once: the innermost loop of a search.
  const adders = axes.map((axis, d) => axis.adder(points.map((point) => point[d] ?? null)));
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
      const terms = Float64Array.from(logWeights);
      let uniform = logPrior;
      for (let d = 0; d < axes.length; d++) {
        const x = point[d];
        if (x === null || x === undefined) continue;
        uniform += axes[d]?.logUniform ?? 0;
        adders[d]?.(x, terms);
      }
      let highest = uniform;
      for (let k = 0; k < terms.length; k++) highest = Math.max(highest, terms[k] as number);
      let sum = Math.exp(uniform - highest);
      for (let k = 0; k < terms.length; k++) sum += Math.exp((terms[k] as number) - highest);
      return highest + Math.log(sum);
    },
  };
}

interface Axis {
  logUniform: number;
  /** Adds each kernel's log density at x to the kernel's term; the kernel of a null center is uniform. */
  adder(centers: readonly (number | null)[]): (x: number, terms: Float64Array) => void;
  /** Around a center, or anywhere for null. */
  sample(center: number | null, random: Random): number;
}

// More levels than this are as good as a line, and their table is not.
const MAX_LEVELS = 64;

function axisOf(dimension: Dimension, count: number, dimensions: number, options: ParzenOptions): Axis {
  if (dimension.kind === 'category') return categoryAxis(dimension.choices.length, count, options);
  const sigma = Math.max(
    options.bandwidth * Math.max(1, count) ** (-1 / (dimensions + 4)),
    options.floor / (count + 10),
  );
  const type = dimension.variable.type;
  const even = !('log' in type && type.log === true);
  return Number.isFinite(dimension.levels) && even && dimension.levels <= MAX_LEVELS
    ? levelAxis(dimension.levels, sigma)
    : lineAxis(sigma);
}

function categoryAxis(choices: number, count: number, { smoothing }: ParzenOptions): Axis {
  // The fewer observations, the less each is believed.
  const spread = smoothing / (count + 1);
  const same = Math.log((1 + spread / choices) / (1 + spread));
  const other = Math.log(spread / choices / (1 + spread));
  const stay = 1 / (1 + spread);
  const logUniform = -Math.log(choices);
  return {
    logUniform,
    adder: (centers) => {
      const at = indices(centers);
      return (x, terms) => {
        for (let k = 0; k < at.length; k++) {
          const center = at[k] as number;
          terms[k] = (terms[k] as number) + (center === x ? same : center < 0 ? logUniform : other);
        }
      };
    },
    sample: (center, random) =>
      center !== null && random.next() < stay ? center : Math.floor(random.next() * choices),
  };
}

function lineAxis(sigma: number): Axis {
  const scale = -Math.log(sigma * Math.sqrt(2 * Math.PI));
  const narrow = -0.5 / (sigma * sigma);
  return {
    logUniform: 0,
    adder: (centers) => {
      const at = Float64Array.from(centers, (center) => center ?? Number.NaN);
      const heights = Float64Array.from(at, (center) => scale - Math.log(mass(center, sigma)));
      return (x, terms) => {
        for (let k = 0; k < at.length; k++) {
          const distance = x - (at[k] as number);
          // Not a number where there is no center: uniform, which adds 0.
          const term = (heights[k] as number) + narrow * distance * distance;
          if (!Number.isNaN(term)) terms[k] = (terms[k] as number) + term;
        }
      };
    },
    sample: (center, random) => (center === null ? random.next() : truncatedNormal(center, sigma, random)),
  };
}

function levelAxis(levels: number, width: number): Axis {
  // Narrower than half a level a kernel could never leave it.
  const sigma = Math.max(width, 0.4 / levels);
  const logUniform = -Math.log(levels);
  const levelOf = (unit: number): number => Math.min(levels - 1, Math.floor(unit * levels));
  const logShare = (center: number, level: number): number => {
    const middle = (center + 0.5) / levels;
    const share = normal(((level + 1) / levels - middle) / sigma) - normal((level / levels - middle) / sigma);
    return Math.log(Math.max(share / mass(middle, sigma), 1e-12));
  };
  // By level of x, then of the center; made when a level is first asked for.
  const tables = new Map<number, Float64Array>();
  const tableFor = (level: number): Float64Array => {
    const known = tables.get(level);
    if (known !== undefined) return known;
    const table = Float64Array.from({ length: levels }, (_, center) => logShare(center, level));
    tables.set(level, table);
    return table;
  };
  return {
    logUniform,
    adder: (centers) => {
      const at = indices(centers.map((center) => (center === null ? null : levelOf(center))));
      return (x, terms) => {
        const table = tableFor(levelOf(x));
        for (let k = 0; k < at.length; k++) {
          const center = at[k] as number;
          terms[k] = (terms[k] as number) + (center < 0 ? logUniform : (table[center] as number));
        }
      };
    },
    sample: (center, random) => {
      const unit = center === null ? random.next() : truncatedNormal(center, sigma, random);
      return (levelOf(unit) + 0.5) / levels;
    },
  };
}

const indices = (centers: readonly (number | null)[]): Int32Array => Int32Array.from(centers, (center) => center ?? -1);

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
