import type { Problem } from '#lib/base/errors';
import type { Json, JsonObject } from '#lib/base/json';
import type { ModuleSpec } from '#lib/module/spec';
import type { Graph } from '#lib/program/graph';
import type { FrozenLm } from '#lib/program/program';
import { signatureFromJson, signatureToJson } from '#lib/signature/signature-json';
import { lmFromState } from '../state/lm.ts';
import { idOf, parsePath } from '../state/path.ts';
import { ALONE, type DspyState, type PredictorState, refuse } from '../state/read-state.ts';
import type { Mapping, PredictorMapping } from './mapping.ts';
import { MODULE_KINDS, type Read } from './module-kinds.ts';
import { wireByName } from './wire.ts';

/** A program as `publish` takes it, made of a DSPy state; and what a reader should know that is no error. */
export interface Imported {
  source: ImportedSource;
  notes: string[];
}
export interface ImportedSource {
  graph: Graph;
  modules: Record<string, JsonObject>;
  lms: Record<string, { model: string; defaults: JsonObject }>;
  origin: Record<string, string>;
}

/**
 * A DSPy state and the signatures it was saved from, as the source of a program version. Throws InvalidInput with every
 * problem: predictors without a signature, signatures without a predictor, a wrong number of fields, foreign labels.
 */
export function importDspy(state: DspyState, mapping: Mapping, name = 'imported'): Imported {
  const problems: Problem[] = [];
  const notes: string[] = [];
  const modules: Record<string, JsonObject> = {};
  const origin: Record<string, string> = {};
  const lms = new Models(notes);
  const taken = new Set<string>();
  const wired: { id: string; spec: Pick<ModuleSpec, 'type' | 'signature'> }[] = [];
  for (const group of groupsOf(state, mapping, problems)) {
    const { base, type, given, parts } = group;
    const report = {
      problem: (detail: string, at: string, part = '') =>
        problems.push({ pointer: pointerOf(base, part) + at, detail: `predictor "${base}${part}": ${detail}` }),
      note: (detail: string, part = '') => notes.push(`predictor "${base}${part}": ${detail}`),
    };
    let signature: ModuleSpec['signature'];
    try {
      signature = signatureFromJson(given.signature);
    } catch (error) {
      report.problem((error as Error).message, '/signature');
      continue;
    }
    const read: Read | undefined = MODULE_KINDS[type].read(signature, parts, report, (part, lm) =>
      lms.nameOf(`${base}${part}`, lm),
    );
    if (read === undefined) continue;
    for (const [part, predictor] of Object.entries(parts)) sayLost(predictor, (detail) => report.note(detail, part));
    const id = given.module ?? idOf(base === ALONE ? name : base, taken);
    taken.add(id);
    origin[`modules/${id}`] = `dspy:${base}`;
    const { instructions, ...fields } = signatureToJson(read.signature);
    modules[id] = {
      type,
      implementation: 'native',
      signature: fields as unknown as JsonObject,
      // Beside the fields, where they are not cleaned like a docstring.
      instructions: instructions ?? '',
      ...read.settings,
      config: (given.config ?? {}) as Json,
      ...(given.adapter === undefined ? {} : { adapter: given.adapter }),
      ...(given.tools === undefined ? {} : { tools: given.tools as Json }),
      ...(given.options === undefined ? {} : { options: given.options as Json }),
    };
    wired.push({ id, spec: { type, signature: read.signature } });
  }
  if (problems.length > 0) refuse(problems);
  const graph = mapping.graph ?? wireByName(mapping.name ?? name, wired, notes);
  return { source: { graph, modules, lms: lms.byName, origin }, notes };
}

interface Group {
  /** DSPy's path of the module; of the predictor itself for `predict`. */
  base: string;
  type: 'predict' | 'chain_of_thought' | 'react';
  given: PredictorMapping & { module?: string };
  /** The module's predictors by the rest of their path. */
  parts: Record<string, PredictorState>;
}

/** Predictors joined to the modules they are parts of, each with what the mapping says of it. */
function groupsOf(state: DspyState, mapping: Mapping, problems: Problem[]): Group[] {
  const groups: Group[] = [];
  const left = new Set(state.predictors.keys());
  const used = new Set<string>();
  for (const [path, predictor] of state.predictors) {
    if (!left.has(path)) continue;
    if (parsePath(path) === undefined) {
      problems.push({ pointer: pointerOf(path, ''), detail: `"${path.slice(0, 100)}" is no path of a predictor` });
      continue;
    }
    const key = [
      path,
      ...Object.values(MODULE_KINDS).flatMap(({ parts }) => parts.flatMap((part) => baseOf(path, part))),
    ].find((one) => Object.hasOwn(mapping.predictors, one));
    if (key === undefined) {
      const there = Object.keys(mapping.predictors).join(', ') || 'none';
      problems.push({
        pointer: pointerOf(path, ''),
        detail: `predictor "${path}" has no signature in the mapping; there are: ${there}. A state names neither fields nor types, so give the signature it was saved from, or null to leave it out`,
      });
      left.delete(path);
      continue;
    }
    used.add(key);
    const given = mapping.predictors[key];
    if (given === null || given === undefined) {
      for (const other of [...left]) if (other === path || other.startsWith(`${key}.`)) left.delete(other);
      continue;
    }
    const whole: PredictorMapping = typeof given === 'object' && 'signature' in given ? given : { signature: given };
    const type = whole.type ?? guess(path, whole, predictor);
    const base = key === path && path !== ALONE ? (baseOf(path, MODULE_KINDS[type].parts[0] ?? '')[0] ?? path) : key;
    const parts: Record<string, PredictorState> = {};
    for (const part of MODULE_KINDS[type].parts) {
      const found = state.predictors.get(`${base}${part}`);
      if (found === undefined)
        problems.push({
          pointer: '',
          detail: `module "${base}" is declared a ${type}, but the state has no predictor "${base}${part}"; there are: ${[...state.predictors.keys()].join(', ')}`,
        });
      else parts[part] = found;
      left.delete(`${base}${part}`);
    }
    left.delete(path);
    if (Object.keys(parts).length === MODULE_KINDS[type].parts.length) groups.push({ base, type, given: whole, parts });
  }
  for (const key of Object.keys(mapping.predictors))
    if (!used.has(key))
      problems.push({
        pointer: '',
        detail: `the mapping names "${key}", but the state has no such predictor; there are: ${[...state.predictors.keys()].join(', ')}`,
      });
  return groups;
}

/** A predictor below `.predict` with a field `reasoning` that the signature lacks is the inside of a ChainOfThought. */
function guess(path: string, given: PredictorMapping, state: PredictorState): Group['type'] {
  if (path.endsWith('.react')) return 'react';
  if (!path.endsWith('.predict')) return 'predict';
  let declared: number;
  try {
    const { inputs, outputs } = signatureFromJson(given.signature);
    declared = inputs.length + outputs.length;
  } catch {
    return 'predict';
  }
  return state.fields.length === declared + 1 ? 'chain_of_thought' : 'predict';
}

function baseOf(path: string, part: string): string[] {
  return part !== '' && path.endsWith(part) && path.length > part.length ? [path.slice(0, -part.length)] : [];
}

/** What DSPy holds and a version does not; an export with the old state as its base keeps it. */
function sayLost(state: PredictorState, note: (detail: string) => void): void {
  const parts = [
    ...(state.traces.length === 0 ? [] : [`${state.traces.length} traces`]),
    ...(state.train.length === 0 ? [] : [`${state.train.length} training rows`]),
    ...state.others.map((name) => `"${name}"`),
  ];
  if (parts.length > 0) note(`a version has no place for its ${parts.join(', ')}; export with --base to keep them`);
}

/** Models of predictors by the names the program gives them; equal ones are one. */
class Models {
  readonly byName: Record<string, { model: string; defaults: JsonObject }> = {};
  private readonly names = new Map<string, string>();
  private readonly notes: string[];

  constructor(notes: string[]) {
    this.notes = notes;
  }

  nameOf(path: string, state: JsonObject): string | undefined {
    const { lm, lost } = lmFromState(state);
    if (lost.length > 0)
      this.notes.push(
        `predictor "${path}": a version has no place for ${lost.join(', ')} of its model; export with --base to keep them, and set an endpoint on the LanguageModel`,
      );
    if (lm === undefined) {
      this.notes.push(`predictor "${path}": its model is not named "provider/model"; the program's default is used`);
      return undefined;
    }
    return this.names.get(JSON.stringify(lm)) ?? this.add(lm);
  }

  private add(lm: FrozenLm): string {
    const name = idOf(lm.model, new Set(Object.keys(this.byName)));
    this.names.set(JSON.stringify(lm), name);
    this.byName[name] = { model: `${lm.provider}/${lm.model}`, defaults: (lm.defaults ?? {}) as JsonObject };
    return name;
  }
}

function pointerOf(base: string, part: string): string {
  return base === ALONE ? '' : `/${`${base}${part}`.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
