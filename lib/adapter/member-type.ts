import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import type { FieldType } from '#lib/signature/signature';

const CONTAINERS = new Set(['list', 'set', 'frozenset', 'dict', 'tuple', 'model']);

/** The declared type of a container's member at an index or under a key; undefined where none is declared. */
export function memberType(type: FieldType | undefined, at: number | string): FieldType | undefined {
  switch (type?.kind) {
    case 'list':
    case 'set':
    case 'frozenset':
      return type.item;
    case 'dict':
      return type.value;
    case 'tuple':
      return type.variadic ? type.items?.[0] : type.items?.[Number(at)];
    case 'model':
      return propertyType(type.schema, String(at));
    case 'union': {
      const containers = type.options.filter(({ kind }) => CONTAINERS.has(kind));
      return containers.length === 1 ? memberType(containers[0], at) : undefined;
    }
    default:
      return undefined;
  }
}

const SCALARS: { [type: string]: FieldType } = { number: { kind: 'float' }, integer: { kind: 'int' } };

function propertyType(schema: JsonObject, name: string): FieldType | undefined {
  const { properties, $defs } = schema;
  const property = isJsonObject(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
  return schemaType(property, isJsonObject($defs) ? $defs : {});
}

/** As much of a JSON Schema as a type as it takes to tell floats from integers inside it. */
function schemaType(schema: Json | undefined, definitions: JsonObject): FieldType | undefined {
  if (!isJsonObject(schema)) return undefined;
  if (typeof schema.$ref === 'string')
    return schemaType(definitions[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)], definitions);
  if (Array.isArray(schema.anyOf)) {
    const options = schema.anyOf.flatMap((option) => schemaType(option, definitions) ?? []);
    return options.length === 0 ? undefined : { kind: 'union', options };
  }
  if (schema.type === 'array') {
    const item = schemaType(schema.items, definitions);
    return item === undefined ? undefined : { kind: 'list', item };
  }
  if (schema.type === 'object' && isJsonObject(schema.properties))
    return { kind: 'model', name: '', schema: { ...schema, $defs: definitions } };
  if (schema.type === 'object') {
    const value = schemaType(schema.additionalProperties, definitions);
    return value === undefined ? undefined : { kind: 'dict', key: { kind: 'str' }, value };
  }
  return typeof schema.type === 'string' ? SCALARS[schema.type] : undefined;
}
