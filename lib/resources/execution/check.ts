import { Conflict, InvalidInput, type Problem } from '#lib/base/errors';
import { evaluateExpression } from '#lib/program/expression';
import { fieldTypeOf } from '#lib/program/field-type';
import type { ProgramVersionBody } from '#lib/program/program';
import { everyNode } from '#lib/program/reads';
import type { Values } from '#lib/signature/signature';
import { validateInputs } from '#lib/signature/validate';
import { resolveAssignment } from '#lib/variable/resolve';
import type { Assignment } from '#lib/variable/variable';
import type { Context } from '../define.ts';
import type { Fronts } from '../program/front.ts';

interface Request {
  programId: string;
  version: number;
  input: Values;
  variables: Assignment;
  replayOf?: { executionId: string; fromNode: string | null } | null | undefined;
}

interface ProgramHead {
  id: string;
  name: string;
  state: string;
  fronts: Fronts;
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
    ...(await replayProblems(body, request, program, ctx)),
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
  const fields = Object.entries(body.graph.input);
  const inputs = fields.map(([name, type]) => ({ name, type: fieldTypeOf(type), description: '' }));
  return validateInputs({ name: body.graph.name, instructions: '', inputs, outputs: [] }, input).problems;
}

/** What is replayed must be a run of this very program, and the place to go on from one of the version's nodes. */
async function replayProblems(
  body: ProgramVersionBody,
  { replayOf }: Request,
  program: ProgramHead,
  ctx: Context,
): Promise<Problem[]> {
  if (!replayOf) return [];
  const { executionId, fromNode } = replayOf;
  const problems: Problem[] = [];
  const replayed = await ctx.get<{ programId: string; program: string }>('Execution', executionId);
  if (replayed.programId !== program.id)
    problems.push({
      pointer: '/replayOf/executionId',
      detail: `wanted a run of ${program.name}, ${executionId} is one of ${replayed.program}`,
    });
  const ids = [...everyNode(body.graph.nodes, '')].map(({ node }) => node.id);
  if (fromNode !== null && !ids.includes(fromNode))
    problems.push({
      pointer: '/replayOf/fromNode',
      detail: `there is no node "${fromNode.slice(0, 80)}"; there are [${ids.join(', ')}]`,
    });
  return problems;
}

/** What is wrong with values that replace some of a version's. */
export async function assignmentProblems(body: ProgramVersionBody, variables: Assignment): Promise<Problem[]> {
  const space = { variables: body.variables, constraints: body.constraints, candidates: {} };
  return (await resolveAssignment(space, { ...body.assignment, ...variables }, evaluateExpression)).problems;
}

const prefixed = (prefix: string, problems: readonly Problem[]): Problem[] =>
  problems.map(({ pointer, detail }) => ({ pointer: `${prefix}${pointer}`, detail }));
