import type { Python } from '#lib/ports/python';
import type { Values } from '#lib/signature/signature';
import { pythonRuntime } from './python.ts';
import type { Implementation } from './router/route.ts';
import type { Runtime } from './router/router.ts';
import { type ModuleContext, runModule } from './runtime.ts';
import type { ModuleOutcome, ModuleSpec } from './spec.ts';

/** Who serves modules, by implementation: what a router chooses from. */
export function moduleRuntimes(python: Python | undefined): Record<Implementation, Runtime> {
  return { native: { standing: () => ({ able: true }), run: runModule }, python: pythonRuntime(python) };
}

/** Runs a module where it is declared to run; a hybrid one natively, as long as no router chooses. Never throws. */
export function serveModule(
  runtimes: Record<Implementation, Runtime>,
  module: ModuleSpec,
  inputs: Values,
  context: ModuleContext,
): Promise<ModuleOutcome> {
  return runtimes[module.implementation === 'python' ? 'python' : 'native'].run(module, inputs, context);
}
