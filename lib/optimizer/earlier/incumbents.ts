import type { Assignment } from '#lib/variable/variable';
import type { Admission } from '../admissible.ts';
import type { History } from '../spec.ts';
import { keyOf } from '../tried.ts';
import { utilityOf } from '../utility.ts';
import { EARLIER, earlierEvidence } from './evidence.ts';

/** Part of a trial's work. */
export interface Incumbent {
  assignment: Assignment;
  origin: string;
  /** `opt_.../t3`. */
  from: string;
}

/** What earlier optimizations tried and the rules allow here, best first, each once and without the base. */
export async function incumbentsOf(history: History, base: Assignment, admission: Admission): Promise<Incumbent[]> {
  const trials = earlierEvidence(history, []);
  // The first of an optimization's trials is its baseline, which scales what is weighed against quality.
  const utility = utilityOf(history, trials, trials[0]);
  const ranked = trials
    .map((trial) => ({ trial, value: utility.of(trial), feasible: utility.feasible(trial) }))
    .sort((a, b) => Number(b.feasible) - Number(a.feasible) || b.value - a.value);
  const known = new Set([keyOf(base)]);
  const found: Incumbent[] = [];
  for (const { trial } of ranked) {
    const { assignment } = trial.work;
    const key = keyOf(assignment);
    if (known.has(key)) continue;
    known.add(key);
    if ((await admission(assignment)) === null) found.push({ assignment, origin: EARLIER, from: trial.id });
  }
  return found;
}

/** Those that are measured again before anything new. */
export async function again(history: History, base: Assignment, admission: Admission): Promise<Incumbent[]> {
  return (await incumbentsOf(history, base, admission)).slice(0, history.earlier?.again ?? 0);
}
