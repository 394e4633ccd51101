import { InvalidInput } from '#lib/base/errors';
import { seededRandom } from '#lib/base/random';
import { type Dimension, defaultAssignment } from '#lib/variable/dimensions';
import { sample } from '#lib/variable/sample';
import type { Assignment } from '#lib/variable/variable';
import { gridPoints } from '../grid/points.ts';
import { keyOf } from '../tried.ts';
import { createSurrogate } from '../variable-search/gp/surrogate.ts';
import type { Observation } from '../variable-search/observation.ts';
import { proposals } from '../variable-search/proposals.ts';

export interface Setting {
  dimensions: readonly Dimension[];
  seed: number | string;
  /** Trials in all. */
  trials: number;
}

/** What a proposer may rest on for trial `index`. */
export interface Standing {
  index: number;
  /** Told before this trial, in trial order. */
  seen: readonly Observation[];
  /** Asked, and not yet to be known of. */
  pending: readonly Assignment[];
  /** Keys of all assignments asked so far. */
  tried: ReadonlySet<string>;
}

/** The next assignment, one that was not tried; null when there is none. */
export type Proposer = (standing: Standing) => Assignment | null;

// This many misses in a row mean that a small space is used up.
const ATTEMPTS = 300;
const GRID_LEVELS = 5;

export const proposers: Record<string, (setting: Setting) => Proposer> = {
  variable_search: (setting) => {
    const surrogate = createSurrogate(setting.dimensions);
    return (standing) => {
      const { index, tried } = standing;
      if (index === 0) return defaultAssignment(setting.dimensions);
      const best = fresh(proposals({ ...setting, ...standing, surrogate }), tried);
      return best ?? uniform(setting, `propose/${index}/any`, tried);
    };
  },
  random:
    (setting) =>
    ({ index, tried }) =>
      uniform(setting, `random/${index}`, tried),
  grid: ({ dimensions, seed }) => {
    const points = gridPoints(dimensions, GRID_LEVELS, seed);
    let next = 0;
    return ({ tried }) => fresh(() => points[next++] ?? null, tried);
  },
};

export function proposerNamed(name: string, setting: Setting): Proposer {
  const kind = Object.hasOwn(proposers, name) ? proposers[name] : undefined;
  if (kind !== undefined) return kind(setting);
  const message = `no strategy "${name.slice(0, 80)}" to search with; there are ${Object.keys(proposers).join(', ')}`;
  throw new InvalidInput('strategy_unknown', message);
}

function uniform({ dimensions, seed }: Setting, label: string, tried: ReadonlySet<string>): Assignment | null {
  const random = seededRandom(`${seed}/${label}`);
  return fresh((rank) => (rank < ATTEMPTS ? sample(dimensions, random) : null), tried);
}

function fresh(propose: (rank: number) => Assignment | null, tried: ReadonlySet<string>): Assignment | null {
  for (let rank = 0; ; rank++) {
    const assignment = propose(rank);
    if (assignment === null || !tried.has(keyOf(assignment))) return assignment;
  }
}
