import * as z from 'zod';
import { InvalidInput } from '#lib/base/errors';
import { evaluateExpression } from '#lib/program/expression';
import { resolveAssignment } from '#lib/variable/resolve';
import { CrossConstraintSchema, VariableName, VariableSchema, VariableTypeSchema } from '#lib/variable/schema';
import { validateVariables } from '#lib/variable/validate';
import type { Variable as VariableValue } from '#lib/variable/variable';
import { Description, JsonValues } from '../attributes.ts';
import { type Context, defineResource } from '../define.ts';
import { drawn } from './draw.ts';

const attributes = {
  name: VariableName,
  description: Description,
  type: VariableTypeSchema,
  default: z.json().optional(),
  when: z.record(z.string(), z.json()).optional(),
};
const ACCEPT = ['name', 'description', 'type', 'default', 'when'] as const;
const Problems = z.array(z.object({ pointer: z.string(), detail: z.string() }));

const space = {
  variables: z.array(z.union([VariableName, VariableSchema])).max(200),
  constraints: z.array(CrossConstraintSchema).max(200).default([]),
};
const howMany = {
  count: z.int().min(1).max(1000).default(10),
  seed: z.int().default(0),
  how: z.enum(['declared', 'uniform', 'log', 'filling']).default('declared').meta({
    description: 'The scale that numbers are drawn on: their own, linear, logarithmic; or filling the space evenly.',
  }),
};

/** A stored variable as the value the pure rooms know. */
export function variableOf(record: {
  name: string;
  description: string;
  type: VariableValue['type'];
  default?: unknown;
  when?: unknown;
}): VariableValue {
  const { name, description, type } = record;
  return VariableSchema.parse({
    name,
    type,
    ...(description === '' ? {} : { description }),
    ...(record.default === undefined ? {} : { default: record.default }),
    ...(record.when === undefined ? {} : { when: record.when }),
  });
}

// Other variables named in `when` may live in the program, so a variable is checked alone as far as it can be.
function checkAlone(variable: VariableValue): void {
  const { when: _, ...alone } = variable;
  if (alone.type.kind === 'composite') return;
  const problems = validateVariables({ variables: [alone], constraints: [] });
  if (problems.length > 0)
    throw new InvalidInput('variable_invalid', `variable ${variable.name} cannot be used`, { problems });
}

export const Variable = defineResource({
  name: 'Variable',
  path: 'variables',
  idPrefix: 'var',
  doc: 'A named, typed, constrained parameter that may be shared by several modules of a program.',
  attributes,
  unique: ['name'],
  versions: 'attributes',
  actions: (a) => ({
    create: a.create({
      doc: 'Declare a variable.',
      accept: ACCEPT,
      run: ({ input }) => {
        checkAlone(variableOf(input));
        return {};
      },
    }),
    update: a.update({
      doc: 'Change it; published program versions keep their copy.',
      accept: ACCEPT,
      run: ({ record, input }) => {
        checkAlone(variableOf({ ...record, ...input } as typeof record));
        return {};
      },
    }),
    delete: a.remove({ doc: 'Remove it.' }),
    validate: a.collection({
      doc: 'Resolve an assignment over several variables: defaults, each value, composites, cross-variable constraints.',
      effect: false,
      input: { ...space, assignment: JsonValues.default({}) },
      output: z.object({ valid: z.boolean(), values: JsonValues, problems: Problems }),
      run: async ({ input, ctx }) => {
        const variables = await namedVariables(input.variables as (string | VariableValue)[], ctx);
        const declared = validateVariables({ variables, constraints: input.constraints });
        if (declared.length > 0) return { valid: false, values: {}, problems: [...declared] };
        const { values, problems } = await resolveAssignment(
          { variables, constraints: input.constraints, candidates: {} },
          input.assignment,
          evaluateExpression,
        );
        return { valid: problems.length === 0, values, problems };
      },
    }),
    sample: a.call({
      doc: 'Draw values from its domain.',
      effect: false,
      input: howMany,
      output: z.object({ values: z.array(z.json()) }),
      run: async ({ record, input }) => {
        const { when: _, ...variable } = variableOf(record);
        const space = { variables: [variable], constraints: [], candidates: {} };
        return { values: drawn(space, input).map((assignment) => assignment[variable.name] ?? null) };
      },
    }),
    draw: a.collection({
      doc: 'Draw whole assignments over several variables: conditions respected, those that a constraint rejects left out.',
      effect: false,
      input: { ...space, ...howMany },
      output: z.object({ assignments: z.array(JsonValues), rejected: z.int() }),
      run: async ({ input, ctx }) => {
        const { constraints } = input;
        const variables = await namedVariables(input.variables as (string | VariableValue)[], ctx);
        const problems = validateVariables({ variables, constraints });
        if (problems.length > 0)
          throw new InvalidInput('variable_invalid', `${problems[0]?.pointer}: ${problems[0]?.detail}`, { problems });
        const whole = { variables, constraints, candidates: {} };
        const all = await Promise.all(
          drawn(whole, input).map((assignment) => resolveAssignment(whole, assignment, evaluateExpression)),
        );
        const kept = all.filter((one) => one.problems.length === 0);
        return { assignments: kept.map(({ values }) => values), rejected: all.length - kept.length };
      },
    }),
  }),
});

/** Variables given in place or by the name of a Variable resource, all as values. */
export async function namedVariables(
  refs: readonly (string | VariableValue)[],
  ctx: Pick<Context, 'find'>,
): Promise<VariableValue[]> {
  const variables: VariableValue[] = [];
  for (const ref of refs) variables.push(typeof ref === 'string' ? variableOf(await ctx.find('Variable', ref)) : ref);
  return variables;
}
