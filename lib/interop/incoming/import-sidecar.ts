import type { Problem } from '#lib/base/errors';
import { InvalidInput } from '#lib/base/errors';
import { canonicalJson, type Json, type JsonObject } from '#lib/base/json';
import type { ModuleSpec } from '#lib/module/spec';
import { allBindings } from '#lib/program/configure';
import { freeze } from '#lib/program/freeze';
import type { Graph } from '#lib/program/graph';
import type { FrozenLm, ProgramVersionBody } from '#lib/program/program';
import { signatureFromJson } from '#lib/signature/signature-json';
import { type ExportedModule, exportedModules } from '../outgoing/exported-modules.ts';
import { type ExportedPredictor, predictorsOf } from '../outgoing/predictors.ts';
import { ownLm } from '../outgoing/state-file.ts';
import { demoFromState } from '../state/demos.ts';
import { lmFromState } from '../state/lm.ts';
import { idOf } from '../state/path.ts';
import type { DspyState, PredictorState } from '../state/read-state.ts';
import { refuse } from '../state/read-state.ts';
import { applyFields } from './check.ts';
import type { Imported, ImportedSource } from './import-dspy.ts';
import type { Sidecar } from './mapping.ts';

/**
 * A state that DSPy saved of a program dspex had exported: the version of the sidecar, with what DSPy changed since
 * (instructions, descriptions, demos, models). Nothing changed gives the very same version. Throws InvalidInput with
 * every problem, also where a change would be overruled by a variable's value.
 */
export async function importWithSidecar(state: DspyState, sidecar: Sidecar): Promise<Imported> {
  const notes: string[] = [];
  const before = versionOf(sidecar.source);
  const problems: Problem[] = [];
  const source = structuredClone(sidecar.source) as unknown as Editable;
  const modules = await exportedModules(before);
  const found = modules.flatMap((one) => predictorsOf(one).map((predictor) => ({ one, predictor })));
  checkPaths(
    state,
    found.map(({ predictor }) => predictor.path),
    problems,
  );
  const wanted = new Map<string, Wanted>();
  for (const { one, predictor } of found) {
    const saved = state.predictors.get(predictor.path);
    if (saved === undefined) continue;
    const want = wantedOf(saved, predictor, problems, notes);
    wanted.set(predictor.path, want);
    applyChanges(source, before, one, predictor, want);
  }
  if (problems.length > 0) refuse(problems);
  await confirm(versionOf(source as unknown as JsonObject), wanted, problems);
  if (problems.length > 0) refuse(problems);
  return { source: source as unknown as ImportedSource, notes };
}

interface Editable {
  modules: Record<string, EditableModule>;
  lms: Record<string, Json>;
  assignment: Record<string, Json>;
}

interface EditableModule {
  signature: JsonObject;
  instructions: string;
  demos: Json;
  lm?: string;
  predictors?: Record<string, { instructions?: string; demos?: Json; lm?: string }>;
}

/** What the state says of a predictor, in our terms. */
interface Wanted {
  asked: ModuleSpec['signature'];
  demos: JsonObject[];
  lm: FrozenLm | undefined;
}

function wantedOf(saved: PredictorState, predictor: ExportedPredictor, problems: Problem[], notes: string[]): Wanted {
  const at = `/${predictor.path.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const report = {
    problem: (detail: string, below: string) =>
      problems.push({ pointer: at + below, detail: `predictor "${predictor.path}": ${detail}` }),
    note: (detail: string) => notes.push(`predictor "${predictor.path}": ${detail}`),
  };
  const asked = applyFields(predictor.asked, saved, report);
  const fields = [...asked.inputs, ...asked.outputs];
  return {
    asked,
    demos: saved.demos.map((demo, index) =>
      demoFromState(demo, fields, {
        problem: (detail, below) => report.problem(`demo ${index + 1}: ${detail}`, `/demos/${index}${below}`),
        note: (detail) => report.note(`demo ${index + 1}: ${detail}`),
      }),
    ),
    lm: saved.lm === null ? undefined : lmFromState(saved.lm).lm,
  };
}

/** Writes what changed into the source: into the module, and into a variable that is bound straight to the place. */
function applyChanges(
  source: Editable,
  version: ProgramVersionBody,
  one: ExportedModule,
  predictor: ExportedPredictor,
  want: Wanted,
): void {
  const module = source.modules[one.module];
  if (module === undefined) return;
  const below = predictorsOf(one).length > 1 ? `predictors.${predictor.part}.` : '';
  const put = (place: string, value: Json): void => {
    for (const { binding } of allBindings(version))
      if (binding.as === undefined && one.nodes.some((node) => binding.to.includes(`nodes.${node}.${below}${place}`)))
        source.assignment[binding.variable] = value;
  };
  // Where a module has several predictors, each has settings of its own.
  const several = predictorsOf(one).length > 1;
  const settings = several ? { ...module.predictors?.[predictor.part] } : module;
  if (want.asked.instructions !== predictor.asked.instructions) {
    settings.instructions = want.asked.instructions;
    put('instructions', want.asked.instructions);
  }
  if (!same(want.demos, predictor.demos)) {
    settings.demos = want.demos;
    put('demos', want.demos);
  }
  const changed = { ...predictor.asked, instructions: '' };
  if (!same({ ...want.asked, instructions: '' }, changed)) {
    const own = (names: readonly { name: string }[]) => new Set(names.map(({ name }) => name));
    const declared = own([...one.spec.signature.inputs, ...one.spec.signature.outputs]);
    const keep = <F extends { name: string }>(side: F[]) => side.filter(({ name }) => declared.has(name));
    module.signature = {
      name: want.asked.name,
      inputs: keep(want.asked.inputs),
      outputs: keep(want.asked.outputs),
    } as unknown as JsonObject;
  }
  if (!same(want.lm ?? null, ownLm(version, predictor) ?? null)) {
    if (want.lm === undefined) delete settings.lm;
    else settings.lm = nameOf(want.lm, source);
  }
  if (several && Object.keys(settings).length > 0)
    module.predictors = { ...module.predictors, [predictor.part]: settings };
}

function nameOf(lm: FrozenLm, source: Editable): string {
  const entry = { model: `${lm.provider}/${lm.model}`, defaults: (lm.defaults ?? {}) as JsonObject };
  const known = Object.entries(source.lms).find(([, other]) => same(other, entry))?.[0];
  if (known !== undefined) return known;
  const name = idOf(lm.model, new Set(Object.keys(source.lms)));
  source.lms[name] = entry;
  return name;
}

/** Exports once more and compares: a change that a binding or a node overrules would otherwise be lost in silence. */
async function confirm(
  version: ProgramVersionBody,
  wanted: ReadonlyMap<string, Wanted>,
  problems: Problem[],
): Promise<void> {
  const after = new Map((await exportedModules(version)).flatMap(predictorsOf).map((one) => [one.path, one]));
  for (const [path, want] of wanted) {
    const now = after.get(path);
    const parts: Record<string, [unknown, unknown]> = {
      signature: [want.asked, now?.asked],
      demos: [want.demos, now?.demos],
      model: [want.lm ?? null, (now && ownLm(version, now)) ?? null],
    };
    for (const [part, [is, got]] of Object.entries(parts))
      if (!same(is, got))
        problems.push({
          pointer: `/${path}`,
          detail: `predictor "${path}": its ${part} was changed in DSPy, but in the version a binding, a node or another user of the module decides it; import it with a mapping instead of the sidecar`,
        });
  }
}

function checkPaths(state: DspyState, exported: readonly string[], problems: Problem[]): void {
  for (const path of exported)
    if (!state.predictors.has(path))
      problems.push({
        pointer: '',
        detail: `the state lacks predictor "${path}"; there are: ${[...state.predictors.keys()].join(', ')}`,
      });
  for (const path of state.predictors.keys())
    if (!exported.includes(path))
      problems.push({
        pointer: '',
        detail: `predictor "${path}" is not in the sidecar; there are: ${exported.join(', ')}`,
      });
}

function same(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/** The version a source stands for. */
export function versionOf(source: JsonObject): ProgramVersionBody {
  try {
    const { graph, modules, variables, bindings, constraints, lms, assignment, origin } = source as unknown as {
      graph: Graph;
      modules: Record<string, ModuleSpec & { instructions: string }>;
      lms: Record<string, string | { model: string; defaults: object }>;
    } & Pick<ProgramVersionBody, 'variables' | 'bindings' | 'constraints' | 'assignment' | 'origin'>;
    const specs = Object.entries(modules).map(([name, { instructions, ...module }]) => {
      const signature = { ...signatureFromJson(module.signature), instructions };
      return [name, { ...module, signature } as ModuleSpec] as const;
    });
    const models = Object.entries(lms).map(([name, given]) => {
      const { model, ...rest } = typeof given === 'string' ? { model: given } : given;
      const slash = model.indexOf('/');
      return [name, { provider: model.slice(0, slash), model: model.slice(slash + 1), ...rest }] as const;
    });
    const program = {
      graph,
      modules: Object.fromEntries(specs),
      variables,
      bindings,
      constraints,
      lms: Object.fromEntries(models),
    };
    return freeze(program, assignment, origin);
  } catch (error) {
    throw new InvalidInput('dspy_sidecar_invalid', `Not a sidecar dspex wrote: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
