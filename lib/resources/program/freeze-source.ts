import { InvalidInput, type Problem } from '#lib/base/errors';
import { evaluateExpression } from '#lib/program/expression';
import { freeze } from '#lib/program/freeze';
import type { Graph } from '#lib/program/graph';
import type { Program, ProgramVersionBody } from '#lib/program/program';
import { validateProgram } from '#lib/program/validate';
import { resolveAssignment } from '#lib/variable/resolve';
import { validateVariables } from '#lib/variable/validate';
import type { Assignment, Variable } from '#lib/variable/variable';
import type { Context } from '../define.ts';
import { DEFAULT_LM, type Lookup, lmsOf, modulesOf, variablesOf } from './parts.ts';
import type { ProgramSourceValue } from './source.ts';

/** Resolves every name, validates the whole, and freezes it. Throws InvalidInput with every problem at once. */
export async function freezeSource(
  source: ProgramSourceValue,
  ctx: Pick<Context, 'find' | 'version'>,
): Promise<ProgramVersionBody> {
  const graph: Graph = { ...source.graph, defaults: { lm: DEFAULT_LM, ...source.graph.defaults } };
  const lookup: Lookup = { ctx, origin: { ...source.origin }, problems: [] };
  const variables = await variablesOf(graph, source.variables as (Variable | string)[], lookup);
  const modules = await modulesOf(graph, source.modules, variables, lookup);
  const lms = await lmsOf(graph, source.lms, modules, lookup);
  const { bindings, constraints } = source;
  const program: Program = { graph, modules, variables, bindings, constraints, lms };
  const { problems, origin } = lookup;
  problems.push(...validateVariables(program), ...validateProgram(program));
  refuse(problems);
  return frozen(program, source.assignment, origin);
}

/** The same program under other values: what an optimization's winner becomes. */
export async function withAssignment(body: ProgramVersionBody, assignment: Assignment): Promise<ProgramVersionBody> {
  return frozen(body, { ...body.assignment, ...assignment }, body.origin);
}

async function frozen(
  program: Program,
  assignment: Assignment,
  origin: Record<string, string>,
): Promise<ProgramVersionBody> {
  const space = { variables: program.variables, constraints: program.constraints, candidates: {} };
  const resolved = await resolveAssignment(space, assignment, evaluateExpression);
  refuse(resolved.problems.map(({ pointer, detail }) => ({ pointer: `/assignment${pointer}`, detail })));
  return freeze(program, assignment, origin);
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  throw new InvalidInput('program_invalid', `the program cannot be used: ${problems[0]?.detail}${more}`, { problems });
}
