import { DspexError, type Problem } from '#lib/base/errors';
import type { Graph } from '#lib/program/graph';
import type { FrozenLm, Program } from '#lib/program/program';
import { everyNode } from '#lib/program/reads';
import type { Variable } from '#lib/variable/variable';
import type { Context } from '../define.ts';
import { defined, type LanguageModelRecord, splitModelId } from '../language-model/settings.ts';
import { type ModuleDefinition, moduleSpec } from '../module/definition.ts';
import { variableOf } from '../variable/resource.ts';

/** The model a program uses when its graph names none. */
export const DEFAULT_LM = 'default';

/** Looking names up: where each part came from, and what could not be found, gathered on the way. */
export interface Lookup {
  ctx: Pick<Context, 'find' | 'version'>;
  origin: Record<string, string>;
  problems: Problem[];
}

/** One part by its name; what cannot be had is a problem at `pointer`, not the end of the list. */
async function part<T>(pointer: string, lookup: Lookup, look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (!DspexError.is(error)) throw error;
    const inner = error.problems.map((problem) => ({ ...problem, pointer: `${pointer}${problem.pointer}` }));
    lookup.problems.push(...(inner.length > 0 ? inner : [{ pointer, detail: error.message }]));
    return undefined;
  }
}

/** Modules given in place, and those the graph or a `module` variable names. */
export async function modulesOf(
  graph: Graph,
  given: Record<string, ModuleDefinition>,
  variables: readonly Variable[],
  lookup: Lookup,
): Promise<Program['modules']> {
  const choosable = variables.flatMap(({ type }) => (type.kind === 'module' ? type.modules : []));
  const modules: Program['modules'] = {};
  for (const name of new Set([...Object.keys(given), ...named(graph, 'module'), ...choosable])) {
    const module = await part(`/modules/${name}`, lookup, async () => {
      const inPlace = given[name];
      if (inPlace !== undefined) return moduleSpec(inPlace, lookup.ctx, lookup.origin);
      type Found = { id: string; latestVersion: number; definition: ModuleDefinition };
      const record = await lookup.ctx.find<Found>('Module', name);
      lookup.origin[`modules/${name}`] = `${record.id}@${record.latestVersion}`;
      return moduleSpec(record.definition, lookup.ctx, lookup.origin);
    });
    if (module !== undefined) modules[name] = module;
  }
  return modules;
}

/** Models by the names the program uses for them: `provider/model` in place, or a LanguageModel of that name. */
export async function lmsOf(
  graph: Graph,
  given: Record<string, string | { model: string; defaults: Parameters<typeof defined>[0] }>,
  modules: Program['modules'],
  lookup: Lookup,
): Promise<Program['lms']> {
  const own = Object.values(modules).flatMap(({ lm, predictors = {} }) => {
    const named = [lm, ...Object.values(predictors).map((predictor) => predictor.lm)];
    return named.filter((name) => name !== undefined);
  });
  const lms: Program['lms'] = {};
  for (const name of new Set([
    ...Object.keys(given),
    graph.defaults?.lm ?? DEFAULT_LM,
    ...named(graph, 'lm'),
    ...own,
  ])) {
    const lm = await part(`/lms/${name}`, lookup, async (): Promise<FrozenLm> => {
      const target = given[name] ?? name;
      if (typeof target === 'object') return { ...splitModelId(target.model), defaults: defined(target.defaults) };
      if (target.includes('/')) return { ...splitModelId(target), defaults: {} };
      const record = await lookup.ctx.find<LanguageModelRecord & { rev: number }>('LanguageModel', target);
      lookup.origin[`lms/${name}`] = `${record.id}@${record.rev}`;
      return { ...splitModelId(record.model), defaults: defined(record.defaults) };
    });
    if (lm !== undefined) lms[name] = lm;
  }
  return lms;
}

/** Variables given in place, and those named by the source or by the graph. */
export async function variablesOf(
  graph: Graph,
  given: readonly (Variable | string)[],
  lookup: Lookup,
): Promise<Variable[]> {
  const variables = given.filter((ref) => typeof ref !== 'string');
  const inPlace = new Set(variables.map((variable) => variable.name));
  const names = [...given.filter((ref) => typeof ref === 'string'), ...(graph.variables ?? [])];
  for (const name of new Set(names)) {
    if (inPlace.has(name)) continue;
    const variable = await part(`/variables/${name}`, lookup, async () => {
      type Found = Parameters<typeof variableOf>[0] & { id: string; latestVersion: number };
      const record = await lookup.ctx.find<Found>('Variable', name);
      lookup.origin[`variables/${name}`] = `${record.id}@${record.latestVersion}`;
      return variableOf(record);
    });
    if (variable !== undefined) variables.push(variable);
  }
  return variables;
}

/** What module nodes name: their modules, or the models they ask for. */
function* named(graph: Graph, what: 'module' | 'lm'): Generator<string> {
  for (const { node } of everyNode(graph.nodes, '')) {
    const name = node.kind === 'module' ? node[what] : undefined;
    if (name !== undefined) yield name;
  }
}
