import { InvalidInput, type Problem } from '#lib/base/errors';
import { failureOf } from '#lib/base/failure';
import type { Json } from '#lib/base/json';
import type { ModuleSpec } from '#lib/module/spec';
import type { EvaluateExpression } from '#lib/variable/evaluate-expression';
import type { Assignment, Binding } from '#lib/variable/variable';
import type { ConfiguredProgram } from './configured.ts';
import { evaluateExpression } from './expression.ts';
import { fieldTypeOf } from './field-type.ts';
import type { Graph } from './graph.ts';
import type { ModuleNode } from './node.ts';
import { PLACE_NAMES, parsePlace, placeNamed, placeOrder } from './places.ts';
import type { ProgramPlan } from './plan.ts';
import { planProgram } from './plan-graph.ts';
import type { Program, ProgramVersionBody } from './program.ts';
import { everyNode } from './reads.ts';

/**
 * Applies a resolved assignment: each binding puts its variable's value at its places. A variable that does not exist
 * under the assignment (a conditional one) leaves its places as they are; a place named by id wins over `*`.
 * Throws InvalidInput with every problem; pointers are below the program, such as `/bindings/0/to/1`.
 */
export async function configure(
  version: Program & Partial<ProgramVersionBody>,
  assignment: Assignment,
  evaluate: EvaluateExpression = evaluateExpression,
): Promise<ConfiguredProgram> {
  const { graph, modules, lms } = version;
  const nodes = moduleNodes(graph);
  const problems: Problem[] = [];
  const changes: Change[] = [];
  for (const { binding, pointer } of allBindings(version)) {
    if (!Object.hasOwn(assignment, binding.variable)) continue;
    const value = await boundValue(binding, assignment, evaluate, pointer, problems);
    if (value === undefined) continue;
    for (const [i, path] of binding.to.entries()) {
      const target = parsePlace(path);
      if (target === undefined) problems.push({ pointer: `${pointer}/to/${i}`, detail: unknownPlace(path) });
      else changes.push({ ...target, value, pointer: `${pointer}/to/${i}`, path });
    }
  }
  changes.sort((a, b) => placeOrder(a.place) - placeOrder(b.place) || Number(b.node === '*') - Number(a.node === '*'));

  const specs: Record<string, ModuleSpec> = {};
  for (const node of nodes) {
    const declared = modules[node.module];
    if (declared === undefined) continue;
    // What the node says holds for the module it was given, and also for one a variable chooses in its stead.
    let spec = withNode(declared, node, graph);
    for (const change of changes) {
      if (change.node !== node.id && (change.node !== '*' || saysItself(node, change.place))) continue;
      const place = placeNamed(change.place);
      if (place?.on?.(spec) === false) continue;
      const changed = place?.apply(spec, change.value, { modules, lms });
      if (changed === undefined) problems.push({ pointer: change.pointer, detail: misfit(change) });
      else spec = change.place === 'module' ? withNode(changed, node, graph) : changed;
    }
    specs[node.id] = spec;
  }
  if (problems.length > 0) {
    const unique = [...new Map(problems.map((problem) => [`${problem.pointer} ${problem.detail}`, problem])).values()];
    throw new InvalidInput('program_configuration', unique.map(({ detail }) => detail).join('; '), {
      problems: unique,
    });
  }
  return {
    name: graph.name,
    input: Object.entries(graph.input).map(([name, text]) => ({ name, type: fieldTypeOf(text) })),
    plan: planOf(version),
    modules: specs,
    lms,
    assignment,
    checksum: version.checksum ?? '',
  };
}

// A trial changes the assignment, never the graph, so its plan is made once for each frozen version.
const plans = new WeakMap<Graph, { modules: Program['modules']; plan: ProgramPlan }>();
function planOf({ graph, modules }: Program): ProgramPlan {
  const known = plans.get(graph);
  if (known !== undefined && known.modules === modules) return known.plan;
  const plan = planProgram(graph, modules);
  plans.set(graph, { modules, plan });
  return plan;
}

interface Change {
  node: string;
  place: string;
  value: Json;
  pointer: string;
  path: string;
}

/** The graph's bindings, then the program's, with their pointers. */
export function allBindings(program: Pick<Program, 'graph' | 'bindings'>): { binding: Binding; pointer: string }[] {
  const own = (program.graph.bindings ?? []).map((binding, i) => ({ binding, pointer: `/graph/bindings/${i}` }));
  return [...own, ...program.bindings.map((binding, i) => ({ binding, pointer: `/bindings/${i}` }))];
}

export function moduleNodes(graph: Graph): ModuleNode[] {
  const all = [...everyNode(graph.nodes, '')].map(({ node }) => node);
  return all.filter((node): node is ModuleNode => node.kind === 'module');
}

function withNode(spec: ModuleSpec, node: ModuleNode, graph: Graph): ModuleSpec {
  const lm = node.lm ?? spec.lm ?? graph.defaults?.lm;
  const adapter = node.adapter ?? spec.adapter ?? graph.defaults?.adapter;
  return { ...spec, ...(lm === undefined ? {} : { lm }), ...(adapter === undefined ? {} : { adapter }) };
}

/** A `*` leaves alone what a node says of itself: else no fallback could name a simpler model. */
function saysItself(node: ModuleNode, place: string): boolean {
  return (place === 'lm' && node.lm !== undefined) || (place === 'adapter' && node.adapter !== undefined);
}

async function boundValue(
  binding: Binding,
  assignment: Assignment,
  evaluate: EvaluateExpression,
  pointer: string,
  problems: Problem[],
): Promise<Json | undefined> {
  const value = assignment[binding.variable];
  if (binding.as === undefined || value === undefined) return value;
  try {
    const given = await evaluate(binding.as, { ...assignment, value });
    if (given !== undefined) return given;
    problems.push({ pointer: `${pointer}/as`, detail: `${binding.as} gives no value for ${binding.variable}` });
  } catch (error) {
    problems.push({ pointer: `${pointer}/as`, detail: failureOf(error).message });
  }
  return undefined;
}

export function unknownPlace(path: string): string {
  return `${JSON.stringify(path)} is not a place; wanted nodes.<id or *>. and one of ${PLACE_NAMES.join(', ')}`;
}

function misfit({ path, place, value }: Change): string {
  const shown = JSON.stringify(value);
  return `${path} takes ${placeNamed(place)?.wants}, not ${shown.length > 100 ? `${shown.slice(0, 100)}...` : shown}`;
}
