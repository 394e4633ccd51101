import { StepFailure } from '#lib/base/failure';
import { assignable } from '#lib/signature/assignable';
import { formatType } from '#lib/signature/print';
import type { Field, FieldType } from '#lib/signature/signature';
import { compileExpression } from './expression.ts';
import type { Reference } from './expression-check.ts';
import { fieldTypeOf } from './field-type.ts';
import { moduleInputs, moduleOutputs } from './module-fields.ts';
import type { Node } from './node.ts';
import type { Program } from './program.ts';
import { blocksOf, everyNode, expressionsOf } from './reads.ts';
import type { Report } from './report.ts';
import { shownBy } from './validate-circles.ts';

const ANY: FieldType = { kind: 'any' };

/** What can be read at one point of the graph. */
interface View {
  nodes: ReadonlySet<string>;
  /** Names besides `input` and `nodes`. */
  others: readonly string[];
}

/** Every expression: that it is let in, that what it reads is there and has such a field, and that the types fit. */
export function checkReads(program: Program, report: Report): void {
  const { graph } = program;
  const all = new Map([...everyNode(graph.nodes, '')].map(({ node }) => [node.id, node]));
  const inputs = inputTypes(graph.input);

  const check = (text: string, pointer: string, view: View, wanted?: Field): void => {
    let references: readonly Reference[];
    try {
      ({ references } = compileExpression(text));
    } catch (error) {
      if (!(error instanceof StepFailure)) throw error;
      report(pointer, error.failure.message);
      return;
    }
    let sound = true;
    for (const reference of references) {
      const trouble = readTrouble(reference, view, program, all);
      if (trouble === undefined) continue;
      sound = false;
      report(pointer, `${reference.join('.')}: ${trouble}`);
    }
    const [only] = references;
    if (!sound || wanted === undefined || only === undefined || only.join('.') !== text.trim()) return;
    const type = typeAt(only, inputs, program, all);
    if (!assignable(type, wanted.type))
      report(pointer, `${text.trim()} is ${formatType(type)}, but ${wanted.name} wants ${formatType(wanted.type)}`);
  };

  const checkNode = (node: Node, pointer: string, view: View, inherited?: Record<string, string>): void => {
    const spec = node.kind === 'module' ? program.modules[node.module] : undefined;
    const fields = spec && moduleInputs(spec);
    for (const { pointer: below, text, root } of expressionsOf(node)) {
      const field = below.startsWith('/inputs/') ? fields?.find(({ name }) => `/inputs/${name}` === below) : undefined;
      const seen = root === undefined ? view : { ...view, others: [...view.others, root] };
      check(text, pointer + below, seen, field);
    }
    if (node.inputs === undefined && fields !== undefined)
      for (const [name, text] of Object.entries(inherited ?? {}))
        check(
          text,
          `${pointer}/inputs`,
          view,
          fields.find((field) => field.name === name),
        );
    const others = node.kind === 'map' ? [...new Set([...view.others, 'item', 'index'])] : view.others;
    for (const { pointer: below, nodes } of blocksOf(node)) checkBlock(nodes, pointer + below, { ...view, others });
    for (const [i, other] of (node.fallback ?? []).entries())
      checkNode(other, `${pointer}/fallback/${i}`, view, node.inputs);
    if (node.compensate !== undefined) {
      const after = new Set([...view.nodes, ...shownBy(node)]);
      checkNode(node.compensate, `${pointer}/compensate`, { ...view, nodes: after });
    }
  };

  const checkBlock = (nodes: readonly Node[], pointer: string, outer: View): void => {
    const shown = nodes.map(shownBy);
    for (const [i, node] of nodes.entries()) {
      const visible = new Set(outer.nodes);
      for (const [j, ids] of shown.entries()) if (j !== i) for (const id of ids) visible.add(id);
      checkNode(node, `${pointer}/${i}`, { ...outer, nodes: visible });
    }
  };

  checkBlock(graph.nodes, '/graph/nodes', { nodes: new Set(), others: [] });
  const outside: View = { nodes: new Set(graph.nodes.flatMap(shownBy)), others: [] };
  for (const [name, text] of Object.entries(graph.output)) check(text, `/graph/output/${name}`, outside);
}

function readTrouble(
  [root = '', name, field]: Reference,
  view: View,
  program: Program,
  all: ReadonlyMap<string, Node>,
): string | undefined {
  const { graph } = program;
  if (root === 'input') {
    if (name === undefined || Object.hasOwn(graph.input, name)) return undefined;
    return `the program has no input ${name}; it takes [${Object.keys(graph.input).join(', ')}]`;
  }
  if (root !== 'nodes') {
    if (view.others.includes(root)) return undefined;
    return `there is nothing called ${root} here; there are [${['input', 'nodes', ...view.others].join(', ')}]`;
  }
  if (name === undefined) return 'this reads every node; name one, such as nodes.answer';
  const node = all.get(name);
  if (node === undefined) return `there is no node ${name}; there are [${[...all.keys()].slice(0, 50).join(', ')}]`;
  if (!view.nodes.has(name))
    return `${name} cannot be read here: it is the node itself or around it, inside a map, in another branch, a fallback, or undoes something`;
  if (field === undefined) return undefined;
  // A fallback gives its value under the node's name, so it must give what is read of it.
  for (const one of [node, ...(node.fallback ?? [])]) {
    const spec = one.kind === 'module' ? program.modules[one.module] : undefined;
    if (spec === undefined || one.kind !== 'module') continue;
    const outputs = moduleOutputs(spec).map((output) => output.name);
    if (outputs.includes(field)) continue;
    const whose = one === node ? '' : `its fallback ${one.id}: `;
    return `${whose}module ${one.module} has no output ${field}; it gives [${outputs.join(', ')}]`;
  }
  return undefined;
}

function inputTypes(input: Record<string, string>): Map<string, FieldType> {
  const types = new Map<string, FieldType>();
  for (const [name, text] of Object.entries(input)) {
    try {
      types.set(name, fieldTypeOf(text));
    } catch {
      // Reported where the type is written.
      types.set(name, ANY);
    }
  }
  return types;
}

/** The type of a plain path, as far as the graph knows it. */
function typeAt(
  [root, name = '', ...path]: Reference,
  inputs: ReadonlyMap<string, FieldType>,
  { modules }: Program,
  all: ReadonlyMap<string, Node>,
): FieldType {
  if (root === 'input') return path.length > 0 ? ANY : (inputs.get(name) ?? { kind: 'dict' });
  const node = root === 'nodes' ? all.get(name) : undefined;
  if (node?.kind === 'map') return path.length > 0 ? ANY : { kind: 'list' };
  if (node?.kind === 'parallel') return path.length > 0 ? ANY : { kind: 'dict' };
  const spec = node?.kind === 'module' ? modules[node.module] : undefined;
  if (spec === undefined || path.length > 1) return ANY;
  if (path.length === 0) return { kind: 'dict' };
  return moduleOutputs(spec).find((output) => output.name === path[0])?.type ?? ANY;
}
