import { checksum } from '#lib/base/hash';
import type { Assignment } from '#lib/variable/variable';
import type { Program, ProgramVersionBody } from './program.ts';

/**
 * A program as an immutable version: a copy that shares nothing with what it came from and cannot be written to. The
 * checksum covers everything but where the parts came from.
 */
export function freeze(
  program: Program,
  assignment: Assignment = {},
  origin: Record<string, string> = {},
): ProgramVersionBody {
  const { graph, modules, variables, bindings, constraints, lms } = program;
  const parts = structuredClone({ graph, modules, variables, bindings, constraints, lms, assignment });
  return deepFreeze({ ...parts, origin: { ...origin }, checksum: checksum(parts) });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
