import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import { coerceScalar, type Scalar } from './coerce-scalar.ts';
import { DSPY_SCHEMAS } from './dspy-schemas.ts';
import { FIT, type Fit } from './fit.ts';
import { Mismatch } from './mismatch.ts';
import type { FieldType } from './signature.ts';

type ClassType = Extract<FieldType, { kind: 'model' | 'dspy' }>;

/** A class with fields: an object with its properties coerced and its defaults filled, as pydantic builds it. */
export function coerceClass(value: unknown, type: ClassType, fit: Fit): unknown {
  fit.worst = FIT.converted;
  if (type.kind === 'model') return bySchema(value, type.schema, definitionsOf(type.schema), fit);
  const normal = NORMAL_FORMS[type.name]?.(value) ?? value;
  const schema = DSPY_SCHEMAS[type.name];
  return schema === undefined ? normal : bySchema(normal, schema, definitionsOf(schema), fit);
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** The shorter forms DSPy's own types accept, brought to their full one. */
const NORMAL_FORMS: { [name: string]: (value: unknown) => unknown } = {
  Image: (value) => (isText(value) ? { url: value } : value),
  Audio: (value) => {
    const uri = isText(value) ? /^data:audio\/([^;,]+)[^,]*,(.*)$/s.exec(value) : null;
    return uri === null ? value : { data: uri[2], audio_format: uri[1]?.replace(/^x-/, '') };
  },
  File: (value) => (isText(value) ? { file_data: value } : value),
  Code: (value) => (isText(value) ? { code: value } : value),
  Reasoning: (value) => (isText(value) ? { content: value } : value),
  History: (value) => (Array.isArray(value) ? { messages: value } : value),
  ToolCalls: (value) => {
    const list = Array.isArray(value) ? value : [value];
    if (!list.every((one) => isObject(one) && isToolCall(one))) return normalToolCalls(value);
    return normalToolCalls({ tool_calls: list });
  },
  ToolCallResults: (value) => (Array.isArray(value) ? { tool_call_results: value } : value),
};

function isObject(value: unknown): value is JsonObject {
  return isJsonObject(value);
}

function isToolCall(value: JsonObject): boolean {
  return ('name' in value && ('args' in value || 'arguments' in value)) || 'function' in value;
}

/** Calls in a provider's shape (`function: {name, arguments}`) are taken too. */
function normalToolCalls(value: unknown): unknown {
  if (!isObject(value) || !Array.isArray(value.tool_calls)) return value;
  const tool_calls = value.tool_calls.map((call) => {
    if (!isObject(call)) return call;
    const source = isObject(call.function) ? call.function : call;
    const args = source.args ?? source.arguments ?? {};
    return { name: source.name ?? call.name ?? null, args: isText(args) ? parseOrEmpty(args) : args };
  });
  return { tool_calls };
}

function parseOrEmpty(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function definitionsOf(schema: JsonObject): JsonObject {
  return isObject(schema.$defs) ? schema.$defs : {};
}

const SCALARS: { [type: string]: Scalar } = {
  string: { kind: 'str' },
  integer: { kind: 'int' },
  number: { kind: 'float' },
  boolean: { kind: 'bool' },
  null: { kind: 'none' },
};

/** Coercion by a pydantic-made JSON Schema: the keywords pydantic prints, no more. */
function bySchema(value: unknown, schema: JsonObject, definitions: JsonObject, fit: Fit): unknown {
  if (isText(schema.$ref)) {
    const target = definitions[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)];
    return isObject(target) ? bySchema(value, target, definitions, fit) : value;
  }
  if (Array.isArray(schema.enum))
    return coerceScalar(value, { kind: 'literal', values: schema.enum.filter(isScalar) }, fit);
  if (schema.const !== undefined && isScalar(schema.const))
    return coerceScalar(value, { kind: 'literal', values: [schema.const] }, fit);
  if (Array.isArray(schema.anyOf)) return anyOf(value, schema.anyOf.filter(isObject), definitions, fit);
  if (schema.type === 'object') return objectBySchema(value, schema, definitions, fit);
  if (schema.type === 'array') return arrayBySchema(value, schema, definitions, fit);
  const scalar = isText(schema.type) ? SCALARS[schema.type] : undefined;
  if (scalar === undefined) return value;
  const made = coerceScalar(value, scalar, fit);
  if (isText(schema.format) && isText(made) && FORMATS[schema.format]?.test(made) === false)
    throw new Mismatch(value, `a ${schema.format}`);
  if (isText(made) && /^date/.test(String(schema.format)) && !isCalendarDay(made))
    throw new Mismatch(value, 'a day of the calendar');
  return made;
}

const FORMATS: { [format: string]: RegExp } = {
  'date-time': /^\d{4}-\d\d-\d\d(?:[T _ ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/i,
  date: /^\d{4}-\d\d-\d\d$/,
  time: /^\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$/i,
  uuid: /^(?:urn:uuid:)?\{?[\da-f]{8}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{12}\}?$/i,
};

function isCalendarDay(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function isScalar(value: Json): value is string | number | boolean | null {
  return typeof value !== 'object' || value === null;
}

function anyOf(value: unknown, options: JsonObject[], definitions: JsonObject, fit: Fit): unknown {
  let best: { value: unknown; worst: number } | undefined;
  for (const option of options) {
    const own: Fit = { worst: FIT.exact };
    try {
      const made = bySchema(value, option, definitions, own);
      if (best === undefined || own.worst > best.worst) best = { value: made, worst: own.worst };
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
    }
  }
  if (best === undefined) throw new Mismatch(value, 'a value of one of the union’s types');
  fit.worst = Math.min(fit.worst, best.worst);
  return best.value;
}

function arrayBySchema(value: unknown, schema: JsonObject, definitions: JsonObject, fit: Fit): unknown {
  if (!Array.isArray(value)) throw new Mismatch(value, 'a list');
  const { items, prefixItems } = schema;
  if (Array.isArray(prefixItems)) {
    if (value.length !== prefixItems.length) throw new Mismatch(value, `a list of ${prefixItems.length}`);
    return value.map((one, index) => {
      const item = prefixItems[index];
      return Mismatch.at(index, () => (isObject(item) ? bySchema(one, item, definitions, fit) : one));
    });
  }
  if (!isObject(items)) return value;
  return value.map((one, index) => Mismatch.at(index, () => bySchema(one, items, definitions, fit)));
}

function objectBySchema(value: unknown, schema: JsonObject, definitions: JsonObject, fit: Fit): unknown {
  if (!isObject(value)) throw new Mismatch(value, 'an object');
  const { properties, additionalProperties } = schema;
  if (!isObject(properties)) {
    if (!isObject(additionalProperties)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [
        key,
        Mismatch.at(key, () => bySchema(one, additionalProperties, definitions, fit)),
      ]),
    );
  }
  const required = Array.isArray(schema.required) ? schema.required : [];
  const made: [string, unknown][] = [];
  for (const [name, property] of Object.entries(properties)) {
    if (!isObject(property)) continue;
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    if (given !== undefined) made.push([name, Mismatch.at(name, () => bySchema(given, property, definitions, fit))]);
    else if (property.default !== undefined) made.push([name, property.default]);
    else if (required.includes(name)) Mismatch.at(name, () => coerceScalar(undefined, { kind: 'none' }, fit));
  }
  for (const name of Object.keys(value)) {
    if (Object.hasOwn(properties, name)) continue;
    if (additionalProperties === false) throw new Mismatch(value, `an object without "${name}"`);
    if (additionalProperties === true) made.push([name, value[name]]);
  }
  return Object.fromEntries(made);
}
