import type { Python } from '#lib/ports/python';
import { PYTHON_ONLY } from './python-only.ts';
import { pythonStanding } from './python-standing.ts';
import type { Standing } from './router/route.ts';
import { createRouter, type ModuleRouter, type Runtime } from './router/router.ts';
import type { ModuleSpec } from './spec.ts';

function nativeStanding({ type }: ModuleSpec): Standing {
  const why = PYTHON_ONLY[type];
  return why === undefined ? { able: true } : { able: false, why };
}

/** Every module of a process goes through its one router: what it has measured of both implementations is shared. */
export function moduleRouter(python: Python | undefined): ModuleRouter {
  // Loaded with the first module that runs there: adapters and modules are half of what a process could load.
  const native: Runtime = {
    standing: nativeStanding,
    run: async (...call) => (await import('./runtime.ts')).runModule(...call),
  };
  const inPython: Runtime = {
    standing: (module) => pythonStanding(python, module),
    run: async (...call) => (await import('./python.ts')).runPythonModule(python, ...call),
  };
  return createRouter({ native, python: inPython }, () => performance.now());
}
