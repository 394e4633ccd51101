import type { RunResult } from './engine.ts';
import type { StepRecord } from './step.ts';

type Totals = Pick<RunResult, 'usage' | 'costNanoUsd' | 'spentNanoUsd' | 'cacheHits'>;

/** Sums over every call of every attempt, the failed ones included. One unknown price makes a sum unknown. */
export function totals(records: readonly StepRecord[]): Totals {
  const usage = { inputTokens: 0, outputTokens: 0, calls: 0 } as Totals['usage'];
  let cost: number | null = 0;
  let spent: number | null = 0;
  let cacheHits = 0;
  for (const { calls } of records) {
    for (const call of calls) {
      usage.calls++;
      usage.inputTokens += call.usage.inputTokens;
      usage.outputTokens += call.usage.outputTokens;
      const cached = call.usage.cachedInputTokens;
      if (cached !== undefined) usage.cachedInputTokens = (usage.cachedInputTokens ?? 0) + cached;
      cost = cost === null || call.costNanoUsd === null ? null : cost + call.costNanoUsd;
      spent = spent === null || call.spentNanoUsd === null ? null : spent + call.spentNanoUsd;
      if (call.source !== 'provider') cacheHits++;
    }
  }
  return { usage, costNanoUsd: cost, spentNanoUsd: spent, cacheHits };
}
