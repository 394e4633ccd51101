import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { StepFailure } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import type { LanguageModelSettings } from '#lib/lm/spec';
import type { AdoptedProgram } from '#lib/module/adopted-program';
import { adoptedPayload } from '#lib/module/python-adopted';
import type { PythonModels } from '#lib/module/python-models';
import type { ModuleSpec } from '#lib/module/spec';
import type { Blobs } from '#lib/ports/blobs';
import type { ConfiguredProgram } from '#lib/program/configured';
import type { ProgramVersionBody } from '#lib/program/program';
import { predictorNode } from './optimization.ts';

/** A version as a dspy.Module that one of DSPy's optimizers can work on. */
export interface PythonTarget {
  files: Pick<AdoptedProgram, 'package' | 'lock'>;
  /** `package`, `entry`, `predictors`, `lm`, ... as `run_program` takes them. */
  payload(model: (name: string | undefined) => LanguageModelSettings, models: Pick<PythonModels, 'name'>): JsonObject;
  /** The node (as an optimizer counts them) each predictor is, by DSPy's name; one may serve several. */
  nodes: Record<string, string[]>;
}

/**
 * A program that is one adopted module is that module; any other is what it is when it is exported to DSPy. Throws
 * StepFailure for a program DSPy has no counterpart of.
 */
export async function pythonTarget(
  body: ProgramVersionBody,
  { modules }: Pick<ConfiguredProgram, 'modules'>,
  blobs: Blobs,
  workspaceId: string,
): Promise<PythonTarget> {
  const hosted = Object.entries(modules).filter(([, { adopted }]) => adopted !== undefined);
  const [first] = hosted;
  if (first === undefined) return exported(body, modules, blobs, workspaceId);
  const [id, spec] = first;
  const { adopted } = spec;
  if (adopted === undefined || body.graph.nodes.length > 1 || body.graph.nodes[0]?.kind !== 'module')
    throw new StepFailure(
      'Module.Unsupported',
      `DSPy's optimizers take an adopted program by itself, and this graph has ${body.graph.nodes.length} nodes beside or around ${id}`,
    );
  return {
    files: adopted,
    payload: (model, models) => adoptedPayload({ ...spec, adopted }, { model }, models),
    nodes: Object.fromEntries(adopted.predictors.map(({ name }) => [name, [predictorNode(id, name)]])),
  };
}

/** The Python file an export writes is a package of its own; instructions and demos are told beside it. */
async function exported(
  body: ProgramVersionBody,
  modules: Record<string, ModuleSpec>,
  blobs: Blobs,
  workspaceId: string,
): Promise<PythonTarget> {
  const [{ exportDspy }, { exportedModules }, { predictorsOf }, { className }] = await Promise.all([
    import('#lib/interop/outgoing/export-dspy'),
    import('#lib/interop/outgoing/exported-modules'),
    import('#lib/interop/outgoing/predictors'),
    import('#lib/interop/outgoing/python-name'),
  ]);
  const { files } = await exportDspy(body);
  const content = { 'program.py': Buffer.from(files['program.py'] ?? '').toString('base64') };
  const packed = gzipSync(JSON.stringify({ files: content }), { level: 9 });
  const reference = await blobs.put(workspaceId, packed);
  const found = (await exportedModules(body)).flatMap((one) => {
    const all = predictorsOf(one);
    // A module's own instruction and demos are those of the predictor that answers.
    return all.map((predictor, i) => ({ ...predictor, ids: idsOf(one.nodes, predictor.part, i === all.length - 1) }));
  });
  const [main] = Object.values(modules);
  return {
    files: { package: reference },
    payload: (model, models) => {
      const lm = (name: string | undefined): JsonObject => {
        const settings = model(name);
        return { model: models.name(settings), parameters: { ...settings.defaults }, sample: 0 };
      };
      const predictors = found.map(({ path, asked, demos, lm: own }) => [
        path,
        { instructions: asked.instructions, demos: [...demos], ...(own === undefined ? {} : { lm: lm(own) }) },
      ]);
      return {
        ...{ package: { ...reference }, entry: `program:${className(body.graph.name)}`, config: {} },
        predictors: Object.fromEntries(predictors),
        adapter: body.graph.defaults?.adapter ?? main?.adapter ?? 'chat',
        lm: lm(main?.lm),
      };
    },
    nodes: Object.fromEntries(found.map(({ path, ids }) => [path, ids])),
  };
}

const idsOf = (nodes: readonly string[], part: string, answers: boolean): string[] =>
  nodes.flatMap((node) => [...(answers ? [node] : []), predictorNode(node, part)]);
