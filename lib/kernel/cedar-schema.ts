import * as z from 'zod';
import { checksum } from '#lib/base/hash';
import { ACCESSES } from './house-policies.ts';
import type { ActionInfo, ResourceInfo } from './info.ts';

/** The entity on which collection actions (`create`, `list`, ...) are authorized. */
export const COLLECTION = 'Workspace';

/**
 * The Cedar schema of a house: an entity type per resource with the attributes Cedar can express (all optional, since
 * records may lack them), an action per action, and a group per access. Actions of access `system` do not apply to
 * users at all, so no policy whatever can grant them.
 */
export function cedarSchema(resources: readonly ResourceInfo[]): string {
  const known = resources.some((info) => info.name === COLLECTION);
  return [
    ...PRINCIPALS,
    ...(known ? [] : [COLLECTION_ENTITY]),
    ...resources.map((info) => entityText(info)),
    `action ${ACCESSES.map((access) => `"${access}"`).join(', ')};`,
    ...resources.flatMap((info) => Object.values(info.actions).map(actionText)),
    '',
  ].join('\n');
}

/** What stored policies remember of the schema they were validated with. */
export function schemaNameOf(schema: string): string {
  return checksum(schema);
}

/**
 * The part of the schema that one action needs when policies see these attributes alone. Cedar copies the schema with
 * every decision, so a decision by this part takes a tenth of the time; it admits the same requests.
 */
export function actionSchema(info: ResourceInfo, action: ActionInfo, seen: ReadonlySet<string>): string {
  return [
    ...PRINCIPALS,
    action.collection ? COLLECTION_ENTITY : entityText(info, seen),
    `action "${action.access}";`,
    actionText(action),
  ].join('\n');
}

const PRINCIPALS = [
  'entity Role;',
  'entity User in [Role] { workspace: String, id: String };',
  'entity System { workspace: String, id: String };',
];
const COLLECTION_ENTITY = `entity ${COLLECTION} { workspace: String };`;

/** Attributes a policy may speak of, of those `seen`, with their Cedar types: text, whole numbers, booleans, lists of text. */
export function cedarAttributes(info: ResourceInfo, seen?: ReadonlySet<string>): Record<string, string> {
  const types: Record<string, string> = { state: 'String', createdBy: 'String' };
  for (const { name, type, secret } of Object.values(info.attributes)) {
    const cedar = secret || seen?.has(name) === false ? null : cedarType(type);
    if (cedar !== null) types[name] = cedar;
  }
  return types;
}

function entityText(info: ResourceInfo, seen?: ReadonlySet<string>): string {
  const attributes = Object.entries(cedarAttributes(info, seen)).map(([name, type]) => `"${name}"?: ${type}`);
  return `entity ${info.name} { workspace: String, ${attributes.join(', ')} };`;
}

function actionText(action: ActionInfo): string {
  const principals = action.access === 'system' ? 'System' : 'User, System';
  const resource = action.collection ? COLLECTION : action.resource;
  return `action "${action.id}" in ["${action.access}"] appliesTo { principal: [${principals}], resource: [${resource}] };`;
}

interface JsonSchema {
  type?: string | string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
}

function cedarType(type: z.ZodType): string | null {
  return fromJsonSchema(z.toJSONSchema(type, { io: 'output', unrepresentable: 'any' }) as JsonSchema);
}

function fromJsonSchema(schema: JsonSchema): string | null {
  const alternatives = schema.anyOf ?? [schema.type ?? ''].flat().map((type) => ({ ...schema, type }));
  const types = new Set(alternatives.filter(({ type }) => type !== 'null').map(single));
  return types.size === 1 ? ([...types][0] ?? null) : null;
}

function single(schema: JsonSchema): string | null {
  if (schema.anyOf !== undefined || Array.isArray(schema.type)) return fromJsonSchema(schema);
  if (schema.type === 'array') return schema.items && fromJsonSchema(schema.items) === 'String' ? 'Set<String>' : null;
  return { string: 'String', integer: 'Long', boolean: 'Bool' }[schema.type ?? ''] ?? null;
}
