import type { EvaluateExpression } from '#lib/variable/evaluate-expression';
import { resolveAssignment } from '#lib/variable/resolve';
import type { Space } from '#lib/variable/space';
import type { Assignment } from '#lib/variable/variable';

/** Why the space forbids an assignment, or null. Without composites and rules nothing has to be computed. */
export type Admission = (assignment: Assignment) => Promise<string | null>;

export function admissionTo(space: Space, evaluate: EvaluateExpression): Admission {
  const composites = space.variables.some((variable) => variable.type.kind === 'composite');
  if (space.constraints.length === 0 && !composites) return async () => null;
  return async (assignment) => {
    const { problems } = await resolveAssignment(space, assignment, evaluate);
    return problems[0]?.detail ?? null;
  };
}
