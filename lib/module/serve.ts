import type { Python } from '#lib/ports/python';
import { pythonRuntime } from './python.ts';
import type { Standing } from './router/route.ts';
import { createRouter, type ModuleRouter } from './router/router.ts';
import { runModule } from './runtime.ts';
import type { ModuleSpec } from './spec.ts';

const nativeStanding = ({ type }: ModuleSpec): Standing =>
  type === 'adopted' ? { able: false, why: 'an adopted program is Python' } : { able: true };

/** Every module of a process goes through its one router: what it has measured of both implementations is shared. */
export function moduleRouter(python: Python | undefined): ModuleRouter {
  const native = { standing: nativeStanding, run: runModule };
  return createRouter({ native, python: pythonRuntime(python) }, () => performance.now());
}
