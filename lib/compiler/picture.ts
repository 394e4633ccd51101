import type { State, StateMachine, States } from './asl.ts';

/** A Mermaid flowchart of a state machine, drawn from nothing but its definition. Dotted arrows are what Catch does. */
export function picture(machine: StateMachine): string {
  const ids = new Map<string, string>();
  const lines = ['flowchart TD', ...scopeLines(machine, ids, '  ')];
  return lines.join('\n');
}

const SHAPES: Partial<Record<State['Type'], [string, string]>> = {
  Choice: ['{"', '"}'],
  Fail: ['(["', '"])'],
  Pass: ['("', '")'],
};

function scopeLines(scope: States, ids: Map<string, string>, indent: string): string[] {
  const lines: string[] = [];
  const id = (name: string): string => {
    const known = ids.get(name) ?? `s${ids.size}`;
    ids.set(name, known);
    return known;
  };
  for (const [name, state] of Object.entries(scope.States)) {
    const inside = state.Type === 'Parallel' ? state.Branches : state.Type === 'Map' ? [state.ItemProcessor] : [];
    if (inside.length > 0) {
      lines.push(`${indent}subgraph ${id(name)}["${name}"]`);
      for (const one of inside) lines.push(...scopeLines(one, ids, `${indent}  `));
      lines.push(`${indent}end`);
    } else {
      const [open, close] = SHAPES[state.Type] ?? ['["', '"]'];
      lines.push(`${indent}${id(name)}${open}${name}${close}`);
    }
  }
  for (const [name, state] of Object.entries(scope.States)) {
    if ('Next' in state && state.Next !== undefined) lines.push(`${indent}${id(name)} --> ${id(state.Next)}`);
    if (state.Type === 'Choice')
      for (const next of new Set([...state.Choices.map(({ Next }) => Next), state.Default]))
        lines.push(`${indent}${id(name)} --> ${id(next)}`);
    if ('Catch' in state) for (const { Next } of state.Catch ?? []) lines.push(`${indent}${id(name)} -.-> ${id(Next)}`);
  }
  return lines;
}
