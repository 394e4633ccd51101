import type { Node } from './node.ts';
import { stagesOf } from './order.ts';
import { blocksOf, everyNode, expressionsOf, nodesRead } from './reads.ts';
import type { Report } from './report.ts';

/** Nodes that wait for each other, in every block. */
export function checkCircles(nodes: readonly Node[], pointer: string, report: Report): void {
  const owner = new Map<string, number>();
  for (const [i, node] of nodes.entries()) for (const id of shownBy(node)) owner.set(id, together(nodes, i));
  const waits = nodes.map((): Set<number> => new Set());
  for (const [i, node] of nodes.entries())
    for (const id of readsOf(node)) {
      const other = owner.get(id);
      if (other !== undefined) waits[together(nodes, i)]?.add(other);
    }
  // Members of a transaction wait as one: their first.
  for (const i of nodes.keys()) if (together(nodes, i) !== i) waits[i]?.add(together(nodes, i));
  const { circle } = stagesOf(waits.map((set) => [...set]));
  if (circle.length > 0) {
    const names = circle.map((i) => nodes[i]?.id);
    const inside =
      circle.length === 1 && nodes[circle[0] ?? 0]?.kind === 'action'
        ? ' (actions of one transaction cannot read each other)'
        : '';
    report(
      `${pointer}/${circle[0]}`,
      `nodes wait for each other in a circle: ${[...names, names[0]].join(' -> ')}${inside}`,
    );
  }
  for (const [i, node] of nodes.entries())
    for (const block of blocksOf(node)) checkCircles(block.nodes, `${pointer}/${i}${block.pointer}`, report);
}

/** The first of the neighbouring transaction actions a node belongs to, or itself. */
function together(nodes: readonly Node[], at: number): number {
  const joins = (node: Node | undefined): boolean => node?.kind === 'action' && node.transaction === true;
  let first = at;
  while (joins(nodes[at]) && joins(nodes[first - 1])) first--;
  return first;
}

/** The node and what can be read of its inside from outside. */
export function shownBy(node: Node): string[] {
  if (node.kind === 'map') return [node.id];
  return [node.id, ...blocksOf(node).flatMap(({ nodes }) => nodes.flatMap(shownBy))];
}

/** What a node and everything inside it reads from outside; what undoes a node may read the node. */
function readsOf(node: Node): Set<string> {
  const reads = new Set<string>();
  const inner = new Set<string>();
  for (const { node: one } of everyNode([node], '')) {
    for (const { text } of expressionsOf(one)) for (const id of nodesRead(text)) reads.add(id);
    if (one !== node) inner.add(one.id);
  }
  for (const id of inner) reads.delete(id);
  if (
    ![node, ...(node.fallback ?? [])].some((one) =>
      expressionsOf(one).some(({ text }) => nodesRead(text).includes(node.id)),
    )
  ) {
    reads.delete(node.id);
  }
  return reads;
}
