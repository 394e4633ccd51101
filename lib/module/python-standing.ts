import type { Python } from '#lib/ports/python';
import type { Standing } from './router/route.ts';
import type { ModuleSpec, ModuleType } from './spec.ts';

/** Types in which DSPy has no part to play. */
const NATIVE_ONLY: ReadonlySet<ModuleType> = new Set(['retrieve', 'parallel']);

export const NO_PYTHON = 'no Python runtime is set up here';

/** Can this module be served in Python now, and if not, why? */
export function pythonStanding(python: Python | undefined, { type }: ModuleSpec): Standing {
  if (python === undefined) return { able: false, why: NO_PYTHON };
  if (NATIVE_ONLY.has(type)) return { able: false, why: `${type} is served natively only` };
  const { state, reason } = python.status();
  if (state === 'unavailable' || state === 'closed') return { able: false, why: reason ?? `Python is ${state}` };
  return { able: true };
}
