import { seededRandom } from '#lib/base/random';
import type { Dimension } from '#lib/variable/dimensions';
import { sampleFilling } from '#lib/variable/sample';
import type { Assignment } from '#lib/variable/variable';
import { balancedOrder } from '../demos/classes.ts';
import { withValue } from '../propose/neighbour.ts';
import type { Draft } from '../script.ts';
import type { History } from '../spec.ts';
import { keyOf } from '../tried.ts';
import type { SimbaConfig } from './config.ts';
import { type Candidate, type Ledger, softmaxPlace, topPlaces } from './pool.ts';

/** The train examples of a step; with `sample` each minibatch has every class in the proportion of a fair deal. */
export function batchOf(history: History, step: number, { bsize, moves }: SimbaConfig): string[] {
  const { train } = history.examples;
  const size = Math.min(bsize, train.length);
  const perEpoch = Math.max(1, Math.floor(train.length / size));
  const random = seededRandom(`${history.seed}/simba/epoch/${Math.floor(step / perEpoch)}`);
  const order = moves.sample ? balancedOrder(train, random) : random.shuffle(train);
  const at = (step % perEpoch) * size;
  return order.slice(at, at + size).map(({ id }) => id);
}

export interface Trajectory {
  draft: Draft;
  place: number;
}

/**
 * The runs of a step: for each of `num_candidates` draws and each example a program by its worth, runs of one program in
 * one trial. With `sample`, every other draw runs its programs under settings that spread over the space, so that what
 * the settings do, and what succeeds only under some of them, is seen early.
 */
export function trajectories(
  history: History,
  step: number,
  batch: readonly string[],
  pool: readonly Candidate[],
  ledger: Ledger,
  config: SimbaConfig,
  dimensions: readonly Dimension[],
  settings: readonly Dimension[],
): Trajectory[] {
  const { num_candidates: draws, temperature_for_sampling } = config;
  const top = topPlaces(pool.length, ledger, draws);
  const spread = config.moves.sample && settings.length > 0 ? spreadSettings(history, step, draws, dimensions) : [];
  const found: Trajectory[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const random = seededRandom(`${history.seed}/simba/${step}/draw/${draw}`);
    const other = draw % 2 === 1 ? spread[(draw - 1) / 2] : undefined;
    const groups = new Map<number, string[]>();
    for (const id of batch) {
      const place = softmaxPlace(top, ledger, temperature_for_sampling, random);
      groups.set(place, [...(groups.get(place) ?? []), id]);
    }
    for (const [place, exampleIds] of groups) {
      const own = pool[place]?.assignment ?? {};
      const assignment =
        other === undefined ? own : settings.reduce((all, one) => withValue(dimensions, all, one.name, other), own);
      const moved = keyOf(assignment) !== keyOf(own);
      found.push({
        place: moved ? -1 : place,
        draft: {
          assignment,
          split: 'train',
          exampleIds,
          keepTraces: true,
          draw: { sample: draw, ...(bindsTemperature(history) ? {} : { temperature: 1 }) },
          origin: moved ? 'spread' : 'trajectory',
        },
      });
    }
  }
  return found;
}

/** Points that fill the space over all steps together, a few for each. */
function spreadSettings(history: History, step: number, draws: number, dimensions: readonly Dimension[]): Assignment[] {
  const count = Math.floor(draws / 2);
  return sampleFilling(dimensions, Math.max(1, count), seededRandom(`${history.seed}/simba/spread/${step}`));
}

/** Where temperature is a variable, its value is what is being tried, and no draw overrides it. */
const bindsTemperature = ({ program }: History): boolean =>
  (program.bindings ?? []).some(({ to }) => to.some((place) => place.endsWith('.lm.temperature')));
