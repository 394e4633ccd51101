import type { CallRecord } from './call-record.ts';
import type { ModulePart } from './spec.ts';

/**
 * How long the parts of a module's run take, in milliseconds: model calls by their original durations, also on a cache
 * hit, tools by the clock. Draws follow each other unless `atOnce` of them run side by side.
 */
export function latencyOf(parts: readonly ModulePart[], calls: readonly CallRecord[], atOnce = 1): number {
  const durations = new Map(calls.map(({ key, durationMs }) => [key, durationMs]));
  const draws = new Map<number, number>();
  let alone = 0;
  for (const { calls: keys, draw, startedAt, endedAt } of parts) {
    const took =
      keys.length === 0 ? endedAt - startedAt : keys.reduce((sum, key) => sum + (durations.get(key) ?? 0), 0);
    if (draw === undefined) alone += took;
    else draws.set(draw, (draws.get(draw) ?? 0) + took);
  }
  const all = [...draws.values()];
  const total = all.reduce((sum, one) => sum + one, 0);
  return alone + Math.max(0, total / atOnce, ...(atOnce > 1 ? all : []));
}
