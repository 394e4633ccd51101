import { canonicalJson, type Json } from '#lib/base/json';
import type { Variable } from './variable.ts';

export interface Ordered {
  /** Whoever a variable's `when` names stands before it; otherwise as declared. */
  order: Variable[];
  /** Names on a circle of `when`s; empty when there is none. */
  circle: string[];
}

/** Parents before children. Variables on a circle, and what hangs on them, are left out of `order`. */
export function orderByExistence(variables: readonly Variable[]): Ordered {
  return orderBy(variables, (variable) => Object.keys(variable.when ?? {}));
}

/** Depth-first topological order that keeps the given order where it may. */
export function orderBy(variables: readonly Variable[], needs: (variable: Variable) => string[]): Ordered {
  const byName = new Map(variables.map((variable) => [variable.name, variable]));
  const order: Variable[] = [];
  const state = new Map<string, 'open' | 'done' | 'broken'>();
  let circle: string[] = [];
  const visit = (variable: Variable, path: string[]): boolean => {
    const known = state.get(variable.name);
    if (known === 'done') return true;
    if (known === 'broken') return false;
    if (known === 'open') {
      if (circle.length === 0) circle = [...path.slice(path.indexOf(variable.name)), variable.name];
      return false;
    }
    state.set(variable.name, 'open');
    let sound = true;
    for (const name of needs(variable)) {
      const parent = byName.get(name);
      if (parent !== undefined && !visit(parent, [...path, variable.name])) sound = false;
    }
    state.set(variable.name, sound ? 'done' : 'broken');
    if (sound) order.push(variable);
    return sound;
  };
  for (const variable of variables) visit(variable, []);
  return { order, circle };
}

/** Does the variable exist under these values? A variable whose condition does not exist itself does not. */
export function existsUnder(variable: Variable, values: Readonly<Record<string, Json>>): boolean {
  for (const [name, wanted] of Object.entries(variable.when ?? {})) {
    if (!Object.hasOwn(values, name)) return false;
    const value = values[name];
    if (value !== wanted && canonicalJson(value) !== canonicalJson(wanted)) return false;
  }
  return true;
}
