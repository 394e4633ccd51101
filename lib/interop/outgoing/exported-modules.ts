import { Unprocessable } from '#lib/base/errors';
import { canonicalJson } from '#lib/base/json';
import type { ModuleSpec } from '#lib/module/spec';
import { configure } from '#lib/program/configure';
import type { ConfiguredProgram } from '#lib/program/configured';
import { evaluateExpression } from '#lib/program/expression';
import type { ProgramVersionBody } from '#lib/program/program';
import { resolveAssignment } from '#lib/variable/resolve';
import { parsePath } from '../state/path.ts';
import { ALONE } from '../state/read-state.ts';
import { pythonName } from './python-name.ts';

/** A module as a program of another framework has it: with what the assignment and the node say already applied. */
export interface ExportedModule {
  /** Where it stands in the DSPy program: `answer`, or the path it was imported from (`many[0]`). */
  path: string;
  /** Its name in the version. */
  module: string;
  /** The nodes it serves. */
  nodes: string[];
  spec: ModuleSpec;
}

/** The version under its own assignment. */
export async function configured(version: ProgramVersionBody): Promise<ConfiguredProgram> {
  const { variables, constraints, assignment } = version;
  const { values } = await resolveAssignment(
    { variables, constraints, candidates: {} },
    assignment,
    evaluateExpression,
  );
  return configure(version, values);
}

/**
 * The modules a version runs. Nodes of one module share it as long as they run it with the same settings; else each node
 * has one of its own, named after the node.
 */
export async function exportedModules(version: ProgramVersionBody): Promise<ExportedModule[]> {
  const { modules } = await configured(version);
  const nodes = Object.entries(modules);
  if (nodes.length === 0)
    throw new Unprocessable(
      'export_no_module',
      `${version.graph.name} has no module node, so there is nothing to export`,
    );
  const found: ExportedModule[] = [];
  const names = moduleNames(version);
  for (const [node, spec] of nodes) {
    const module = names.get(node) ?? node;
    const same = found.find((one) => one.module === module && canonicalJson(one.spec) === canonicalJson(spec));
    if (same !== undefined) same.nodes.push(node);
    else found.push({ path: '', module, nodes: [node], spec });
  }
  const taken = new Set<string>();
  for (const one of found) {
    const only = found.filter(({ module }) => module === one.module).length === 1;
    one.path = unique(only ? pathOf(version, one.module) : pythonName(one.nodes[0] ?? one.module), taken);
  }
  return found;
}

/** By node id: the module it names. A variable may choose another; the state is then named after what was written. */
function moduleNames(version: ProgramVersionBody): Map<string, string> {
  const names = new Map<string, string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { id, kind, module } = value as { id?: unknown; kind?: unknown; module?: unknown };
    if (kind === 'module' && typeof id === 'string' && typeof module === 'string') names.set(id, module);
    for (const member of Object.values(value)) visit(member);
  };
  visit(version.graph.nodes);
  return names;
}

function pathOf(version: ProgramVersionBody, module: string): string {
  const from = version.origin[`modules/${module}`];
  const path = from?.startsWith('dspy:') ? from.slice('dspy:'.length) : undefined;
  if (path !== undefined && (path === ALONE || parsePath(path) !== undefined)) return path;
  return pythonName(module);
}

function unique(path: string, taken: Set<string>): string {
  let free = path;
  for (let count = 2; taken.has(free); count++) free = `${path}_${count}`;
  taken.add(free);
  return free;
}
