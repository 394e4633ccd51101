import * as z from 'zod';
import { StepFailure } from '#lib/base/failure';
import type { Json } from '#lib/base/json';
import { readField } from './read-pair.ts';
import type { MetricSpec, ScoreFunction } from './spec.ts';

type JsonSchema = Extract<MetricSpec, { kind: 'json_schema' }>;

/** 1 when the output fits the JSON Schema; text is read as JSON first, unless the schema is about text. */
export function jsonSchema(spec: JsonSchema): ScoreFunction {
  const check = validator(spec);
  const aboutText = spec.schema.type === 'string';
  return (_, outputs) => {
    const given = readField(outputs, spec.output, 'output', 'Output.Invalid');
    const value = aboutText || typeof given !== 'string' ? given : parsed(given);
    if (value === undefined) return { value: 0, reason: 'not JSON' };
    const result = check.safeParse(value);
    return result.success ? { value: 1 } : { value: 0, reason: z.prettifyError(result.error).slice(0, 500) };
  };
}

/** Throws StepFailure `Input.Invalid` for a schema that cannot be used. */
export function validator({ schema }: JsonSchema): z.ZodType {
  // A pattern here would run on an engine that can be made to run for ever.
  if (/"(pattern|patternProperties)":/u.test(JSON.stringify(schema)))
    throw unusable('"pattern" is not supported in it; put a regex metric beside it');
  try {
    return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  } catch (error) {
    throw unusable(error instanceof Error ? error.message : String(error));
  }
}

function unusable(why: string): StepFailure {
  return new StepFailure('Input.Invalid', `the schema cannot be used: ${why}`, { retryable: false });
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
