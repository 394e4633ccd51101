import * as z from 'zod';
import type { Json } from '#lib/base/json';
import type { Space } from './space.ts';
import type { Binding, CrossConstraint, Variable, VariableType } from './variable.ts';

// The words of the expression language, and `value`, which an `as` expression speaks of.
const RESERVED = ['and', 'or', 'in', 'true', 'false', 'null', 'function', 'value', '__proto__', 'constructor'];

export const VariableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,59}$/, 'wanted a name of letters, digits and _, at most 60 characters')
  .refine((name) => !RESERVED.includes(name), { error: `reserved names are ${RESERVED.join(', ')}` });

const JsonValue = z.json() as z.ZodType<Json>;
const numbers = {
  min: z.number(),
  max: z.number(),
  step: z.number().positive().optional(),
  log: z.boolean().optional(),
};

export const VariableTypeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('float'), ...numbers }),
  z.strictObject({ kind: z.literal('integer'), ...numbers }),
  z.strictObject({ kind: z.literal('boolean') }),
  z.strictObject({ kind: z.literal('choice'), choices: z.array(JsonValue).max(1000) }),
  z.strictObject({
    kind: z.literal('string'),
    pattern: z.string().max(200).optional(),
    choices: z.array(z.string()).max(1000).optional(),
  }),
  z.strictObject({ kind: z.literal('text'), candidates: z.array(z.string().max(100_000)).max(1000).optional() }),
  z.strictObject({
    kind: z.literal('demos'),
    maxDemos: z.int().min(0).max(1000).optional(),
    candidates: z.array(z.array(JsonValue)).max(1000).optional(),
  }),
  z.strictObject({ kind: z.literal('module'), modules: z.array(z.string().min(1)).max(1000) }),
  z.strictObject({ kind: z.literal('composite'), expression: z.string().min(1).max(10_000) }),
]) as z.ZodType<VariableType>;

export const VariableSchema = z.strictObject({
  name: VariableName,
  description: z.string().max(10_000).optional(),
  type: VariableTypeSchema,
  default: JsonValue.optional(),
  when: z.record(z.string(), JsonValue).optional(),
}) as z.ZodType<Variable>;

export const BindingSchema = z.strictObject({
  variable: VariableName,
  to: z
    .array(
      z
        .string()
        .max(300)
        .regex(
          /^nodes\.(\*|[a-z][a-z0-9_]{0,39})(\.[A-Za-z_][A-Za-z0-9_]*(\[[^[\]]{1,100}\])*)+$/,
          'wanted a place such as nodes.answer.lm.temperature or nodes.*.adapter',
        ),
    )
    .min(1)
    .max(1000),
  as: z.string().min(1).max(10_000).optional(),
}) as z.ZodType<Binding>;

export const CrossConstraintSchema = z.strictObject({
  expression: z.string().min(1).max(10_000),
  reason: z.string().min(1).max(1000),
}) as z.ZodType<CrossConstraint>;

/** Shape only; whether the parts agree with each other is what `validateVariables` says. */
export const SpaceSchema = z.strictObject({
  variables: z.array(VariableSchema).max(1000),
  constraints: z.array(CrossConstraintSchema).max(1000).default([]),
  candidates: z.record(z.string(), z.record(z.string(), JsonValue)).default({}),
}) as z.ZodType<Space>;
