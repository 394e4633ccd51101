import { dimensionsOf } from '#lib/variable/dimensions';
import type { Assignment } from '#lib/variable/variable';
import { kneeOf, paretoFront } from '../pareto/front.ts';
import { keyOf } from '../tried.ts';
import type { Observation } from '../variable-search/observation.ts';
import { proposerNamed } from './proposers.ts';
import type { BlackBox } from './space-file.ts';

export interface Told {
  trial: number;
  assignment: Assignment;
  objectives: Record<string, number>;
}

export interface Outcome {
  /** Of several objectives the compromise of the front; null when no trial has values. */
  best: Told | null;
  /** With several objectives: every trial that no other beats in all of them. */
  front?: Told[];
  /** Trials told with values, and those that failed. */
  completed: number;
  failed: number;
  /** Why no more is asked, when that is not the number of trials. */
  reason?: string;
}

/** A search over a black box, by ask and tell. What is asked depends on the seed and on what was told, not on its order. */
export interface BlackBoxSearch {
  /** The next trial, `waiting` when an earlier one has to be told first, or null when the search is over. */
  ask(): { trial: number; assignment: Assignment } | 'waiting' | null;
  /** Returns why the telling was not taken, or null. */
  tell(trial: number, result: { objectives: Readonly<Record<string, unknown>> } | { failed: string }): string | null;
  outcome(): Outcome;
}

export interface SearchOptions {
  strategy: string;
  seed: number | string;
  trials: number;
  /** Trials open at the same time; part of what makes a search reproducible. Default 1. */
  parallel?: number;
}

/**
 * Trial k rests on the trials up to k minus `parallel`, whatever else was told: so the same seed and the same objectives
 * give the same trials however fast each of them was. A value that is no finite number makes its trial a failed one.
 */
export function searchBlackBox({ space, objectives }: BlackBox, options: SearchOptions): BlackBoxSearch {
  const { seed, trials, parallel = 1 } = options;
  const propose = proposerNamed(options.strategy, { dimensions: dimensionsOf(space), seed, trials });
  const names = objectives.map(({ name }) => name);
  const signs = objectives.map(({ goal }) => (goal === 'maximize' ? 1 : -1));
  const asked: Assignment[] = [];
  const told: (Observation | undefined)[] = [];
  const tried = new Set<string>();
  let reason: string | undefined;

  const valuesOf = (given: Readonly<Record<string, unknown>>): number[] | string => {
    const missing = names.filter((name) => !Object.hasOwn(given, name));
    if (missing.length > 0)
      return `objectives wants ${names.join(', ')}; there were ${Object.keys(given).join(', ') || 'none'}`;
    const odd = names.find((name) => given[name] !== null && typeof given[name] !== 'number');
    if (odd !== undefined)
      return `objective ${odd} wants a number, there was ${JSON.stringify(given[odd])?.slice(0, 80)}`;
    return names.map((name) => (given[name] === null ? Number.NaN : Number(given[name])));
  };

  return {
    ask: () => {
      const trial = asked.length;
      if (reason !== undefined || trial >= trials) return null;
      const end = Math.max(0, trial - parallel + 1);
      const seen = told.slice(0, end).filter((one) => one !== undefined);
      if (seen.length < end) return 'waiting';
      const pending = asked.slice(end);
      const assignment = propose({ index: trial, seen, pending, tried });
      if (assignment === null) {
        reason = `there is no assignment left to try after ${trial}`;
        return null;
      }
      asked.push(assignment);
      tried.add(keyOf(assignment));
      return { trial, assignment };
    },
    tell: (trial, result) => {
      const assignment = asked[trial];
      if (assignment === undefined) {
        const there = asked.length === 0 ? 'none was asked yet' : `asked were 0 to ${asked.length - 1}`;
        return `no trial ${trial}: ${there}`;
      }
      if (told[trial] !== undefined) return `trial ${trial} was told already; the first telling stands`;
      if ('failed' in result) {
        told[trial] = { assignment, values: null };
        return null;
      }
      const values = valuesOf(result.objectives);
      if (typeof values === 'string') return values;
      const sound = values.every(Number.isFinite);
      told[trial] = { assignment, values: sound ? values.map((value, k) => value * (signs[k] as number)) : null };
      return null;
    },
    outcome: () => {
      const good = told.flatMap((one, trial) => (one?.values == null ? [] : [{ trial, ...one, values: one.values }]));
      const points = good.map(({ values }) => values);
      const shown = (place: number): Told => {
        const { trial, assignment, values } = good[place] as (typeof good)[number];
        // Minus zero is what a sign makes of zero.
        const entries = names.map((name, k) => [name, (values[k] as number) * (signs[k] as number) + 0] as const);
        return { trial, assignment, objectives: Object.fromEntries(entries) };
      };
      const best = kneeOf(points);
      return {
        best: best < 0 ? null : shown(best),
        ...(names.length > 1 ? { front: paretoFront(points).map(shown) } : {}),
        completed: good.length,
        failed: told.filter((one) => one !== undefined && one.values === null).length,
        ...(reason === undefined ? {} : { reason }),
      };
    },
  };
}
