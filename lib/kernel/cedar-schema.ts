import type { SchemaJson, TypeOfAttribute } from '@cedar-policy/cedar-wasm/nodejs';
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
 * every decision, so a decision by this part takes a tenth of the time; it admits the same requests. As JSON, because the
 * parser of Cedar's schema language alone takes a process as long as starting Node.
 */
export function actionSchema(info: ResourceInfo, action: ActionInfo, seen: ReadonlySet<string>): SchemaJson<string> {
  const principal = record({ workspace: STRING, id: STRING });
  const attributes = action.collection ? {} : cedarAttributes(info, seen);
  const optional = Object.entries(attributes).map(([name, type]) => [name, { ...JSON_TYPES[type], required: false }]);
  return {
    '': {
      entityTypes: {
        Role: {},
        User: { memberOfTypes: ['Role'], shape: principal },
        System: { shape: principal },
        [resourceOf(action)]: { shape: record({ workspace: STRING, ...Object.fromEntries(optional) }) },
      },
      actions: {
        [action.access]: {},
        [action.id]: {
          memberOf: [{ id: action.access }],
          appliesTo: { principalTypes: principalsOf(action), resourceTypes: [resourceOf(action)] },
        },
      },
    },
  };
}

type Attributes = Record<string, TypeOfAttribute<string>>;

const STRING = { type: 'String' } as const;
const JSON_TYPES: Record<CedarType, TypeOfAttribute<string>> = {
  String: STRING,
  Long: { type: 'Long' },
  Bool: { type: 'Boolean' },
  'Set<String>': { type: 'Set', element: STRING },
};

const record = (attributes: Attributes) => ({ type: 'Record' as const, attributes });
const resourceOf = (action: ActionInfo) => (action.collection ? COLLECTION : action.resource);
const principalsOf = ({ access }: ActionInfo) => (access === 'system' ? ['System'] : ['User', 'System']);

const PRINCIPALS = [
  'entity Role;',
  'entity User in [Role] { workspace: String, id: String };',
  'entity System { workspace: String, id: String };',
];
const COLLECTION_ENTITY = `entity ${COLLECTION} { workspace: String };`;

/** Attributes a policy may speak of, of those `seen`, with their Cedar types: text, whole numbers, booleans, lists of text. */
export function cedarAttributes(info: ResourceInfo, seen?: ReadonlySet<string>): Record<string, CedarType> {
  const types: Record<string, CedarType> = { state: 'String', createdBy: 'String' };
  for (const { name, type, secret } of Object.values(info.attributes)) {
    const cedar = secret || seen?.has(name) === false ? null : cedarType(type);
    if (cedar !== null) types[name] = cedar;
  }
  return types;
}

function entityText(info: ResourceInfo): string {
  const attributes = Object.entries(cedarAttributes(info)).map(([name, type]) => `"${name}"?: ${type}`);
  return `entity ${info.name} { workspace: String, ${attributes.join(', ')} };`;
}

function actionText(action: ActionInfo): string {
  return `action "${action.id}" in ["${action.access}"] appliesTo { principal: [${principalsOf(action).join(', ')}], resource: [${resourceOf(action)}] };`;
}

interface JsonSchema {
  type?: string | string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
}

type CedarType = 'String' | 'Long' | 'Bool' | 'Set<String>';

function cedarType(type: z.ZodType): CedarType | null {
  return fromJsonSchema(z.toJSONSchema(type, { io: 'output', unrepresentable: 'any' }) as JsonSchema);
}

function fromJsonSchema(schema: JsonSchema): CedarType | null {
  const alternatives = schema.anyOf ?? [schema.type ?? ''].flat().map((type) => ({ ...schema, type }));
  const types = new Set(alternatives.filter(({ type }) => type !== 'null').map(single));
  return types.size === 1 ? ([...types][0] ?? null) : null;
}

function single(schema: JsonSchema): CedarType | null {
  if (schema.anyOf !== undefined || Array.isArray(schema.type)) return fromJsonSchema(schema);
  if (schema.type === 'array') return schema.items && fromJsonSchema(schema.items) === 'String' ? 'Set<String>' : null;
  return PLAIN[schema.type ?? ''] ?? null;
}

const PLAIN: Readonly<Record<string, CedarType>> = { string: 'String', integer: 'Long', boolean: 'Bool' };
