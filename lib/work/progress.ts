import type { Trial } from '#lib/optimizer/spec';
import type { Progress, Told } from './optimization.ts';

/** What has been spent is counted from the slices' rows, each of which is there once. */
export function progressOf({ history, slices, generations }: Told): Progress {
  const measured = history.trials.filter((trial) => trial.state === 'completed' && trial.work.split === 'validation');
  // Among those that saw the most examples: a score on few of them is luck.
  const fidelity = Math.max(0, ...measured.map((trial) => trial.outcomes.length));
  const quality = (trial: Trial): number => trial.objectives.quality ?? 0;
  const best = measured
    .filter((trial) => trial.outcomes.length === fidelity)
    .reduce<Trial | null>((found, trial) => (found === null || quality(trial) > quality(found) ? trial : found), null);
  const sum = (of: 'calls' | 'cachedCalls' | 'tokens') => slices.reduce((total, slice) => total + slice[of], 0);
  const answered = generations.filter(({ state }) => state !== 'running');
  const spent = [...slices, ...answered].map(({ spentNanoUsd }) => spentNanoUsd);
  return {
    phase: 'search',
    trials: history.trials.length,
    calls: sum('calls') + answered.length,
    cachedCalls: sum('cachedCalls') + answered.filter(({ cached }) => cached).length,
    unreadModules: slices.reduce((total, slice) => total + (slice.unreadModules ?? 0), 0),
    bestTrial: best?.id ?? null,
    bestQuality: best?.objectives.quality ?? null,
    spentNanoUsd: spent.includes(null) ? null : spent.reduce<number>((total, part) => total + (part ?? 0), 0),
    tokens: sum('tokens') + answered.reduce((total, { tokens }) => total + tokens, 0),
    generations: generations.length,
    budget: null,
    failedGenerations: generations.filter(({ state }) => state === 'failed').length,
  };
}
