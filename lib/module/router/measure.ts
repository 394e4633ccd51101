import type { FailureName } from '#lib/base/failure';
import type { Measured } from './route.ts';

/** One served call, as the router remembers it. */
export interface Served {
  /** Milliseconds from inputs to outputs. */
  tookMs: number;
  /** Of those, milliseconds spent in model calls. */
  modelMs: number;
  failure?: FailureName;
}

export const UNMEASURED: Measured = { calls: 0, overheadMs: 0, parseFailures: 0, faults: 0 };

/** Failures that are the runtime's own, so that the other one may do better. What the models did is nobody's fault here. */
const OWN_FAULTS: ReadonlySet<FailureName> = new Set([
  'Internal',
  'Module.Unsupported',
  'Python.Unavailable',
  'Python.Saturated',
  'Python.Crashed',
]);

export function isOwnFault(failure: FailureName): boolean {
  return OWN_FAULTS.has(failure);
}

/** How much the newest call counts once there are some; the first ones count as a plain mean. */
const NEWEST = 0.2;

/** What is known after one more call. Exponentially weighted, so an implementation that recovers is believed again. */
export function measure(known: Measured, { tookMs, modelMs, failure }: Served): Measured {
  const weight = Math.max(NEWEST, 1 / (known.calls + 1));
  const mix = (old: number, now: number) => old + weight * (now - old);
  return {
    calls: known.calls + 1,
    // A call that failed says nothing about speed.
    overheadMs: failure === undefined ? mix(known.overheadMs, Math.max(0, tookMs - modelMs)) : known.overheadMs,
    parseFailures: mix(known.parseFailures, failure === 'Output.Invalid' ? 1 : 0),
    faults: mix(known.faults, failure !== undefined && isOwnFault(failure) ? 1 : 0),
  };
}
