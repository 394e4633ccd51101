import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import { typeJsonSchema } from '#lib/signature/json-schema';
import type { FieldType } from '#lib/signature/signature';
import { memberType } from './member-type.ts';
import { strip } from './python-text.ts';
import { scalarText } from './python-value.ts';
import { writeXml, type XmlElement } from './xml-reader.ts';

/** Is an output of this type written as nested elements? DSPy's own types are not. */
export function isNested(type: FieldType): boolean {
  if (type.kind === 'union') {
    const options = type.options.filter(({ kind }) => kind !== 'none');
    const [only] = options;
    return options.length === 1 && only !== undefined && isNested(only);
  }
  if (type.kind === 'list') return type.item !== undefined && type.item.kind !== 'dspy' && !type.alias;
  if (type.kind === 'dict') return type.key !== undefined && !type.alias;
  return type.kind === 'model' && type.schema.type === 'object';
}

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/** A value as nested elements: list items in `<item>`, members under their names or `<entry key="...">`. */
export function valueToXml(value: unknown, tag: string, type: FieldType | undefined, key?: string): string {
  const start = `<${tag}${key === undefined ? '' : ` key=${quoteAttribute(key)}`}`;
  if (value === null || value === undefined) return `${start} />`;
  if (Array.isArray(value)) {
    const items = value.map((item, index) => valueToXml(item, 'item', memberType(type, index))).join('');
    return items === '' ? `${start} />` : `${start}>${items}</${tag}>`;
  }
  const scalar = scalarText(value, type);
  if (scalar !== undefined) return `${start}>${escapeXml(scalar)}</${tag}>`;
  const members = Object.entries(value as object).map(([name, member]) =>
    isTagName(name)
      ? valueToXml(member, name, memberType(type, name))
      : valueToXml(member, 'entry', memberType(type, name), name),
  );
  return `${start}>${members.join('')}</${tag}>`;
}

function isTagName(name: string): boolean {
  return /^[\p{XIDS}_][\p{XIDC}.-]*$/u.test(name);
}

function quoteAttribute(text: string): string {
  const escaped = escapeXml(text)
    .replaceAll('>', '&gt;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\r', '&#13;')
    .replaceAll('\t', '&#9;');
  if (!escaped.includes('"')) return `"${escaped}"`;
  return escaped.includes("'") ? `"${escaped.replaceAll('"', '&quot;')}"` : `'${escaped}'`;
}

/** The nested structure of a type with `...` for its leaves, as the prompt shows it. */
export function typeToXml(tag: string, type: FieldType): string {
  const schema = typeJsonSchema(type);
  return schemaToXml(tag, schema, definitionsOf(schema), new Set());
}

function schemaToXml(tag: string, schema: JsonObject, definitions: JsonObject, seen: ReadonlySet<string>): string {
  const name = refName(schema);
  if (name !== undefined) {
    const target = definitions[name];
    if (seen.has(name) || !isJsonObject(target)) return `<${tag}>...</${tag}>`;
    return schemaToXml(tag, target, definitions, new Set([...seen, name]));
  }
  const choices = choicesOf(schema);
  const choice = choices.find(({ type }) => type !== 'null') ?? choices[0];
  if (choice !== undefined) return schemaToXml(tag, choice, definitions, seen);
  if (schema.type === 'array')
    return `<${tag}>${schemaToXml('item', objectOr(schema.items), definitions, seen)}</${tag}>`;
  const children = Object.entries(objectOr(schema.properties)).map(([child, part]) =>
    schemaToXml(child, objectOr(part), definitions, seen),
  );
  return `<${tag}>${children.length > 0 ? children.join('') : '...'}</${tag}>`;
}

/** The values of elements of one name as the schema shapes them; text stays text, for `readValue` to read. */
export function elementsToValue(elements: readonly XmlElement[], given: JsonObject, definitions: JsonObject): Json {
  let schema = resolve(given, definitions);
  const [first] = elements;
  if (first === undefined) return null;
  const choices = choicesOf(schema);
  if (choices.length > 0) {
    const real = choices.filter(({ type }) => type !== 'null');
    if (real.length < choices.length && first.children.length === 0 && strip(first.text) === '') return null;
    schema = real[0] ?? {};
    if (first.children.length > 0) schema = real.find(({ type }) => type !== 'string') ?? schema;
  }
  if (schema.type === 'array') return arrayValue(elements, first, schema, definitions);
  if (schema.type === 'string' && first.children.length > 0) return first.text + first.children.map(writeXml).join('');
  if (first.children.length === 0) {
    if (schema.type === 'object' && strip(first.text) === '') return {};
    const values = elements.map(({ text }) => strip(text));
    return values.length === 1 ? (values[0] ?? '') : values;
  }
  const properties = objectOr(schema.properties);
  const rest = objectOr(schema.additionalProperties);
  return Object.fromEntries(
    [...groupChildren(first)].map(([name, items]) => [
      name,
      elementsToValue(items, Object.hasOwn(properties, name) ? objectOr(properties[name]) : rest, definitions),
    ]),
  );
}

function arrayValue(
  elements: readonly XmlElement[],
  first: XmlElement,
  schema: JsonObject,
  definitions: JsonObject,
): Json {
  let members = elements;
  if (elements.length === 1 && first.children.length === 0) {
    const text = strip(first.text);
    if (text === '' || text.startsWith('[')) return text === '' ? [] : text;
  }
  if (elements.length === 1) members = groupChildren(first).get('item') ?? elements;
  return members.map((one) => elementsToValue([one], objectOr(schema.items), definitions));
}

/** Children by name; an `<entry>` counts under its key. */
export function groupChildren(element: XmlElement): Map<string, XmlElement[]> {
  const groups = new Map<string, XmlElement[]>();
  for (const child of element.children) {
    const name = child.tag === 'entry' ? (child.attributes.get('key') ?? child.tag) : child.tag;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [child]);
    else group.push(child);
  }
  return groups;
}

export function choicesOf(schema: JsonObject): JsonObject[] {
  return Array.isArray(schema.anyOf) ? schema.anyOf.filter(isJsonObject) : [];
}

export function definitionsOf(schema: JsonObject): JsonObject {
  return objectOr(schema.$defs);
}

function resolve(schema: JsonObject, definitions: JsonObject): JsonObject {
  const name = refName(schema);
  const target = name === undefined ? undefined : definitions[name];
  return isJsonObject(target) ? target : schema;
}

function refName(schema: JsonObject): string | undefined {
  return typeof schema.$ref === 'string' ? schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1) : undefined;
}

function objectOr(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
