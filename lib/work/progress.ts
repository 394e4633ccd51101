import type { Trial } from '#lib/optimizer/spec';
import type { Progress, Told } from './optimization.ts';

/** What has been spent is counted from the slices' rows, each of which is there once. */
export function progressOf({ history, slices }: Told): Progress {
  const measured = history.trials.filter((trial) => trial.state === 'completed' && trial.work.split === 'validation');
  const best = measured.reduce<Trial | null>(
    (found, trial) =>
      found === null || (trial.objectives.quality ?? 0) > (found.objectives.quality ?? 0) ? trial : found,
    null,
  );
  const sum = (of: 'calls' | 'cachedCalls' | 'tokens') => slices.reduce((total, slice) => total + slice[of], 0);
  return {
    phase: 'search',
    trials: history.trials.length,
    calls: sum('calls'),
    cachedCalls: sum('cachedCalls'),
    bestTrial: best?.id ?? null,
    bestQuality: best?.objectives.quality ?? null,
    spentNanoUsd: slices.some((slice) => slice.spentNanoUsd === null)
      ? null
      : slices.reduce((total, slice) => total + (slice.spentNanoUsd ?? 0), 0),
    tokens: sum('tokens'),
  };
}
