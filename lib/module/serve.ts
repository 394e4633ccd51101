import type { Python } from '#lib/ports/python';
import { pythonRuntime } from './python.ts';
import { PYTHON_ONLY } from './python-only.ts';
import type { Standing } from './router/route.ts';
import { createRouter, type ModuleRouter } from './router/router.ts';
import { runModule } from './runtime.ts';
import type { ModuleSpec } from './spec.ts';

function nativeStanding({ type }: ModuleSpec): Standing {
  const why = PYTHON_ONLY[type];
  return why === undefined ? { able: true } : { able: false, why };
}

/** Every module of a process goes through its one router: what it has measured of both implementations is shared. */
export function moduleRouter(python: Python | undefined): ModuleRouter {
  const native = { standing: nativeStanding, run: runModule };
  return createRouter({ native, python: pythonRuntime(python) }, () => performance.now());
}
