import type { Implementation, ModuleSpec, Routing } from '../spec.ts';

export const IMPLEMENTATIONS = ['native', 'python'] as const satisfies readonly Implementation[];

/** What one implementation has shown so far, newest counting most. */
export interface Measured {
  calls: number;
  /** Milliseconds a call took beyond its model calls. */
  overheadMs: number;
  /** Share of calls whose answer could not be read, 0 to 1. */
  parseFailures: number;
  /** Share of calls that failed by the implementation's own fault, 0 to 1. */
  faults: number;
}

/** Whether it could serve at this moment. */
export interface Standing {
  able: boolean;
  /** Why not, for a reader. */
  why?: string;
}

export interface RouteQuestion {
  declared: ModuleSpec['implementation'];
  /** The choice of this one call. */
  asked?: Implementation;
  standing: Record<Implementation, Standing>;
  measured: Record<Implementation, Measured>;
  /** Who served the last call. */
  last?: Implementation;
  /** How many calls were routed before: every so often the other is tried, so that what is known of it stays true. */
  turn: number;
}

export interface Route extends Omit<Routing, 'fellBackFrom'> {
  /** Who is tried when this one fails by its own fault. Only a hybrid module has one, unless the call asked for one. */
  fallback?: Implementation;
}

/** Calls before a measurement is believed. */
const ENOUGH = 5;
/** The other has to be this much better to take over: without it two equals would swap at every call. */
const HYSTERESIS = 0.25;
/** Shares of failed calls this near are equal. */
const NEAR = 0.05;
/** One call in so many goes to the one that does not serve. */
const PROBE_EVERY = 32;

/** Pure: the same question has the same answer, so a route can be explained without being taken. */
export function decideRoute(question: RouteQuestion): Route {
  const { declared, asked, standing } = question;
  if (asked !== undefined) return { implementation: asked, because: 'asked', reason: `this call asks for ${asked}` };
  if (declared !== 'hybrid')
    return { implementation: declared, because: 'declared', reason: `the module is declared ${declared}` };
  const able = IMPLEMENTATIONS.filter((name) => standing[name].able);
  const [only] = able;
  if (only !== undefined && able.length === 1) {
    const out = other(only);
    return {
      implementation: only,
      because: 'only_able',
      reason: `${out} cannot serve: ${standing[out].why ?? 'down'}`,
    };
  }
  return compare(question);
}

function compare({ measured, last, turn }: RouteQuestion): Route {
  const serving = last ?? 'native';
  const rival = other(serving);
  const to = (implementation: Implementation, because: Route['because'], reason: string): Route => ({
    ...{ implementation, because, reason },
    fallback: other(implementation),
  });
  // A failure long ago must not keep one away for good, and one that is never tried is never known.
  if (turn % PROBE_EVERY === PROBE_EVERY - 1)
    return to(rival, 'probe', `one call in ${PROBE_EVERY} goes to the other, to know it`);
  const unknown = IMPLEMENTATIONS.find((name) => measured[name].calls < ENOUGH);
  if (unknown !== undefined)
    return to(serving, last === undefined ? 'default' : 'kept', `too little is measured of ${unknown} to compare`);
  const failures = (name: Implementation) => measured[name].parseFailures + measured[name].faults;
  const share = (name: Implementation) => `${(failures(name) * 100).toFixed(1)}%`;
  const gap = failures(serving) - failures(rival);
  if (gap > NEAR)
    return to(rival, 'fewer_failures', `${share(rival)} of its calls fail, ${share(serving)} of those of ${serving}`);
  const spent = (name: Implementation) => `${measured[name].overheadMs.toFixed(2)} ms`;
  const faster = measured[rival].overheadMs < measured[serving].overheadMs * (1 - HYSTERESIS);
  if (faster && gap >= -NEAR)
    return to(rival, 'faster', `${spent(rival)} a call beside its models, ${serving} takes ${spent(serving)}`);
  return to(serving, 'kept', `${rival} is not better by a quarter (${spent(serving)} here, ${spent(rival)} there)`);
}

export function other(implementation: Implementation): Implementation {
  return implementation === 'native' ? 'python' : 'native';
}
