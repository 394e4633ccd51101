import type { JsonObject } from '#lib/base/json';
import type { PythonCall } from '#lib/ports/python';
import type { Values } from '#lib/signature/signature';
import type { AdoptedProgram } from './adopted-program.ts';
import { moduleOutputs } from './face.ts';
import type { PythonModels } from './python-models.ts';
import { packageAsk, packagesOf } from './python-package.ts';
import type { ModuleContext } from './runtime.ts';
import type { ModuleSpec } from './spec.ts';

/** What is asked of the host for one run of an adopted program: `run_program`, with its files and its packages. */
export function adoptedCall(
  module: ModuleSpec & { adopted: AdoptedProgram },
  inputs: Values,
  context: Pick<ModuleContext, 'sample' | 'model' | 'workspaceId' | 'blobs'>,
  models: Pick<PythonModels, 'name'>,
): Pick<PythonCall, 'operation' | 'payload' | 'asks' | 'packages'> {
  const { adopted } = module;
  const { workspaceId, blobs } = context;
  const packages = packagesOf(adopted, workspaceId, blobs);
  return {
    operation: 'run_program',
    payload: {
      ...adoptedPayload(module, context, models),
      inputs,
      outputs: moduleOutputs(module).map(({ name }) => name),
    },
    asks: { package: packageAsk(adopted, workspaceId, blobs) },
    ...(packages === undefined ? {} : { packages }),
  };
}

/** The program under the values of a version, for any operation of the host. */
export function adoptedPayload(
  { adopted, adapter, predictors, config, lm: main }: ModuleSpec & { adopted: AdoptedProgram },
  { sample = 0, model }: Pick<ModuleContext, 'sample' | 'model'>,
  models: Pick<PythonModels, 'name'>,
): JsonObject {
  const lm = (name: string | undefined): JsonObject => {
    const settings = model(name);
    return { model: models.name(settings), parameters: { ...settings.defaults }, sample };
  };
  const own = Object.entries(predictors ?? {}).map(([name, { lm: named, ...settings }]) => [
    name,
    { ...(settings as JsonObject), ...(named === undefined ? {} : { lm: lm(named) }) },
  ]);
  return {
    package: { ...adopted.package },
    entry: adopted.entry,
    predictors: Object.fromEntries(own),
    config: { ...config },
    lm: lm(main),
    ...(adapter === undefined ? {} : { adapter }),
  };
}
