import type { Demo } from '#lib/adapter/adapter';
import { seededRandom } from '#lib/base/random';
import type { Space } from '#lib/variable/space';
import { labeledDraws, labeledPool, maxDemosOf, withCandidate } from '../demos/labeled.ts';
import { demoPlaces } from '../demos/places.ts';
import { tracedDemos } from '../demos/pool.ts';
import type { History, Trial } from '../spec.ts';
import type { BootstrapFewShotConfig } from './config.ts';

export const isTeaching = (trial: Trial): boolean => trial.work.origin === 'bootstrap';

/** A threshold of 0 is no threshold, as in DSPy. */
export function passes(trial: Trial, { metric_threshold }: BootstrapFewShotConfig): boolean {
  const score = trial.outcomes[0]?.score ?? null;
  if (trial.state !== 'completed' || score === null) return false;
  return metric_threshold ? score >= metric_threshold : score > 0;
}

/** The first passing run of each example, as many as there may be bootstrapped demos. */
export function passedRuns(trials: readonly Trial[], config: BootstrapFewShotConfig): Trial[] {
  const done = new Set<string>();
  const passed = trials.filter((trial) => {
    const [id = ''] = trial.work.exampleIds;
    if (!isTeaching(trial) || done.has(id) || !passes(trial, config)) return false;
    done.add(id);
    return true;
  });
  return passed.slice(0, config.max_bootstrapped_demos);
}

/** The teacher shows labelled demos; an example among them is run with the set that leaves it out. */
export function teacherSpace(
  history: History,
  { max_labeled_demos }: BootstrapFewShotConfig,
): { space: Space; teacherFor(exampleId: string): string } {
  const draws = labeledDraws(history, max_labeled_demos);
  const ids = new Map<string, string>();
  const without = (id?: string) =>
    draws.map(({ variable, drawn }) => ({
      variable,
      demos: drawn.filter(({ exampleId }) => exampleId !== id).map(({ demo }) => demo),
    }));
  let space = withCandidate(history.space, 'teacher', without());
  for (const { exampleId } of draws.flatMap(({ drawn }) => drawn)) {
    if (ids.has(exampleId)) continue;
    const id = `teacher${ids.size}`;
    ids.set(exampleId, id);
    space = withCandidate(space, id, without(exampleId));
  }
  return { space, teacherFor: (exampleId) => ids.get(exampleId) ?? 'teacher' };
}

/** The demos bootstrapping ends with: traces of passing runs, filled up with labelled examples that were not used. */
export function bootstrappedSpace(
  history: History,
  config: BootstrapFewShotConfig,
  space: Space,
  trials: readonly Trial[],
): Space {
  const taught = passedRuns(trials, config);
  const used = new Set(taught.map((trial) => trial.work.exampleIds[0]));
  const rest = history.examples.train.filter(({ id }) => !used.has(id));
  const random = seededRandom(`${history.seed}/bootstrap`);
  const sets = demoPlaces(history).map(({ variable, nodes }) => {
    const traced = taught.flatMap((trial): Demo[] => {
      const demos = trial.outcomes[0] === undefined ? undefined : tracedDemos(trial.outcomes[0]);
      const found = nodes.map((node) => demos?.get(node.id)).find((demo) => demo !== undefined);
      return found === undefined ? [] : [found];
    });
    const kept = traced.slice(0, maxDemosOf(variable));
    const room = Math.max(0, Math.min(config.max_labeled_demos, maxDemosOf(variable)) - kept.length);
    const labeled = random.sample(labeledPool(rest, nodes), room).map(({ demo }) => demo);
    return { variable, demos: [...kept, ...labeled] };
  });
  return withCandidate(space, 'bootstrapped', sets);
}
