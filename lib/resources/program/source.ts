import * as z from 'zod';
import { GraphSchema } from '#lib/program/graph';
import { BindingSchema, CrossConstraintSchema, VariableName, VariableSchema } from '#lib/variable/schema';
import { JsonValues } from '../attributes.ts';
import { LmParameters } from '../language-model/resource.ts';
import { ModuleJson } from '../module/definition.ts';

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
