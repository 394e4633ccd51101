import { defaultValue } from '#lib/variable/candidates';
import type { Variable } from '#lib/variable/variable';
import type { History, ProgramSketch } from '../spec.ts';

export type SketchNode = ProgramSketch['nodes'][number];

export interface TextPlace {
  variable: Variable;
  /** The nodes whose prompt this text is part of; never empty while the program has nodes. */
  nodes: SketchNode[];
  /** What stands there now. */
  current: string;
  /** The whole instruction, or a text put before or after it. */
  part: 'whole' | 'prefix' | 'suffix';
}

/** The `text` variables of the space: where each stands, and what it says today. */
export function textPlaces(history: History): TextPlace[] {
  const { nodes, bindings } = history.program;
  return history.space.variables
    .filter(({ type }) => type.kind === 'text')
    .map((variable) => {
      const to = (bindings ?? []).filter((binding) => binding.variable === variable.name).flatMap(({ to }) => to);
      const places = to.flatMap((path) => {
        const [, node, part] = /^nodes\.(.+?)\.instructions(?:\.(prefix|suffix))?$/.exec(path) ?? [];
        return node === undefined ? [] : [{ node, part: (part ?? 'whole') as TextPlace['part'] }];
      });
      const own = nodes.filter(({ id }) => places.some(({ node }) => node === id || node === '*'));
      const part = places[0]?.part ?? 'whole';
      const said = defaultValue(variable);
      const current = typeof said === 'string' ? said : part === 'whole' ? (own[0]?.instructions ?? '') : '';
      return { variable, nodes: own.length > 0 ? own : nodes, current, part };
    });
}
