import { StepFailure } from '#lib/base/failure';
import { compileExpression } from './expression.ts';
import type { Node } from './node.ts';

/** Each expression of one node itself, with its JSON Pointer below the node. Nodes inside it are not entered. */
export function expressionsOf(node: Node): { pointer: string; text: string; root?: 'inputs' }[] {
  const found: { pointer: string; text: string; root?: 'inputs' }[] = [];
  for (const [name, text] of Object.entries(node.inputs ?? {})) found.push({ pointer: `/inputs/${name}`, text });
  if (node.when !== undefined) found.push({ pointer: '/when', text: node.when });
  if (node.kind === 'choice')
    for (const [i, arm] of node.arms.entries()) found.push({ pointer: `/arms/${i}/when`, text: arm.when });
  if (node.kind === 'map') found.push({ pointer: '/items', text: node.items });
  if (node.kind === 'transform') found.push({ pointer: '/expression', text: node.expression, root: 'inputs' });
  if (node.kind === 'approval' && node.message !== undefined) found.push({ pointer: '/message', text: node.message });
  return found;
}

/** The lists of nodes inside a node, with their pointers: what runs as part of it. Fallbacks and undoing are not. */
export function blocksOf(node: Node): { pointer: string; nodes: Node[] }[] {
  if (node.kind === 'map') return [{ pointer: '/nodes', nodes: node.nodes }];
  if (node.kind === 'parallel') return node.branches.map((nodes, i) => ({ pointer: `/branches/${i}`, nodes }));
  if (node.kind !== 'choice') return [];
  const arms = node.arms.map(({ nodes }, i) => ({ pointer: `/arms/${i}/nodes`, nodes }));
  return node.otherwise === undefined ? arms : [...arms, { pointer: '/otherwise', nodes: node.otherwise }];
}

/** Every node below `nodes` with its pointer: inner ones, fallbacks and undoing included, in the order of writing. */
export function* everyNode(nodes: readonly Node[], pointer: string): Generator<{ node: Node; pointer: string }> {
  for (const [i, node] of nodes.entries()) {
    const at = `${pointer}/${i}`;
    yield { node, pointer: at };
    for (const block of blocksOf(node)) yield* everyNode(block.nodes, at + block.pointer);
    yield* everyNode(node.fallback ?? [], `${at}/fallback`);
    if (node.compensate === undefined) continue;
    yield { node: node.compensate, pointer: `${at}/compensate` };
    for (const block of blocksOf(node.compensate)) yield* everyNode(block.nodes, `${at}/compensate${block.pointer}`);
  }
}

/** Ids of the nodes an expression reads; empty for text that does not compile, which validation reports. */
export function nodesRead(text: string): string[] {
  try {
    const ids = new Set<string>();
    for (const [root, id] of compileExpression(text).references) if (root === 'nodes' && id !== undefined) ids.add(id);
    return [...ids];
  } catch (error) {
    if (error instanceof StepFailure) return [];
    throw error;
  }
}
