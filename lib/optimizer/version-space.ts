import type { ProgramVersionBody } from '#lib/program/program';
import type { Space } from '#lib/variable/space';

/** What a version lets a search vary. It starts from the version's own values: they are the baseline of every trial. */
export function versionSpace({
  variables,
  assignment,
  constraints,
}: Pick<ProgramVersionBody, 'variables' | 'assignment' | 'constraints'>): Space {
  const starting = variables.map((variable) => {
    const value = assignment[variable.name];
    return value === undefined ? variable : { ...variable, default: value };
  });
  return { variables: starting, constraints, candidates: {} };
}
