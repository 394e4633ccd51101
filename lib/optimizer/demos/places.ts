import type { Variable } from '#lib/variable/variable';
import type { History, ProgramSketch } from '../spec.ts';

type Node = ProgramSketch['nodes'][number];

/** The `demos` variables of the space and the nodes each of them gives its demos to. */
export function demoPlaces(history: History): { variable: Variable; nodes: Node[] }[] {
  return history.space.variables
    .filter((variable) => variable.type.kind === 'demos')
    .map((variable) => ({ variable, nodes: nodesOf(history.program, variable.name) }));
}

/** `nodes.answer.demos`, `nodes.*.demos`; a program without bindings gives every variable to every node. */
function nodesOf(program: ProgramSketch, variable: string): Node[] {
  if (program.bindings === undefined) return program.nodes;
  const places = program.bindings.filter((binding) => binding.variable === variable).flatMap((binding) => binding.to);
  return program.nodes.filter((node) => places.includes('nodes.*.demos') || places.includes(`nodes.${node.id}.demos`));
}
