import { LRUCache } from 'lru-cache';
import type { Values } from '#lib/signature/signature';
import type { ModuleContext } from '../runtime.ts';
import type { CallRecord, Implementation, ModuleOutcome, ModuleSpec, Routing } from '../spec.ts';
import { isOwnFault, measure, UNMEASURED } from './measure.ts';
import { decideRoute, type Measured, other, type Route, type Standing } from './route.ts';

/** One implementation of modules. `run` never throws. */
export interface Runtime {
  standing(module: ModuleSpec): Standing;
  run(module: ModuleSpec, inputs: Values, context: ModuleContext): Promise<ModuleOutcome>;
}

export interface Explained {
  route: Route;
  standing: Record<Implementation, Standing>;
  measured: Record<Implementation, Measured>;
}

export interface ModuleRouter {
  /** Runs a module where it should run; `asked` wins over everything. Never throws. */
  run(
    module: ModuleSpec,
    inputs: Values,
    context: ModuleContext,
    asked?: Implementation,
  ): Promise<ModuleOutcome & { routing: Routing }>;
  /** What `run` would do now, and from which figures. */
  explain(module: ModuleSpec, asked?: Implementation): Explained;
}

interface Known {
  measured: Record<Implementation, Measured>;
  last?: Implementation;
  turn: number;
}

/** Modules that are remembered; a module is told by its type, instructions and fields. */
const REMEMBERED = 2000;
const WAITED: ReadonlySet<CallRecord['source']> = new Set(['provider', 'flight']);

/** `now`: milliseconds, for measuring only. */
export function createRouter(runtimes: Record<Implementation, Runtime>, now: () => number): ModuleRouter {
  const memory = new LRUCache<string, Known>({ max: REMEMBERED });
  const knownOf = (module: ModuleSpec): Known => {
    const key = nameOf(module);
    const known = memory.get(key) ?? { measured: { native: UNMEASURED, python: UNMEASURED }, turn: 0 };
    memory.set(key, known);
    return known;
  };
  const explain = (module: ModuleSpec, asked?: Implementation): Explained => {
    const { measured, last, turn } = knownOf(module);
    const standing = { native: runtimes.native.standing(module), python: runtimes.python.standing(module) };
    const route = decideRoute({
      ...{ declared: module.implementation, standing, measured, turn },
      ...(asked === undefined ? {} : { asked }),
      ...(last === undefined ? {} : { last }),
    });
    return { route, standing, measured };
  };
  const serve = async (by: Implementation, module: ModuleSpec, inputs: Values, context: ModuleContext) => {
    const begin = now();
    const outcome = await runtimes[by].run(module, inputs, context);
    const known = knownOf(module);
    let modelMs = 0;
    // An answer from the cache keeps its first duration, which nobody waited for now.
    for (const call of outcome.calls) if (WAITED.has(call.source)) modelMs += call.durationMs;
    known.measured[by] = measure(known.measured[by], {
      ...{ tookMs: now() - begin, modelMs },
      ...(outcome.failure === undefined ? {} : { failure: outcome.failure.name }),
    });
    return outcome;
  };
  return {
    explain,
    async run(module, inputs, context, asked) {
      const { route, standing } = explain(module, asked);
      const { fallback, ...taken } = route;
      const known = knownOf(module);
      known.turn++;
      if (route.because !== 'probe') known.last = route.implementation;
      const replaceable = fallback !== undefined && standing[fallback].able;
      const outcome = await serve(route.implementation, module, inputs, { ...context, replaceable });
      const { failure } = outcome;
      const again =
        failure !== undefined &&
        fallback !== undefined &&
        isOwnFault(failure.name) &&
        standing[fallback].able &&
        context.signal?.aborted !== true;
      if (!again) return { ...outcome, routing: taken };
      const second = await serve(fallback, module, inputs, context);
      return {
        ...second,
        calls: [...outcome.calls, ...second.calls],
        routing: { ...taken, fellBackFrom: { implementation: other(fallback), failure } },
      };
    },
  };
}

function nameOf({ type, signature }: ModuleSpec): string {
  const { instructions, inputs, outputs } = signature;
  return [type, ...inputs.map(({ name }) => name), '->', ...outputs.map(({ name }) => name), instructions].join(' ');
}
