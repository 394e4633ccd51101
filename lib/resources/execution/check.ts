import { Conflict, InvalidInput, type Problem } from '#lib/base/errors';
import { evaluateExpression } from '#lib/program/expression';
import type { ProgramVersionBody } from '#lib/program/program';
import { parseSignature } from '#lib/signature/parse';
import type { Values } from '#lib/signature/signature';
import { validateInputs } from '#lib/signature/validate';
import { resolveAssignment } from '#lib/variable/resolve';
import type { Assignment } from '#lib/variable/variable';
import type { Context } from '../define.ts';

interface Request {
  programId: string;
  version: number;
  input: Values;
  variables: Assignment;
}

interface ProgramHead {
  id: string;
  name: string;
  state: string;
}

/** Refuses a run that could only fail: a version that is not there, input that does not fit, values outside their domain. */
export async function checkRequest(request: Request, ctx: Context): Promise<ProgramHead> {
  const program = await ctx.get<ProgramHead>('Program', request.programId);
  if (program.state !== 'active')
    throw new Conflict('program_archived', `program ${program.name} is archived: restore it to run it`);
  const { body } = await ctx.version<ProgramVersionBody>('Program', program.id, request.version);
  const problems = [
    ...prefixed('/input', inputProblems(body, request.input)),
    ...prefixed('/variables', await assignmentProblems(body, request.variables)),
  ];
  if (problems.length > 0) {
    const first = problems[0] as Problem;
    throw new InvalidInput(
      'input_invalid',
      `${program.name}@${request.version} cannot run on this: ${first.pointer} ${first.detail}`,
      { problems },
    );
  }
  return program;
}

function inputProblems(body: ProgramVersionBody, input: Values): Problem[] {
  const fields = Object.entries(body.graph.input).map(([name, type]) => `${name}: ${type}`);
  return validateInputs(parseSignature(`${fields.join(', ')} -> unused_output`), input).problems;
}

/** What is wrong with values that replace some of a version's. */
export async function assignmentProblems(body: ProgramVersionBody, variables: Assignment): Promise<Problem[]> {
  const space = { variables: body.variables, constraints: body.constraints, candidates: {} };
  return (await resolveAssignment(space, { ...body.assignment, ...variables }, evaluateExpression)).problems;
}

const prefixed = (prefix: string, problems: readonly Problem[]): Problem[] =>
  problems.map(({ pointer, detail }) => ({ pointer: `${prefix}${pointer}`, detail }));
