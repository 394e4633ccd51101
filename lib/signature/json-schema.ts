import type { Json, JsonObject } from '#lib/base/json';
import { DSPY_SCHEMAS } from './dspy-schemas.ts';
import type { Constraints, Field, FieldType, Signature } from './signature.ts';

type Definitions = Map<string, JsonObject>;

/**
 * A type's JSON Schema as pydantic prints it (draft 2020-12, definitions under `$defs`). Byte for byte what DSPy's
 * prompts quote once keys are sorted, so nothing here may be prettier than pydantic.
 */
export function typeJsonSchema(type: FieldType): JsonObject {
  const definitions: Definitions = new Map();
  const schema = inline(type, definitions);
  return withDefinitions(schema, definitions);
}

/** The JSON Schema of an object holding the input values; fields with a default are optional. */
export function inputJsonSchema(signature: Signature): JsonObject {
  return fieldsSchema(signature.inputs);
}

/** The JSON Schema of an object holding the output values. */
export function outputJsonSchema(signature: Signature): JsonObject {
  return fieldsSchema(signature.outputs);
}

function fieldsSchema(fields: readonly Field[]): JsonObject {
  const definitions: Definitions = new Map();
  const properties = Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field, definitions)]));
  const required = fields.filter((field) => field.default === undefined).map(({ name }) => name);
  return withDefinitions({ type: 'object', properties, required, additionalProperties: false }, definitions);
}

function fieldSchema(field: Field, definitions: Definitions): JsonObject {
  const schema = { ...typed(field.type, definitions) };
  if (field.description !== `\${${field.name}}`) schema.description = field.description;
  if (field.default !== undefined) schema.default = field.default;
  return { ...schema, ...constrained(field.constraints ?? {}, schema.type) };
}

const LENGTH_KEYWORDS: { [type: string]: [string, string] } = {
  string: ['minLength', 'maxLength'],
  array: ['minItems', 'maxItems'],
  object: ['minProperties', 'maxProperties'],
};

function constrained(constraints: Constraints, type: Json | undefined): JsonObject {
  const [shortest, longest] = LENGTH_KEYWORDS[String(type)] ?? ['minLength', 'maxLength'];
  const keywords: [keyof Constraints, string][] = [
    ['gt', 'exclusiveMinimum'],
    ['ge', 'minimum'],
    ['lt', 'exclusiveMaximum'],
    ['le', 'maximum'],
    ['min_length', shortest],
    ['max_length', longest],
    ['multiple_of', 'multipleOf'],
  ];
  const schema: JsonObject = {};
  for (const [name, keyword] of keywords) {
    const value = constraints[name];
    if (value !== undefined) schema[keyword] = value;
  }
  return schema;
}

/** The bare schemas of fields by name, and the definitions they share; undefined when there are none. */
export function definedSchema(fields: readonly Field[]): {
  properties: JsonObject;
  definitions: JsonObject | undefined;
} {
  const definitions: Definitions = new Map();
  const properties = Object.fromEntries(
    fields.map(({ name, type, default: value }) => [
      name,
      { ...(value === undefined ? {} : { default: value }), ...typed(type, definitions) },
    ]),
  );
  return { properties, definitions: definitions.size === 0 ? undefined : Object.fromEntries(definitions) };
}

function withDefinitions(schema: JsonObject, definitions: Definitions): JsonObject {
  return definitions.size === 0 ? schema : { $defs: Object.fromEntries(definitions), ...schema };
}

/** A class at the top stands there itself; anywhere else it is a reference to a definition. */
function inline(type: FieldType, definitions: Definitions): JsonObject {
  if (type.kind === 'enum') return enumSchema(type);
  if (type.kind !== 'model' && type.kind !== 'dspy') return typed(type, definitions);
  return hoisted(classSchema(type), definitions);
}

function typed(type: FieldType, definitions: Definitions): JsonObject {
  switch (type.kind) {
    case 'str':
    case 'complex':
    case 'bytearray':
      return { type: 'string' };
    case 'bytes':
      return { type: 'string', format: 'binary' };
    case 'int':
      return { type: 'integer' };
    case 'float':
      return { type: 'number' };
    case 'bool':
      return { type: 'boolean' };
    case 'none':
      return { type: 'null' };
    case 'any':
      return {};
    case 'list':
      return { items: type.item === undefined ? {} : typed(type.item, definitions), type: 'array' };
    case 'set':
    case 'frozenset':
      return { items: type.item === undefined ? {} : typed(type.item, definitions), type: 'array', uniqueItems: true };
    case 'dict':
      return dictSchema(type, definitions);
    case 'tuple':
      return tupleSchema(type, definitions);
    case 'literal':
      return literalSchema(type.values);
    case 'union':
      return unionSchema(type.options, definitions);
    case 'enum':
      definitions.set(type.name, enumSchema(type));
      return { $ref: `#/$defs/${type.name}` };
    case 'model':
    case 'dspy':
      return reference(type, definitions);
  }
}

function dictSchema(type: Extract<FieldType, { kind: 'dict' }>, definitions: Definitions): JsonObject {
  if (type.value === undefined || type.value.kind === 'any') return { additionalProperties: true, type: 'object' };
  const schema: JsonObject = { additionalProperties: typed(type.value, definitions), type: 'object' };
  const names = type.key?.kind === 'literal' || type.key?.kind === 'enum' ? typed(type.key, definitions) : undefined;
  if (names === undefined) return schema;
  const { type: _, ...keywords } = names;
  return { ...schema, propertyNames: keywords };
}

function tupleSchema(type: Extract<FieldType, { kind: 'tuple' }>, definitions: Definitions): JsonObject {
  const { items, variadic } = type;
  if (items === undefined) return { items: {}, type: 'array' };
  const [first] = items;
  if (variadic && first !== undefined) return { items: typed(first, definitions), type: 'array' };
  const size = { maxItems: items.length, minItems: items.length };
  if (items.length === 0) return { ...size, type: 'array' };
  return { ...size, prefixItems: items.map((item) => typed(item, definitions)), type: 'array' };
}

function literalSchema(values: readonly (string | number | boolean | null)[]): JsonObject {
  const kinds = new Set(values.map((value) => SCALAR[typeof value] ?? 'null'));
  const [only] = kinds;
  const type: JsonObject = kinds.size === 1 && only !== undefined ? { type: only } : {};
  const [first] = values;
  return values.length === 1 && first !== undefined ? { const: first, ...type } : { enum: [...values], ...type };
}
const SCALAR: { [type: string]: string } = { string: 'string', number: 'integer', boolean: 'boolean' };

/** anyOf without repetitions; pydantic drops equal members even when the Python types differ. */
function unionSchema(options: readonly FieldType[], definitions: Definitions): JsonObject {
  const members = new Map<string, JsonObject>();
  for (const option of options) {
    const schema = typed(option, definitions);
    members.set(JSON.stringify(schema), schema);
  }
  const unique = [...members.values()];
  const nulls = unique.filter(({ type }) => type === 'null');
  const anyOf = [...unique.filter(({ type }) => type !== 'null'), ...nulls];
  return anyOf.length === 1 && anyOf[0] !== undefined ? anyOf[0] : { anyOf };
}

function enumSchema(type: Extract<FieldType, { kind: 'enum' }>): JsonObject {
  const values = type.members.map(({ value }) => value);
  const { const: only, ...rest } = literalSchema(values);
  return { ...(only === undefined ? {} : { const: only }), ...rest, title: type.name };
}

function classSchema(type: Extract<FieldType, { kind: 'model' | 'dspy' }>): JsonObject {
  if (type.kind === 'model') return type.schema;
  const schema = Object.hasOwn(DSPY_SCHEMAS, type.name) ? DSPY_SCHEMAS[type.name] : undefined;
  if (schema === undefined) return { title: type.name, type: 'object' };
  return type.argument === undefined ? schema : { ...schema, title: `${type.name}_${type.argument}` };
}

/** A class that is no object (a date) has no definition of its own. */
function reference(type: Extract<FieldType, { kind: 'model' | 'dspy' }>, definitions: Definitions): JsonObject {
  const schema = hoisted(classSchema(type), definitions);
  if (schema.type !== 'object') return schema;
  const name = typeof schema.title === 'string' ? schema.title : type.name;
  definitions.set(name, schema);
  return { $ref: `#/$defs/${name}` };
}

function hoisted(schema: JsonObject, definitions: Definitions): JsonObject {
  const { $defs, ...rest } = schema;
  if (typeof $defs === 'object' && $defs !== null && !Array.isArray($defs))
    for (const [name, definition] of Object.entries($defs)) definitions.set(name, definition as JsonObject);
  return rest;
}
