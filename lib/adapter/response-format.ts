import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import type { ResponseFormat } from '#lib/lm/spec';
import { definedSchema } from '#lib/signature/json-schema';
import type { Signature } from '#lib/signature/signature';

/**
 * What DSPy's JSONAdapter asks of a provider that can constrain its answer: a strict schema of the outputs; plain JSON
 * where one is a mapping with free keys, which strict schemas cannot say.
 */
export function outputsResponseFormat(signature: Signature): ResponseFormat {
  const open = signature.outputs.some(
    ({ type }) =>
      (type.kind === 'dict' && type.key !== undefined) || (type.kind === 'dspy' && type.name === 'ToolCalls'),
  );
  if (open) return { type: 'json_object' };
  const { properties, definitions } = definedSchema(signature.outputs);
  const schema: JsonObject = {
    ...(definitions === undefined ? {} : { $defs: definitions }),
    additionalProperties: false,
    properties: Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, titled(part, name)])),
    required: signature.outputs.map(({ name }) => name),
    title: 'DSPyProgramOutputs',
    type: 'object',
  };
  return { type: 'json_schema', name: 'DSPyProgramOutputs', schema: closed(schema), strict: true };
}

/** pydantic titles every property by its name, except a reference, which has its class's title. */
function titled(schema: Json, name: string): Json {
  if (!isJsonObject(schema) || schema.$ref !== undefined) return schema;
  const title = name
    .replaceAll('_', ' ')
    .replace(/\p{L}+/gu, (word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase());
  return { ...schema, title };
}

/** Every object closed and all of its properties required, in definitions and list items too. */
function closed(schema: JsonObject): JsonObject {
  const made: JsonObject = { ...schema };
  if (made.type === 'object') {
    const properties = isJsonObject(made.properties) ? made.properties : {};
    made.properties = Object.fromEntries(
      Object.entries(properties).map(([name, part]) => [name, isJsonObject(part) ? closed(part) : part]),
    );
    made.required = Object.keys(properties);
    made.additionalProperties = false;
  }
  if (made.type === 'array' && isJsonObject(made.items)) made.items = closed(made.items);
  if (isJsonObject(made.$defs))
    made.$defs = Object.fromEntries(
      Object.entries(made.$defs).map(([name, part]) => [name, isJsonObject(part) ? closed(part) : part]),
    );
  return made;
}
