import type { Python } from '#lib/ports/python';
import { pythonRuntime } from './python.ts';
import { createRouter, type ModuleRouter } from './router/router.ts';
import { runModule } from './runtime.ts';

/** Every module of a process goes through its one router: what it has measured of both implementations is shared. */
export function moduleRouter(python: Python | undefined): ModuleRouter {
  const native = { standing: () => ({ able: true }), run: runModule };
  return createRouter({ native, python: pythonRuntime(python) }, () => performance.now());
}
