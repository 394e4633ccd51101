import type { LmUsage } from '#lib/lm/spec';

/** One model call as a step records it; `key` joins it to the cache and to the ledger. */
export interface CallRecord {
  key: string;
  model: string;
  source: 'provider' | 'memory' | 'store' | 'flight';
  usage: LmUsage;
  costNanoUsd: number | null;
  spentNanoUsd: number | null;
  priceVersion: string | null;
  durationMs: number;
  attempts: number;
  sample: number;
}
