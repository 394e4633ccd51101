import type { JsonObject } from '#lib/base/json';
import { planProgram } from '#lib/program/plan-graph';
import type { ProgramVersionBody } from '#lib/program/program';
import { SIDECAR, type Sidecar } from '../incoming/mapping.ts';
import { programFile } from '../python/program-file.ts';
import { type ExportedModule, exportedModules } from './exported-modules.ts';
import { predictorsOf } from './predictors.ts';
import { sourceOf } from './source.ts';
import { DSPY_VERSION, stateFile } from './state-file.ts';

export interface Exported {
  /** By file name. */
  files: Record<string, string>;
  /** What the other side does not do as dspex does it. */
  notes: string[];
}

/**
 * A version as DSPy has it: `program.json` (state), `program.py` (defines the program, loads the state, runs) and
 * `program.dspex.json` (the sidecar: everything DSPy has no place for). `base` is an earlier state, whose members that a
 * version has no place for are kept. Throws Unprocessable for nodes and modules DSPy has no counterpart of.
 */
export async function exportDspy(version: ProgramVersionBody, base?: string): Promise<Exported> {
  const modules = await exportedModules(version);
  const predictors = modules.flatMap(predictorsOf);
  const { text, notes } = programFile(version, modules, planProgram(version.graph, version.modules));
  return {
    files: {
      'program.json': stateFile(version, predictors, base),
      'program.py': text,
      'program.dspex.json': `${JSON.stringify(sidecarOf(version, modules), null, 2)}\n`,
    },
    notes,
  };
}

function sidecarOf(version: ProgramVersionBody, modules: readonly ExportedModule[]): Sidecar {
  const predictors: Sidecar['predictors'] = {};
  for (const one of modules)
    for (const { path, part } of predictorsOf(one)) predictors[path] = { module: one.module, nodes: one.nodes, part };
  return { format: SIDECAR, dspy: DSPY_VERSION, predictors, source: sourceOf(version) as unknown as JsonObject };
}
