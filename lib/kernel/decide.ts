import type { AuthorizationAnswer } from '@cedar-policy/cedar-wasm/nodejs';
import type { Json } from '#lib/base/json';
import { COLLECTION } from './cedar-schema.ts';
import type { ActionInfo, ResourceInfo } from './info.ts';
import type { CedarModule, Sight } from './policy-set.ts';
import type { Principal, RecordOf } from './resource.ts';

export interface Decision {
  allow: boolean;
  /** Ids of the policies that decided, or what went wrong; never an attribute's value. */
  reasons: readonly string[];
}

/** All that Cedar is told. Equal requests have equal decisions, which is why they can be remembered by their text. */
export interface Request {
  principal: { type: string; uid: string; id: string; workspace: string; roles: readonly string[] };
  action: string;
  resource: { type: string; id: string; attributes: Record<string, Json> };
}

/** Leaves out what the policies cannot see (`Sight`): nothing that is left out can change the decision. */
export function reduce(
  sight: Sight,
  sendable: readonly string[],
  principal: Principal,
  info: ResourceInfo,
  action: ActionInfo,
  record: RecordOf | null,
): Request {
  const attributes: Record<string, Json> = { workspace: record === null ? principal.workspaceId : record.workspaceId };
  if (record !== null && !action.collection) {
    for (const name of sendable) {
      const value = (record as Record<string, unknown>)[name];
      if (sight.attributes.has(name) && value !== undefined && value !== null) attributes[name] = value as Json;
    }
  }
  const id = record === null ? principal.workspaceId : record.id;
  return {
    principal: {
      type: principal.system === true ? 'System' : 'User',
      uid: sight.identity ? principal.id : 'principal',
      id: sight.attributes.has('id') ? principal.id : 'principal',
      workspace: principal.workspaceId,
      roles: principal.system === true ? [] : [...principal.roles].sort(),
    },
    action: action.id,
    resource: {
      type: action.collection ? COLLECTION : info.name,
      id: sight.identity ? id : 'resource',
      attributes,
    },
  };
}

/** Both entities are always in the slice, the request is always validated; any doubt is a denial. */
export function ask(
  cedar: CedarModule,
  schema: string,
  policySet: string,
  { principal, action, resource }: Request,
): Decision {
  const subject = { type: principal.type, id: principal.uid };
  const object = { type: resource.type, id: resource.id };
  try {
    const answer = cedar.statefulIsAuthorized({
      principal: subject,
      action: { type: 'Action', id: action },
      resource: object,
      context: {},
      preparsedSchemaName: schema,
      preparsedPolicySetId: policySet,
      validateRequest: true,
      entities: [
        {
          uid: subject,
          attrs: { workspace: principal.workspace, id: principal.id },
          parents: principal.roles.map((role) => ({ type: 'Role', id: role })),
        },
        { uid: object, attrs: resource.attributes, parents: [] },
      ],
    });
    return verdict(answer);
  } catch (error) {
    return { allow: false, reasons: [error instanceof Error ? error.message : 'the policies could not be evaluated'] };
  }
}

/** A failure to evaluate denies, and so does any diagnostic: Cedar itself skips a `forbid` that errors. */
export function verdict(answer: AuthorizationAnswer): Decision {
  if (answer.type !== 'success') return { allow: false, reasons: answer.errors.map((error) => error.message) };
  const { decision, diagnostics } = answer.response;
  if (diagnostics.errors.length > 0)
    return { allow: false, reasons: diagnostics.errors.map(({ policyId }) => `${policyId} could not be evaluated`) };
  return { allow: decision === 'allow', reasons: diagnostics.reason };
}
