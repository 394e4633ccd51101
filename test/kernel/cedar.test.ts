import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { describe, expect, test } from 'vitest';
import { createAuthorizer } from '#lib/kernel/authorize';
import { actionSchema, cedarAttributes, cedarSchema } from '#lib/kernel/cedar-schema';
import { verdict } from '#lib/kernel/decide';
import { GRANTS, HOUSE_POLICIES } from '#lib/kernel/house-policies';
import type { ActionInfo } from '#lib/kernel/info';
import { parsePolicy, sightOf, validatePolicies } from '#lib/kernel/policy-set';
import { type Principal, type RecordOf, ROLES, type Role } from '#lib/kernel/resource';
import { OTHER_WORKSPACE, openHouse, WORKSPACE } from './house.ts';

async function authorizer() {
  const house = await openHouse();
  const info = await house.kernel.resource('Paper');
  const read = info.actions.read as ActionInfo;
  const decide = createAuthorizer(house.kernel, house.home.store, house.clock);
  const record = { id: 'ppr_1', workspaceId: WORKSPACE, rev: 1, state: 'draft' } as unknown as RecordOf;
  return { house, info, read, record, decide: decide.decide, schema: cedarSchema(await house.kernel.resources()) };
}

const admin: Principal = { id: 'key_a', workspaceId: WORKSPACE, roles: ['admin'] };

describe('the authorizer by itself', () => {
  test('allows what the house allows, and says by which policy', async () => {
    const { decide, info, read, record } = await authorizer();
    expect(await decide(admin, info, read, record)).toEqual({ allow: true, reasons: ['admin'] });
  });

  test('isolates workspaces also when a foreign record got as far as here, and says why', async () => {
    const { decide, info, record } = await authorizer();
    const foreign = { ...record, workspaceId: OTHER_WORKSPACE };
    for (const roles of [...ROLES.map((role) => [role]), [...ROLES]] as Role[][])
      for (const action of Object.values(info.actions).filter(({ collection }) => !collection)) {
        expect((await decide({ ...admin, roles }, info, action, foreign)).allow).toBe(false);
        expect((await decide({ ...admin, roles: [], system: true }, info, action, foreign)).reasons).toEqual([
          'isolation',
        ]);
      }
    const reading = Object.values(info.actions).find(({ name }) => name === 'read') as ActionInfo;
    expect(await decide(admin, info, reading, foreign)).toEqual({ allow: false, reasons: ['isolation'] });
  });

  test('denies an action that is not in the schema', async () => {
    const { decide, info, read, record } = await authorizer();
    const decision = await decide(admin, info, { ...read, id: 'Paper.nope' }, record);
    expect(decision.allow).toBe(false);
    expect(decision.reasons.join()).toContain('Paper.nope');
  });

  test('denies a request that is not valid by the schema: an action of another resource, a system action of a user', async () => {
    const { decide, info, read, record, house } = await authorizer();
    const elsewhere = (await house.kernel.resource('Log')).actions.read as ActionInfo;
    expect((await decide(admin, info, elsewhere, record)).allow).toBe(false);
    expect((await decide(admin, info, info.actions.stamp as ActionInfo, record)).allow).toBe(false);
    expect((await decide({ ...admin, workspaceId: 7 as unknown as string }, info, read, record)).allow).toBe(false);
  });

  test('fails, and does not say yes, when the store cannot tell which policies there are', async () => {
    const { house } = await authorizer();
    await house.home.close();
    const paper = house.kernel.list({ principal: admin, resource: 'Paper', limit: 1 });
    await expect(paper).rejects.toThrow();
  });
});

describe("Cedar's answers, read strictly", () => {
  const base = {
    principal: { type: 'User', id: 'u' },
    action: { type: 'Action', id: 'Paper.read' },
    resource: { type: 'Paper', id: 'r' },
    context: {},
    validateRequest: true,
  };
  const user = {
    uid: base.principal,
    attrs: { workspace: WORKSPACE, id: 'u' },
    parents: [{ type: 'Role', id: 'admin' }],
  };
  const paper = { uid: base.resource, attrs: { workspace: WORKSPACE }, parents: [] };
  const everything = { ...HOUSE_POLICIES, open: 'permit (principal, action, resource);' };

  test('a missing resource, a missing principal, an erring policy and an unknown action are all denials', async () => {
    const { schema } = await authorizer();
    const ask = (more: Partial<Parameters<typeof cedar.isAuthorized>[0]>) =>
      cedar.isAuthorized({
        ...base,
        schema,
        policies: { staticPolicies: everything },
        entities: [user, paper],
        ...more,
      });
    expect(verdict(ask({})).allow).toBe(true);

    const noResource = ask({ entities: [user] });
    // The trap itself: the isolation errs and is skipped, and the permit for everything lets it through.
    expect(noResource).toMatchObject({ type: 'success', response: { decision: 'allow' } });
    expect(verdict(noResource).allow).toBe(false);
    expect(verdict(noResource).reasons.join()).toContain('isolation could not be evaluated');

    expect(verdict(ask({ entities: [paper] })).allow).toBe(false);
    expect(verdict(ask({ entities: [] })).allow).toBe(false);
    expect(verdict(ask({ action: { type: 'Action', id: 'Paper.nope' } })).allow).toBe(false);
    expect(verdict(ask({ resource: { type: 'Log', id: 'r' } })).allow).toBe(false);
    expect(verdict(ask({ entities: [user, { ...paper, attrs: { workspace: 3 } }] })).allow).toBe(false);
    const erring = {
      ...everything,
      erring: 'forbid (principal, action, resource is Paper) when { 9223372036854775807 + 1 < 0 };',
    };
    expect(verdict(ask({ policies: { staticPolicies: erring } })).allow).toBe(false);
  });
});

describe('the policies of the house', () => {
  test('are valid by the schema derived from the declarations, without a warning', async () => {
    const { schema } = await authorizer();
    const known = new Set(['workspace', 'id']);
    expect(validatePolicies(cedar, schema, known, { ...HOUSE_POLICIES })).toEqual([]);
  });

  test('look at nothing but the workspace, so decisions by them are the same for all records of a kind', () => {
    const parsed = Object.entries(HOUSE_POLICIES).map(([id, text]) => parsePolicy(cedar, id, text));
    expect(sightOf(parsed)).toEqual({ attributes: new Set(['workspace']), identity: false });
  });

  /** Rows where these policies and the table disagree; every role and the system, every action, own and foreign. */
  async function disagreements(policies: Record<string, string>): Promise<string[]> {
    const { schema, house } = await authorizer();
    cedar.preparseSchema('mutants', schema);
    cedar.preparsePolicySet('mutants', { staticPolicies: policies });
    const wrong: string[] = [];
    for (const info of await house.kernel.resources())
      for (const action of Object.values(info.actions))
        for (const who of [...ROLES, 'system', 'nobody'] as const)
          for (const workspace of [WORKSPACE, OTHER_WORKSPACE]) {
            const principal = { type: who === 'system' ? 'System' : 'User', id: 'p' };
            const resource = { type: action.collection ? 'Workspace' : info.name, id: 'r' };
            const answer = cedar.statefulIsAuthorized({
              ...{ principal, resource, context: {}, validateRequest: true },
              ...{ preparsedSchemaName: 'mutants', preparsedPolicySetId: 'mutants' },
              action: { type: 'Action', id: action.id },
              entities: [
                {
                  uid: principal,
                  attrs: { workspace: WORKSPACE, id: 'p' },
                  parents: who === 'system' ? [] : [{ type: 'Role', id: who }],
                },
                { uid: resource, attrs: { workspace }, parents: [] },
              ],
            });
            const own = workspace === WORKSPACE;
            const table = who === 'system' || (who !== 'nobody' && GRANTS[who].includes(action.access));
            const { allow, reasons } = verdict(answer);
            const said = `${who} ${action.id} ${own ? 'own' : 'foreign'}`;
            if (allow !== (own && table)) wrong.push(`${said}: ${allow}`);
            // The permits isolate as well, so that the forbid does is seen by its name alone.
            else if (!own && action.access !== 'system' && !reasons.includes('isolation'))
              wrong.push(`${said}: not by isolation`);
          }
    return wrong;
  }

  test('agree with the table on every role, action and workspace', async () => {
    expect(await disagreements({ ...HOUSE_POLICIES })).toEqual([]);
  });

  const mutants: [string, (policies: Record<string, string>) => Record<string, string>][] = [
    ['without the isolation', ({ isolation: _, ...rest }) => rest],
    [
      'with the isolation turned into its opposite',
      (all) => ({ ...all, isolation: String(all.isolation).replace('==', '!=') }),
    ],
    [
      'with the isolation for users only',
      (all) => ({ ...all, isolation: String(all.isolation).replace('(principal,', '(principal is User,') }),
    ],
    ['without the policy for the system', ({ system: _, ...rest }) => rest],
    [
      'with a system that is anybody',
      (all) => ({ ...all, system: String(all.system).replace('principal is System', 'principal') }),
    ],
    ...ROLES.map((role): [string, (policies: Record<string, string>) => Record<string, string>] => [
      `without ${role}`,
      ({ [role]: _, ...rest }) => rest,
    ]),
    ...ROLES.filter((role) => role !== 'admin').map(
      (role): [string, (policies: Record<string, string>) => Record<string, string>] => [
        `with ${role} allowed one thing more`,
        (all) => ({
          ...all,
          [role]: String(all[role]).replace('Action::"read"', 'Action::"read", Action::"administer"'),
        }),
      ],
    ),
    [
      'with every permit open and no isolation',
      (all) =>
        Object.fromEntries(
          Object.entries(all)
            .filter(([id]) => id !== 'isolation')
            .map(([id, text]) => [id, text.replace(/ when \{.*\}/, '')]),
        ),
    ],
  ];

  test.each(mutants)('%s do not', async (_, mutate) => {
    expect((await disagreements(mutate({ ...HOUSE_POLICIES }))).length).toBeGreaterThan(0);
  });

  test('isolate twice: each permit by itself, when the forbid is gone', () => {
    for (const [id, text] of Object.entries(HOUSE_POLICIES))
      if (id !== 'isolation') expect(text).toContain('when { principal.workspace == resource.workspace }');
  });
});

describe('what policies can see', () => {
  test.each([
    ['forbid (principal, action, resource) when { resource.a && resource has b };', ['a', 'b'], false],
    [
      'forbid (principal in Role::"x", action, resource is Paper) when { principal in [Role::"a", Role::"b"] };',
      [],
      false,
    ],
    ['forbid (principal == User::"x", action, resource);', [], true],
    ['forbid (principal == Role::"x", action, resource);', [], true],
    ['forbid (principal, action, resource == Paper::"x");', [], true],
    ['forbid (principal, action, resource in Paper::"x");', [], true],
    ['forbid (principal, action, resource) when { resource == principal };', [], true],
    ['forbid (principal, action, resource) when { [resource].contains(principal) };', [], true],
    ['forbid (principal, action, resource) when { {a: resource}.a has b };', ['a', 'b'], true],
    [
      'forbid (principal, action, resource) when { if principal is User then resource.c > 1 else !(resource.d like "x*") };',
      ['c', 'd'],
      false,
    ],
    ['forbid (principal, action, resource) when { principal is User in Role::"x" };', [], true],
    ['forbid (principal, action, resource) when { principal.hasTag("x") };', [], true],
    ['forbid (principal, action, resource) when { resource has a.b };', ['a', 'b'], false],
  ] as [string, string[], boolean][])('%s', (text, attributes, identity) => {
    expect(cedar.policyToJson(text).type).toBe('success');
    expect(parsePolicy(cedar, 'x', text)).toMatchObject({ attributes: new Set(attributes), identity });
  });
});

describe('the schema', () => {
  test('has an entity per resource and an action per action; secrets and what Cedar cannot express stay out', async () => {
    const { schema } = await authorizer();
    expect(cedar.checkParseSchema(schema)).toEqual({ type: 'success' });
    expect(schema).toContain(
      'entity Paper { workspace: String, "state"?: String, "createdBy"?: String, "name"?: String, "author"?: String, "pages"?: Long, "text"?: String, "draft"?: Bool };',
    );
    expect(schema).toContain(
      'action "Paper.publish" in ["promote"] appliesTo { principal: [User, System], resource: [Paper] };',
    );
    expect(schema).toContain(
      'action "Paper.create" in ["edit"] appliesTo { principal: [User, System], resource: [Workspace] };',
    );
    expect(schema).toContain(
      'action "Paper.stamp" in ["system"] appliesTo { principal: [System], resource: [Paper] };',
    );
    expect(schema).toContain('"roles"?: Set<String>');
  });

  test('in parts, one for an action, is the whole: Cedar reads them and finds the same entities in them', async () => {
    const { house, schema } = await authorizer();
    const whole = cedar.schemaToJson(schema);
    if (whole.type !== 'success') throw new Error(whole.errors[0]?.message);
    const { entityTypes, actions } = whole.json[''] ?? { entityTypes: {}, actions: {} };
    for (const info of await house.kernel.resources())
      for (const action of Object.values(info.actions)) {
        const part = actionSchema(info, action, new Set(Object.keys(cedarAttributes(info))));
        expect(cedar.checkParseSchema(part).type).toBe('success');
        const { appliesTo } = part['']?.actions[action.id] ?? {};
        expect(appliesTo).toEqual(actions[action.id]?.appliesTo);
        expect(appliesTo?.resourceTypes).toHaveLength(1);
        const attributesOf = (entity: unknown) =>
          Object.keys((entity as { shape: { attributes: object } }).shape.attributes).toSorted();
        if (!action.collection)
          expect(attributesOf(part['']?.entityTypes[info.name])).toEqual(attributesOf(entityTypes[info.name]));
      }
  });
});
