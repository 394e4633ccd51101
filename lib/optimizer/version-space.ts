import type { ProgramVersionBody } from '#lib/program/program';
import { referencedNames } from '#lib/variable/references';
import type { Space } from '#lib/variable/space';

type Version = Pick<ProgramVersionBody, 'variables' | 'assignment' | 'constraints' | 'bindings' | 'graph'>;

/**
 * What a version lets a search vary: the variables that reach the program. It starts from the version's own values: they
 * are the baseline of every trial.
 */
export function versionSpace(version: Version): Space {
  const used = usedVariables(version);
  const variables = version.variables
    .filter(({ name }) => used.has(name))
    .map((variable) => {
      const value = version.assignment[variable.name];
      return value === undefined ? variable : { ...variable, default: value };
    });
  return { variables, constraints: version.constraints, candidates: {} };
}

/** Names of the variables that a binding uses, by itself or by way of others: the rest changes nothing, whatever it is. */
export function usedVariables({ variables, constraints, bindings, graph }: Omit<Version, 'assignment'>): Set<string> {
  const used = new Set<string>();
  const add = (name: string): void => {
    const variable = variables.find((one) => one.name === name);
    if (variable === undefined || used.has(name)) return;
    used.add(name);
    for (const other of Object.keys(variable.when ?? {})) add(other);
    if (variable.type.kind === 'composite') for (const other of referencedNames(variable.type.expression)) add(other);
  };
  for (const { variable, as = '' } of [...(graph.bindings ?? []), ...bindings]) {
    add(variable);
    for (const other of referencedNames(as)) add(other);
  }
  // A rule that ties a used one to others needs those to be judged; they may tie it to yet others.
  for (let before = -1; before !== used.size; ) {
    before = used.size;
    for (const { expression } of constraints) {
      const names = [...referencedNames(expression)];
      if (names.some((name) => used.has(name))) for (const name of names) add(name);
    }
  }
  return used;
}
