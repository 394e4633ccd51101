import { LRUCache } from 'lru-cache';
import type { Clock } from '#lib/base/clock';
import { Internal } from '#lib/base/errors';
import { checksum } from '#lib/base/hash';
import type { Store } from '#lib/ports/store';
import { actionSchema, COLLECTION, cedarAttributes, cedarSchema, schemaNameOf } from './cedar-schema.ts';
import { ask, type Decision, reduce } from './decide.ts';
import { HOUSE_GOVERNED, HOUSE_POLICIES } from './house-policies.ts';
import { decideByHouse } from './house-rule.ts';
import type { ActionInfo, ResourceInfo } from './info.ts';
import { policySetKey } from './keys.ts';
import type { Noun, Nouns } from './nouns.ts';
import {
  type CedarModule,
  concerns,
  type ParsedPolicy,
  type Policies,
  parsePolicy,
  type Sight,
  sightOf,
  splitPolicies,
  validatePolicies,
} from './policy-set.ts';
import type { PolicyDesk, Principal, RecordOf } from './resource.ts';

export interface Authorizer extends PolicyDesk {
  /** `record` is `null` for collection actions. Never throws for a policy's sake: what cannot be decided is denied. */
  decide(principal: Principal, info: ResourceInfo, action: ActionInfo, record: RecordOf | null): Promise<Decision>;
  /** Loads what the first decision in this workspace would wait for. */
  warm(workspaceId: string): Promise<void>;
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

/** All policies that apply in a workspace. */
interface PolicySet {
  policies: readonly ParsedPolicy[];
  /** Why nothing can be decided by this set. */
  broken: string | null;
  views: Map<string, View>;
}

/** The part of a set that one action needs, and what was decided by it. */
interface View {
  policies: Policies;
  sight: Sight;
  sendable: readonly string[];
  schema: string;
  decisions: LRUCache<string, Decision>;
}

/**
 * `preparsePolicySet` never evicts and its ids are the process's, so all views share these in turn. Entry i is the view
 * now parsed under `view-<i>`.
 */
const ring: (View | null)[] = Array.from({ length: 512 }, () => null);
const places = new WeakMap<View, number>();
let next = 0;

export function createAuthorizer(
  nouns: Pick<Nouns, 'nouns' | 'resources'>,
  store: Store,
  clock: Clock,
  /** The name of these nouns' schema, where it is known: then it is made only to validate policies. */
  schemaName?: string,
): Authorizer {
  // `null`: the house's own policies are all there is.
  const sets = new LRUCache<string, { until: number; set: Promise<PolicySet | null> }>({ max: 1000 });
  let house: Promise<{ cedar: CedarModule; set: PolicySet }> | null = null;
  let full: Promise<{ text: string; name: string; known: ReadonlySet<string> }> | null = null;
  const declared = nouns.nouns.filter(({ policies }) => (policies ?? '') !== '');

  // 4 MB of WebAssembly: loaded with the first policy that is not one of the house's own.
  const ready = () => {
    house ??= import('@cedar-policy/cedar-wasm/nodejs').then((cedar) => ({
      cedar,
      set: setOf(cedar, { ...HOUSE_POLICIES, ...declaredPolicies(cedar, declared) }, null),
    }));
    return house;
  };

  /** The whole schema: only what validates policies needs it. */
  const schema = () => {
    full ??= nouns.resources().then((resources) => {
      const text = cedarSchema(resources);
      const known = new Set(['workspace', 'id', ...resources.flatMap((info) => Object.keys(cedarAttributes(info)))]);
      return { text, name: schemaNameOf(text), known };
    });
    full.catch(() => {
      full = null;
    });
    return full;
  };

  const mistakes = async (cedar: CedarModule, policies: Policies) => {
    const { text, known } = await schema();
    return validatePolicies(cedar, text, known, policies);
  };

  const load = async (workspaceId: string): Promise<PolicySet | null> => {
    const item = await store.get(policySetKey(workspaceId));
    const own = Object.entries(item?.data ?? {}).filter(([id]) => id.startsWith('pol_'));
    if (own.length === 0) return houseSet();
    const { cedar, set } = await ready();
    const name = schemaName ?? (await schema()).name;
    const policies: Policies = {};
    let broken: string | null = null;
    for (const [id, stored] of own) {
      const policy = stored as unknown as StoredPolicy;
      const { policies: split, problems } = splitPolicies(cedar, policy.text, (_, i) => `${id}#${i}`);
      // Valid when it was written; the house may have changed since.
      const stale = policy.schema === name ? [] : await mistakes(cedar, split);
      const [problem] = [...problems, ...stale];
      if (problem !== undefined) broken = `${id}: ${problem.detail}`;
      Object.assign(policies, split);
    }
    const parsed = setOf(cedar, policies, broken);
    return { ...parsed, policies: [...set.policies, ...parsed.policies] };
  };

  const houseSet = async () => (declared.length === 0 ? null : (await ready()).set);

  const setFor = (workspaceId: string): Promise<PolicySet | null> => {
    const known = sets.get(workspaceId);
    if (known !== undefined && clock.now() < known.until) return known.set;
    const entry = { until: clock.now() + POLICIES_FRESH_MS, set: load(workspaceId) };
    sets.set(workspaceId, entry);
    entry.set.catch(() => sets.get(workspaceId) === entry && sets.delete(workspaceId));
    return entry.set;
  };

  return {
    async decide(principal, info, action, record) {
      if (info.actions[action.name]?.id !== action.id) return denied(`${info.name} has no action ${action.id}`);
      const set = await (HOUSE_GOVERNED.has(info.name) ? houseSet() : setFor(principal.workspaceId));
      if (set === null) return decideByHouse(principal, action, record);
      if (set.broken !== null) return denied(set.broken);
      const { cedar } = await ready();
      const view = viewOf(cedar, set, info, action);
      const request = reduce(view.sight, view.sendable, principal, info, action, record);
      const key = JSON.stringify(request);
      const known = view.decisions.get(key);
      if (known !== undefined) return known;
      const id = parsedId(cedar, view);
      const decision = id === null ? denied('the policies cannot be parsed') : ask(cedar, view.schema, id, request);
      view.decisions.set(key, decision);
      return decision;
    },
    async problems(text) {
      const { cedar } = await ready();
      const { policies, problems } = splitPolicies(cedar, text, (_, i) => `policy ${i + 1}`);
      if (problems.length > 0) return problems;
      if (Object.keys(policies).length === 0) return [{ pointer: '', detail: 'there is no policy in this text' }];
      return mistakes(cedar, policies);
    },
    stored: async (text) => ({ text, schema: (await schema()).name }),
    warm: async (workspaceId) => void (await setFor(workspaceId)),
    forget: (workspaceId) => void sets.delete(workspaceId),
  };
}

function declaredPolicies(cedar: CedarModule, declared: readonly Noun[]): Policies {
  const policies: Policies = {};
  for (const { name, policies: text = '' } of declared) {
    const split = splitPolicies(cedar, text, (id, i) => id ?? `${name}#${i}`);
    const [problem] = split.problems;
    if (problem !== undefined) throw new Internal('invalid_policy', `the policies of ${name}: ${problem.detail}`);
    Object.assign(policies, split.policies);
  }
  return policies;
}

function setOf(cedar: CedarModule, policies: Policies, broken: string | null): PolicySet {
  const parsed = Object.entries(policies).map(([id, text]) => parsePolicy(cedar, id, text));
  return { policies: parsed, broken, views: new Map() };
}

function viewOf(cedar: CedarModule, set: PolicySet, info: ResourceInfo, action: ActionInfo): View {
  const known = set.views.get(action.id);
  if (known !== undefined) return known;
  const relevant = set.policies.filter((policy) =>
    concerns(policy, action, action.collection ? COLLECTION : info.name),
  );
  const sight = sightOf(relevant);
  const needed = actionSchema(info, action, sight.attributes);
  const schema = checksum(needed);
  const answer = cedar.preparseSchema(schema, needed);
  if (answer.type === 'failure') throw new Internal('invalid_schema', `${action.id}: ${answer.errors[0]?.message}`);
  const view: View = {
    policies: Object.fromEntries(relevant.map((policy) => [policy.id, policy.text])),
    sight,
    sendable: Object.keys(cedarAttributes(info, sight.attributes)),
    schema,
    decisions: new LRUCache({ max: 1000 }),
  };
  set.views.set(action.id, view);
  return view;
}

/** The id under which Cedar knows the view now; synchronous up to its use, so nobody takes the place in between. */
function parsedId(cedar: CedarModule, view: View): string | null {
  const held = places.get(view);
  if (held !== undefined && ring[held] === view) return `view-${held}`;
  const place = next++ % ring.length;
  ring[place] = null;
  if (cedar.preparsePolicySet(`view-${place}`, { staticPolicies: view.policies }).type !== 'success') return null;
  ring[place] = view;
  places.set(view, place);
  return `view-${place}`;
}

function denied(reason: string): Decision {
  return { allow: false, reasons: [reason] };
}
