import { LRUCache } from 'lru-cache';
import type { Clock } from '#lib/base/clock';
import { Internal } from '#lib/base/errors';
import { checksum } from '#lib/base/hash';
import type { Store } from '#lib/ports/store';
import { cedarAttributes, cedarSchema } from './cedar-schema.ts';
import { ask, type Decision, reduce } from './decide.ts';
import { HOUSE_GOVERNED, HOUSE_POLICIES } from './house-policies.ts';
import type { ActionInfo, ResourceInfo } from './info.ts';
import { policySetKey } from './keys.ts';
import { type CedarModule, type Policies, type Sight, sightOf, splitPolicies, validatePolicies } from './policy-set.ts';
import type { PolicyDesk, Principal, RecordOf } from './resource.ts';

export interface Authorizer extends PolicyDesk {
  /** `record` is `null` for collection actions. Never throws for a policy's sake: what cannot be decided is denied. */
  decide(principal: Principal, info: ResourceInfo, action: ActionInfo, record: RecordOf | null): Promise<Decision>;
  /** A workspace's policies have changed in this process: decide by the new ones from now on. */
  forget(workspaceId: string): void;
}

/** What one policy of a workspace looks like in its policy-set item. `schema` is the one it was validated with. */
export interface StoredPolicy {
  text: string;
  schema: string;
}

/** How long another process may go on deciding by a workspace's former policies. */
const POLICIES_FRESH_MS = 2000;
/**
 * `preparsePolicySet` never evicts and its ids are the process's, so all sets of all workspaces share these few in turn.
 * Entry i is the set now parsed under `set-<i>`.
 */
const ring: (PolicySet | null)[] = Array.from({ length: 64 }, () => null);
let next = 0;

interface PolicySet {
  policies: Policies;
  sight: Sight;
  broken: string | null;
  decisions: LRUCache<string, Decision>;
}

export function createAuthorizer(resources: readonly ResourceInfo[], store: Store, clock: Clock): Authorizer {
  const schema = cedarSchema(resources);
  const schemaName = checksum(schema);
  const known = new Set(['workspace', 'id', ...resources.flatMap((info) => Object.keys(cedarAttributes(info)))]);
  const sendable = new Map(resources.map((info) => [info.name, Object.keys(cedarAttributes(info))]));
  const sets = new LRUCache<string, { until: number; set: Promise<PolicySet> }>({ max: 1000 });
  let house: Promise<{ cedar: CedarModule; set: PolicySet; id: string }> | null = null;

  // Loaded with the first decision, not with the process: 4 MB of WebAssembly.
  const start = async () => {
    const cedar = await import('@cedar-policy/cedar-wasm/nodejs');
    insist(cedar.preparseSchema(schemaName, schema), 'the Cedar schema');
    const policies: Policies = { ...HOUSE_POLICIES };
    for (const info of resources.filter((one) => one.policies !== '')) {
      const split = splitPolicies(cedar, info.policies, (id, i) => id ?? `${info.name}#${i}`);
      if (split.problems.length > 0)
        throw new Internal(
          'invalid_policy',
          `policies of ${info.name}: ${split.problems.map((p) => p.detail).join('; ')}`,
        );
      Object.assign(policies, split.policies);
    }
    const id = `house-${checksum(policies)}`;
    insist(cedar.preparsePolicySet(id, { staticPolicies: policies }), 'the policies of the house');
    return { cedar, set: setOf(cedar, policies, null), id };
  };
  const ready = () => {
    house ??= start();
    return house;
  };

  const load = async (workspaceId: string): Promise<PolicySet> => {
    const { cedar, set } = await ready();
    const item = await store.get(policySetKey(workspaceId));
    const own = Object.entries(item?.data ?? {}).filter(([id]) => id.startsWith('pol_'));
    if (own.length === 0) return set;
    const policies: Policies = { ...set.policies };
    let broken: string | null = null;
    for (const [id, stored] of own) {
      const policy = stored as unknown as StoredPolicy;
      const split = splitPolicies(cedar, policy.text, (_, i) => `${id}#${i}`);
      // Valid when it was written; the house may have changed since.
      const stale = policy.schema !== schemaName;
      const problems = stale
        ? [...split.problems, ...validatePolicies(cedar, schema, known, split.policies)]
        : split.problems;
      if (problems.length > 0) broken = `${id}: ${problems[0]?.detail}`;
      Object.assign(policies, split.policies);
    }
    return setOf(cedar, policies, broken);
  };

  const setFor = (workspaceId: string): Promise<PolicySet> => {
    const known = sets.get(workspaceId);
    if (known !== undefined && clock.now() < known.until) return known.set;
    const entry = { until: clock.now() + POLICIES_FRESH_MS, set: load(workspaceId) };
    sets.set(workspaceId, entry);
    entry.set.catch(() => sets.get(workspaceId) === entry && sets.delete(workspaceId));
    return entry.set;
  };

  return {
    async decide(principal, info, action, record) {
      const { cedar, set: houseSet, id: houseId } = await ready();
      const set = HOUSE_GOVERNED.has(info.name) ? houseSet : await setFor(principal.workspaceId);
      if (set.broken !== null) return { allow: false, reasons: [set.broken] };
      const request = reduce(set.sight, sendable.get(info.name) ?? [], principal, info, action, record);
      const key = JSON.stringify(request);
      const known = set.decisions.get(key);
      if (known !== undefined) return known;
      const id = set === houseSet ? houseId : parsedId(cedar, set);
      if (id === null) return { allow: false, reasons: ['the policies cannot be parsed'] };
      const decision = ask(cedar, schemaName, id, request);
      set.decisions.set(key, decision);
      return decision;
    },
    async problems(text) {
      const { cedar } = await ready();
      const { policies, problems } = splitPolicies(cedar, text, (_, i) => `policy ${i + 1}`);
      if (problems.length > 0) return problems;
      if (Object.keys(policies).length === 0) return [{ pointer: '', detail: 'there is no policy in this text' }];
      return validatePolicies(cedar, schema, known, policies);
    },
    stored: (text) => ({ text, schema: schemaName }),
    forget: (workspaceId) => void sets.delete(workspaceId),
  };
}

/** The id under which Cedar knows the set now; synchronous up to its use, so nobody takes the place in between. */
function parsedId(cedar: CedarModule, set: PolicySet): string | null {
  const held = ring.indexOf(set);
  if (held >= 0) return `set-${held}`;
  const slot = next++ % ring.length;
  ring[slot] = null;
  if (cedar.preparsePolicySet(`set-${slot}`, { staticPolicies: set.policies }).type !== 'success') return null;
  ring[slot] = set;
  return `set-${slot}`;
}

function setOf(cedar: CedarModule, policies: Policies, broken: string | null): PolicySet {
  return { policies, broken, sight: sightOf(cedar, policies), decisions: new LRUCache({ max: 5000 }) };
}

function insist(answer: { type: 'success' } | { type: 'failure'; errors: { message: string }[] }, what: string): void {
  if (answer.type === 'failure')
    throw new Internal('invalid_policy', `${what} cannot be parsed: ${answer.errors.map((e) => e.message).join('; ')}`);
}
