import * as z from 'zod';
import { Conflict } from '#lib/base/errors';
import type { Json } from '#lib/base/json';
import type { Graph } from '#lib/program/graph';
import type { Node } from '#lib/program/node';
import { shownBy } from '#lib/program/validate-circles';
import { defineResource } from '#lib/resources/define';
import { digest, type Faults } from '../engine/world.ts';

/** What action nodes of random programs write to: rows of a run, in the transaction of the step that posts them. */
export const Ledger = defineResource({
  name: 'Ledger',
  path: 'ledgers',
  idPrefix: 'led',
  doc: 'A book of what was done.',
  attributes: {},
  actions: (a) => ({
    post: a.collection({
      doc: 'Write a row, unless it is to be refused.',
      access: 'run',
      input: { node: z.string(), run: z.string(), a: z.json(), refused: z.boolean() },
      output: z.string(),
      run: async ({ input: { node, run, a, refused }, ctx }) => {
        if (refused) throw new Conflict('refused', `${node} was told to fail`);
        ctx.also({ put: { ...ledgerRow(run, ctx.newId('row')), data: { entry: digest(node, { a: a as Json }) } } });
        return digest(node, { a: a as Json });
      },
    }),
  }),
});

export const ledgerRow = (run: string, sk: string) => ({ pk: `LEDGER#${run}`, sk });

/**
 * The same program as the product takes it: its actions on the ledger (which run it is comes with the input), and every
 * node of an inner block in what the block gives, as a node nobody reads is refused.
 */
export function asProduct(graph: Graph, faults: Faults): Graph {
  return { ...graph, input: { ...graph.input, run: 'str' }, nodes: graph.nodes.map((node) => posting(node, faults)) };
}

function posting(node: Node, faults: Faults): Node {
  const block = (nodes: Node[]) => gathered(nodes.map((one) => posting(one, faults)));
  if (node.kind === 'action') {
    const refused = faults[node.id]?.[0] != null;
    const more = { node: `"${node.id}"`, run: 'input.run', refused: String(refused) };
    return { ...node, resource: 'Ledger', action: 'post', inputs: { ...node.inputs, ...more } };
  }
  if (node.kind === 'parallel') return { ...node, branches: node.branches.map(block) };
  if (node.kind === 'map') return { ...node, nodes: block(node.nodes) };
  if (node.kind !== 'choice') return node;
  const arms = node.arms.map((arm) => ({ ...arm, nodes: block(arm.nodes) }));
  return { ...node, arms, ...(node.otherwise === undefined ? {} : { otherwise: block(node.otherwise) }) };
}

function gathered(nodes: Node[]): Node[] {
  const read = nodes.flatMap(shownBy).map((id) => `nodes.${id}`);
  return [...nodes, { id: `${nodes[0]?.id}_all`, kind: 'transform', expression: `[${read.join(', ')}]` }];
}
