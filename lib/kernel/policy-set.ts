import type * as Cedar from '@cedar-policy/cedar-wasm/nodejs';
import type { Problem } from '#lib/base/errors';

export type CedarModule = typeof Cedar;

/** A policy under the id that appears in decisions: its `@id`, or the record's id and its place in the text. */
export type Policies = Record<string, string>;

/** Splits a text; `nameOf` names the i-th policy. Templates are refused: nothing here links them. */
export function splitPolicies(
  cedar: CedarModule,
  text: string,
  nameOf: (annotation: string | undefined, i: number) => string,
): { policies: Policies; problems: Problem[] } {
  const parts = cedar.policySetTextToParts(text);
  if (parts.type === 'failure')
    return { policies: {}, problems: parts.errors.map((error) => problem(describe(error))) };
  const problems = parts.policy_templates.map((template) =>
    problem(`a template (${template.slice(0, 60)}) cannot be used here`),
  );
  const policies: Policies = {};
  parts.policies.forEach((policy, i) => {
    const json = cedar.policyToJson(policy);
    policies[nameOf(json.type === 'success' ? json.json.annotations?.id : undefined, i)] = policy;
  });
  return { policies, problems };
}

/**
 * Everything wrong with policies. Cedar says `success` even with validation errors, so the list itself is what counts;
 * and to it `resource has colour` is merely false where no such attribute exists, which would turn a misspelled
 * `forbid` into one that never applies: unknown attributes and impossible policies are problems here.
 */
export function validatePolicies(
  cedar: CedarModule,
  schema: string,
  known: ReadonlySet<string>,
  policies: Policies,
): Problem[] {
  const answer = cedar.validate({ schema, policies: { staticPolicies: policies } });
  if (answer.type === 'failure') return answer.errors.map((error) => problem(describe(error)));
  const unknown = Object.entries(policies).flatMap(([policyId, policy]) =>
    [...parsePolicy(cedar, policyId, policy).attributes]
      .filter((name) => !known.has(name))
      .map((name) => problem(`${policyId}: no resource has an attribute "${name}" that policies may see`)),
  );
  const errors = answer.validationErrors;
  // With an error a policy is "impossible" as well, which says nothing more.
  const said = errors.length > 0 || unknown.length > 0 ? errors : answer.validationWarnings;
  return [...unknown, ...said.map(({ policyId, error }) => problem(`${policyId}: ${describe(error)}`))];
}

function problem(detail: string): Problem {
  return { pointer: '', detail };
}

function describe(error: Cedar.DetailedError): string {
  const place = error.sourceLocations?.[0];
  return [
    error.message,
    ...(place === undefined
      ? []
      : [`(characters ${place.start} to ${place.end}${place.label ? `: ${place.label}` : ''})`]),
    ...(error.help ? [error.help] : []),
  ].join(' ');
}

/**
 * What a set of policies can tell requests apart by, beside type, role and action: the attributes they name, and
 * whether they look at identity at all. Whatever is not in here cannot change a decision, so it need not be sent.
 */
export interface Sight {
  attributes: ReadonlySet<string>;
  identity: boolean;
}

/** A policy with what its text says about where it can matter. */
export interface ParsedPolicy extends Sight {
  id: string;
  text: string;
  /** Actions and action groups of the scope; `null` is any. */
  actions: readonly string[] | null;
  resourceType: string | null;
}

export function parsePolicy(cedar: CedarModule, id: string, text: string): ParsedPolicy {
  const parsed = cedar.policyToJson(text);
  // What cannot be read may look at anything.
  if (parsed.type === 'failure')
    return { id, text, actions: null, resourceType: null, attributes: new Set(), identity: true };
  const { principal, action, resource, conditions } = parsed.json;
  const sight = look(conditions.map((clause) => clause.body));
  return {
    ...{ id, text, actions: actionsOf(action), resourceType: resource.op === 'is' ? resource.entity_type : null },
    attributes: sight.attributes,
    identity: sight.identity || namesEntity(principal) || namesEntity(resource),
  };
}

/**
 * Can the policy matter for this action? One whose scope names another action or type is false before its conditions
 * are evaluated, so it can neither decide nor err.
 */
export function concerns(policy: ParsedPolicy, action: { id: string; access: string }, resourceType: string): boolean {
  if (policy.resourceType !== null && policy.resourceType !== resourceType) return false;
  return policy.actions === null || policy.actions.includes(action.id) || policy.actions.includes(action.access);
}

export function sightOf(policies: readonly ParsedPolicy[]): Sight {
  return {
    attributes: new Set(policies.flatMap(({ attributes }) => [...attributes])),
    identity: policies.some(({ identity }) => identity),
  };
}

function look(conditions: unknown): Sight {
  const attributes = new Set<string>();
  let identity = false;
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [operator, operand] of Object.entries(node)) {
      const o = operand as { left?: unknown; attr?: unknown; right?: unknown; in?: unknown };
      if (operator === '.' || operator === 'has') {
        for (const name of [o.attr].flat()) attributes.add(String(name));
        if (!isVariable(o.left)) walk(o.left);
      } else if (operator === 'is' && o.in === undefined) {
        // The type is always sent.
        if (!isVariable(o.left)) walk(o.left);
      } else if (operator === 'Var') {
        if (operand !== 'action' && operand !== 'context') identity = true;
      } else if (operator === 'in' && isVariable(o.left) && isGroup(o.right)) {
        // Membership in roles and action groups is always sent.
      } else walk(operand);
    }
  };
  walk(conditions);
  return { attributes, identity };
}

function actionsOf(scope: Cedar.ActionConstraint): string[] | null {
  if (scope.op === 'All') return null;
  if ('entities' in scope) return scope.entities.map(idOf);
  return 'entity' in scope ? [idOf(scope.entity)] : null;
}

function idOf(uid: Cedar.EntityUidJson): string {
  return '__entity' in uid ? uid.__entity.id : uid.id;
}

function isVariable(node: unknown): boolean {
  return typeof node === 'object' && node !== null && 'Var' in node;
}

function isGroup(node: unknown): boolean {
  const { Set: members, Value: value } = node as { Set?: unknown[]; Value?: { __entity?: Cedar.TypeAndId } };
  if (members !== undefined) return members.every(isGroup);
  const entity = value?.__entity;
  return entity?.type === 'Role' || entity?.type === 'Action';
}

/** Does a scope name a particular principal or resource, other than a role? */
function namesEntity(scope: Cedar.PrincipalConstraint | Cedar.ResourceConstraint): boolean {
  if (scope.op === 'All') return false;
  const entity = scope.op === 'is' ? scope.in : scope;
  if (entity === undefined) return false;
  if (!('entity' in entity)) return true;
  const uid = '__entity' in entity.entity ? entity.entity.__entity : entity.entity;
  return !(uid.type === 'Role' && scope.op !== '==');
}
