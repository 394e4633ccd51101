import type { History, Objective, Trial } from '../spec.ts';
import { keyOf } from '../tried.ts';

const NAMES: readonly Objective['name'][] = ['quality', 'costNanoUsd', 'latencyMs', 'tokens'];

/** Stands for all examples of an earlier optimization, of which only the means are known. */
const ALL = 'earlier';
export const EARLIER = 'earlier';

/**
 * Earlier trials as trials of one example each, to be put before those of the search. Data and program may have changed
 * since: where a search has measured assignments of theirs again, all of theirs are moved by what that changed on average.
 */
export function earlierEvidence({ earlier }: Pick<History, 'earlier'>, seen: readonly Trial[]): Trial[] {
  if (earlier === undefined) return [];
  const now = new Map<string, Trial>();
  for (const trial of seen) {
    if (trial.state !== 'completed' || trial.work.split !== 'validation') continue;
    const key = keyOf(trial.work.assignment);
    if ((now.get(key)?.outcomes.length ?? 0) <= trial.outcomes.length) now.set(key, trial);
  }
  const most = Math.max(0, ...Array.from(now.values(), ({ outcomes }) => outcomes.length));
  const moved: Partial<Record<Objective['name'], number>> = {};
  for (const name of NAMES) {
    const changes = earlier.trials.flatMap(({ assignment, objectives }) => {
      const again = now.get(keyOf(assignment));
      const [before, after] = [objectives[name], again?.objectives[name]];
      const whole = again !== undefined && again.outcomes.length === most;
      return whole && before !== undefined && after !== undefined ? [after - before] : [];
    });
    if (changes.length > 0) moved[name] = changes.reduce((sum, change) => sum + change, 0) / changes.length;
  }
  return earlier.trials.map(({ id, assignment, objectives }) => asTrial(id, assignment, shifted(objectives, moved)));
}

function shifted(objectives: Trial['objectives'], moved: Trial['objectives']): Trial['objectives'] {
  const result: Trial['objectives'] = {};
  for (const name of NAMES) {
    const value = objectives[name];
    // Costs and times are never below nothing; a quality may be, where a metric says so.
    if (value !== undefined)
      result[name] = name === 'quality' ? value + (moved[name] ?? 0) : Math.max(0, value + (moved[name] ?? 0));
  }
  return result;
}

function asTrial(from: string, assignment: Trial['work']['assignment'], objectives: Trial['objectives']): Trial {
  const { quality = 0, costNanoUsd = null, latencyMs = 0, tokens = 0 } = objectives;
  return {
    id: from,
    work: { kind: 'trial', id: from, assignment, split: 'validation', exampleIds: [], origin: EARLIER, from },
    state: 'completed',
    outcomes: [{ exampleId: ALL, score: quality, costNanoUsd, latencyMs, tokens }],
    objectives: objectives,
    failures: 0,
  };
}
