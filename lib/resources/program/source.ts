import * as z from 'zod';
import { InvalidInput, type Problem } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import { evaluateExpression } from '#lib/program/expression';
import { freeze } from '#lib/program/freeze';
import { type Graph, GraphSchema } from '#lib/program/graph';
import type { Program, ProgramVersionBody } from '#lib/program/program';
import { validateProgram } from '#lib/program/validate';
import { resolveAssignment } from '#lib/variable/resolve';
import { BindingSchema, CrossConstraintSchema, VariableName, VariableSchema } from '#lib/variable/schema';
import { validateVariables } from '#lib/variable/validate';
import type { Assignment, Variable } from '#lib/variable/variable';
import { JsonValues } from '../attributes.ts';
import type { Context } from '../define.ts';
import { LmParameters } from '../language-model/resource.ts';
import { ModuleJson } from '../module/definition.ts';
import { DEFAULT_LM, type Lookup, lmsOf, modulesOf, variablesOf } from './parts.ts';

/** A program as its author writes it. What is not given in place is looked up by name among the workspace's resources. */
export const ProgramSource = z.strictObject({
  graph: GraphSchema,
  modules: z.record(z.string(), ModuleJson).default({}),
  variables: z
    .array(z.union([VariableSchema, VariableName]))
    .max(500)
    .default([]),
  bindings: z.array(BindingSchema).max(500).default([]),
  constraints: z.array(CrossConstraintSchema).max(200).default([]),
  lms: z
    .record(
      z.string(),
      z.union([z.string(), z.strictObject({ model: z.string(), defaults: LmParameters.default({}) })]),
    )
    .default({})
    .meta({
      description: 'Model names of the graph -> "provider/model", {model, defaults}, or the name of a LanguageModel.',
    }),
  assignment: JsonValues.default({}),
  origin: z
    .record(z.string().max(200), z.string().max(1000))
    .default({})
    .meta({ description: 'Where parts came from, such as {"modules/answer": "dspy:answer.predict"}.' }),
});
export type ProgramSourceValue = z.output<typeof ProgramSource>;

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

/** What a version is stored as. */
export function versionBody(body: ProgramVersionBody, lineage: JsonObject): JsonObject {
  return { ...(body as unknown as JsonObject), lineage };
}
