import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';

// Bounded everywhere: a small model that loops must still come to an end.
const COMMON = {
  ws: '[ \\n]{0,12}',
  string: '"\\"" char{0,400} "\\""',
  char: '[^"\\\\\\x00-\\x1f] | "\\\\" ["\\\\/bfnrt]',
  integer: '"-"? ("0" | [1-9] [0-9]{0,14})',
  number: 'integer ("." [0-9]{1,9})? ([eE] [-+]? [0-9]{1,2})?',
  boolean: '"true" | "false"',
  null: '"null"',
  value: 'object | array | string | number | boolean | null',
  object: '"{" ws (string ":" ws value ("," ws string ":" ws value){0,19})? ws "}"',
  array: '"[" ws (value ("," ws value){0,49})? ws "]"',
} as const;

/**
 * GBNF rules that accept exactly the JSON a schema allows, properties in the order declared (what pydantic and OpenAI's
 * strict mode produce). Keywords that restrict a type's range are left to validation. Unknown shapes accept any JSON.
 * Source: github.com/ggml-org/llama.cpp/blob/master/grammars/README.md.
 */
export function jsonGrammar(schema: Json): string {
  const rules = new Map<string, string>(Object.entries(COMMON));
  const definitions = isJsonObject(schema) ? (schema.$defs ?? schema.definitions) : undefined;
  const context: Context = { rules, definitions: isJsonObject(definitions) ? definitions : {}, named: new Map() };
  rules.set('root', rule(schema, context));
  return Array.from(rules, ([name, body]) => `${name} ::= ${body}`).join('\n');
}

interface Context {
  rules: Map<string, string>;
  definitions: JsonObject;
  named: Map<string, string>;
}

const SCALARS: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'integer',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
};

function rule(schema: Json, context: Context): string {
  if (!isJsonObject(schema)) return 'value';
  if (typeof schema.$ref === 'string') return reference(schema.$ref, context);
  if (Array.isArray(schema.enum)) return oneOf(schema.enum.map((member) => quote(JSON.stringify(member))));
  if (schema.const !== undefined) return quote(JSON.stringify(schema.const));
  const any = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(any)) return oneOf(any.map((member) => rule(member, context)));
  if (Array.isArray(schema.allOf) && schema.allOf.length === 1) return rule(schema.allOf[0] ?? {}, context);
  if (Array.isArray(schema.type)) return oneOf(schema.type.map((type) => rule({ ...schema, type }, context)));
  if (schema.type === 'array') return array(schema, context);
  if (schema.type === 'object') return object(schema, context);
  return (typeof schema.type === 'string' ? SCALARS[schema.type] : undefined) ?? 'value';
}

/** A definition becomes a rule of its own, so recursive types stay finite. */
function reference(ref: string, context: Context): string {
  const known = context.named.get(ref);
  if (known !== undefined) return known;
  const name = `ref${context.named.size}`;
  context.named.set(ref, name);
  context.rules.set(name, rule(context.definitions[ref.split('/').at(-1) ?? ''] ?? {}, context));
  return name;
}

function array(schema: JsonObject, context: Context): string {
  if (Array.isArray(schema.prefixItems) && schema.prefixItems.length > 0)
    return `"[" ws ${schema.prefixItems.map((item) => named(rule(item, context), context)).join(' "," ws ')} ws "]"`;
  const item = named(rule(schema.items ?? {}, context), context);
  const least = typeof schema.minItems === 'number' ? schema.minItems : 0;
  const most = typeof schema.maxItems === 'number' ? Math.min(schema.maxItems, 50) : Math.max(least, 50);
  if (most < 1) return '"[" "]"';
  const items = `${item} ("," ws ${item}){${Math.max(0, least - 1)},${Math.max(0, most - 1)}}`;
  return least === 0 ? `"[" ws (${items})? ws "]"` : `"[" ws ${items} ws "]"`;
}

function object(schema: JsonObject, context: Context): string {
  if (isJsonObject(schema.properties) && Object.keys(schema.properties).length > 0) {
    const members = Object.entries(schema.properties).map(
      ([key, value]) => `${quote(JSON.stringify(key))} ":" ws ${named(rule(value, context), context)}`,
    );
    return `"{" ws ${members.join(' "," ws ')} ws "}"`;
  }
  if (!isJsonObject(schema.additionalProperties)) return 'object';
  const value = named(rule(schema.additionalProperties, context), context);
  const key = named(isJsonObject(schema.propertyNames) ? rule(schema.propertyNames, context) : 'string', context);
  return `"{" ws (${key} ":" ws ${value} ("," ws ${key} ":" ws ${value}){0,19})? ws "}"`;
}

/** Gives a composed body a name, so that it can be repeated without being written again. */
function named(body: string, context: Context): string {
  if (/^[a-z]\w*$/u.test(body)) return body;
  const name = `rule${context.rules.size}`;
  context.rules.set(name, body);
  return name;
}

function oneOf(bodies: string[]): string {
  return bodies.length === 0 ? 'value' : `(${bodies.join(' | ')})`;
}

/** Text as a GBNF literal. */
export function quote(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return `"${escaped}"`;
}

/**
 * Where the first complete JSON value in `text` ends, or -1 while it is still open. A bare number, `true` or `null` is
 * complete when something follows it.
 */
export function jsonEnd(text: string): number {
  let depth = 0;
  let inString = false;
  const start = text.search(/\S/u);
  if (start < 0) return -1;
  for (let i = start; i < text.length; i++) {
    const c = text.charAt(i);
    if (inString) {
      if (c === '\\') i++;
      else if (c === '"') inString = false;
    } else if (c === '"') inString = true;
    else if (c === '{' || c === '[') depth++;
    else if (c === '}' || c === ']') depth--;
    if (!inString && depth === 0 && (c === '"' || c === '}' || c === ']')) return i + 1;
    if (!inString && depth <= 0 && (c === ',' || c === '\n')) return i;
  }
  return -1;
}
