import * as z from 'zod';
import { InvalidInput } from '#lib/base/errors';
import { StepFailure } from '#lib/base/failure';
import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import { patternTrouble } from '#lib/variable/pattern';
import { argumentSchemas } from './text.ts';

// Schemas never change; a loop calls the same tool again and again.
const compiled = new WeakMap<JsonObject, z.ZodType>();

/**
 * The arguments of a call against the tool's JSON Schema, with defaults filled in. As in DSPy an argument that the
 * schema does not name is refused, unless the schema itself allows more. Throws StepFailure `Input.Invalid`.
 */
export function checkArguments(tool: { name: string; parameters: JsonObject }, args: JsonObject): JsonObject {
  const checked = argumentType(tool.parameters).safeParse(args, { reportInput: false });
  if (checked.success) return checked.data as JsonObject;
  const known = Object.keys(argumentSchemas(tool.parameters));
  const problems = checked.error.issues.map(({ path, message }) => `${['', ...path].join('/') || '/'}: ${message}`);
  throw new StepFailure(
    'Input.Invalid',
    `the arguments do not fit ${tool.name}(${known.join(', ')}): ${problems.slice(0, 5).join('; ')}`,
  );
}

/** The schema as a check; throws InvalidInput for a schema that cannot be one. */
export function argumentType(parameters: JsonObject): z.ZodType {
  const known = compiled.get(parameters);
  if (known !== undefined) return known;
  const schema = { type: 'object', additionalProperties: false, ...parameters };
  let type: z.ZodType;
  try {
    for (const pattern of patternsIn(parameters)) {
      const trouble = patternTrouble(pattern);
      if (trouble !== undefined) throw new Error(`the pattern ${pattern} cannot be used: ${trouble}`);
    }
    type = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  } catch (error) {
    throw new InvalidInput('tool_parameters', `the parameters are no JSON Schema that can be checked: ${said(error)}`, {
      problems: [{ pointer: '/parameters', detail: said(error) }],
    });
  }
  compiled.set(parameters, type);
  return type;
}

/** Patterns run on our threads, on what a model wrote. */
function* patternsIn(schema: Json): Generator<string> {
  if (typeof schema !== 'object' || schema === null) return;
  if (isJsonObject(schema)) {
    if (typeof schema.pattern === 'string') yield schema.pattern;
    if (isJsonObject(schema.patternProperties)) yield* Object.keys(schema.patternProperties);
  }
  for (const part of Object.values(schema)) yield* patternsIn(part);
}

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error));
