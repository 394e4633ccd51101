import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newId } from '#lib/base/id';
import { systemPrincipal } from '#lib/kernel/kernel';
import { policySetKey } from '#lib/kernel/keys';
import { type Principal, ROLES, type Role } from '#lib/kernel/resource';
import { OTHER_WORKSPACE, openHouse, outcome, type TestHouse, WORKSPACE, write } from './house.ts';

/** Who may do what, written down again by hand: not derived from the policies under test. */
const MAY: Record<Role, string> = {
  viewer: 'read',
  operator: 'read run promote',
  engineer: 'read run edit',
  admin: 'read run edit promote administer',
};

const addPolicy = (house: TestHouse, name: string, text: string) =>
  house.kernel.dispatch({ principal: house.as('admin'), resource: 'Policy', action: 'create', input: { name, text } });

/** What an authorizer says to every action: anything but Forbidden or NotFound means that it let the request through. */
async function allowed(
  house: TestHouse,
  principal: Principal,
  resource: string,
  action: string,
  id: string | undefined,
): Promise<boolean> {
  if (action === 'list') return (await outcome(house.kernel.list({ principal, resource, limit: 1 }))) === 'ok';
  const input = INPUTS[`${resource}.${action}`] ?? {};
  const request = { principal, resource, action, input, ifMatch: 999_999, ...(id === undefined ? {} : { id }) };
  const answer = await outcome(house.kernel.dispatch(request));
  return !/^(Forbidden|NotFound) /.test(answer);
}

const INPUTS: Record<string, object> = {
  'Paper.create': { name: 'new' },
  'Paper.grade': { by: 1 },
  'Paper.copy': { name: 'copy' },
  'Paper.swap': { other: 'x' },
  'Paper.lookup': { name: 'fixture' },
  'Log.create': { title: 'x' },
  'Log.append': { line: 'x' },
  'Policy.create': { name: 'p', text: 'x' },
  'Policy.validate': { text: 'x' },
  'ApiKey.create': { name: 'k', roles: ['viewer'] },
  'ApiKey.adopt': { name: 'k', roles: ['viewer'], token: 'x' },
  'Workspace.create': { name: 'w' },
};

async function fixtures(house: TestHouse, workspaceId = WORKSPACE): Promise<Record<string, string>> {
  const system = systemPrincipal(workspaceId);
  const admin = house.as('admin', workspaceId);
  const make = async (principal: Principal, resource: string, input: object, id?: string) => {
    const result = await house.kernel.dispatch({ principal, resource, action: 'create', input, ...(id ? { id } : {}) });
    return result.kind === 'record' ? result.id : '';
  };
  const policy = 'forbid (principal, action == Action::"Log.remove_never", resource);'.replace(
    'Log.remove_never',
    'Log.append',
  );
  return {
    Workspace: await make(system, 'Workspace', { name: `w-${workspaceId.slice(-8)}` }, workspaceId),
    ApiKey: await make(admin, 'ApiKey', { name: 'fixture', roles: ['viewer'] }),
    Paper: await make(system, 'Paper', { name: 'fixture' }),
    Log: await make(system, 'Log', { title: 'fixture' }),
    Policy: await make(admin, 'Policy', {
      name: 'fixture',
      text: `${policy.slice(0, -1)} when { resource has state && resource.state == "never" };`,
    }),
  };
}

describe('roles', () => {
  test('every role may do exactly what the table says, on every action of every resource', async () => {
    const house = await openHouse();
    const ids = await fixtures(house);
    const events = await house.kernel.list({ principal: house.as('admin'), resource: 'AuditEvent', limit: 1 });
    ids.AuditEvent = String(events.items[0]?.id);
    let rows = 0;
    for (const info of await house.kernel.resources()) {
      for (const action of Object.values(info.actions)) {
        for (const role of ROLES) {
          const id = action.collection ? undefined : ids[info.name];
          const expected = MAY[role].split(' ').includes(action.access);
          expect(`${role} ${action.id} ${await allowed(house, house.as(role), info.name, action.name, id)}`).toBe(
            `${role} ${action.id} ${expected}`,
          );
          rows++;
        }
      }
    }
    expect(rows).toBeGreaterThan(130);
  });

  test('several roles may do what any of them may; no role may do nothing, and sees nothing', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    const both: Principal = { id: 'key_x', workspaceId: WORKSPACE, roles: ['engineer', 'operator'] };
    expect(await allowed(house, both, 'Paper', 'update', id)).toBe(true);
    expect(await allowed(house, both, 'Paper', 'publish', id)).toBe(true);
    const none = { ...both, roles: [] };
    const request = { principal: none, resource: 'Paper', id };
    expect(await outcome(house.kernel.dispatch({ ...request, action: 'read' }))).toBe('NotFound not_found');
    expect(await outcome(house.kernel.dispatch({ ...request, action: 'withdraw' }))).toBe('NotFound not_found');
    expect(await outcome(house.kernel.list({ ...request, limit: 1 }))).toBe('Forbidden forbidden');
  });

  test('a role somebody made up is no role', async () => {
    const house = await openHouse();
    const principal = { ...house.as('viewer'), roles: ['root', 'Admin', ''] as unknown as Role[] };
    expect(await outcome(house.kernel.list({ principal, resource: 'Paper', limit: 1 }))).toBe('Forbidden forbidden');
  });

  test('what is seen but not allowed is Forbidden, and says by whom and what', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    const request = { principal: house.as('viewer'), resource: 'Paper', action: 'withdraw', id };
    await expect(house.kernel.dispatch(request)).rejects.toMatchObject({
      status: 403,
      message: 'key_viewer (viewer) may not Paper.withdraw',
    });
  });

  test('a system action is out of reach of every role, also when a policy permits everything', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    await addPolicy(house, 'open', 'permit (principal, action, resource);');
    const request = { resource: 'Paper', action: 'stamp', id };
    for (const role of ROLES)
      expect(await outcome(house.kernel.dispatch({ ...request, principal: house.as(role) }))).toBe(
        'Forbidden forbidden',
      );
    expect(await outcome(house.kernel.dispatch({ ...request, principal: systemPrincipal(WORKSPACE) }))).toBe('ok');
  });
});

describe('workspaces', () => {
  test("another workspace's record answers exactly as one that does not exist, in every operation", async () => {
    const house = await openHouse();
    const foreign = await fixtures(house, OTHER_WORKSPACE);
    const others = await house.kernel.list({
      principal: house.as('admin', OTHER_WORKSPACE),
      resource: 'AuditEvent',
      limit: 1,
    });
    foreign.AuditEvent = String(others.items[0]?.id);
    const answer = async (work: Promise<unknown>, id: string) => {
      const error = (await work.then(
        () => ({ name: 'ok' }),
        (e: unknown) => e,
      )) as Record<string, unknown> & { message?: string };
      const { name, code, status, problems, extra } = error;
      return JSON.stringify({ name, code, status, problems, extra, message: error.message?.replaceAll(id, 'ID') });
    };
    let compared = 0;
    for (const principal of [...ROLES.map((role) => house.as(role)), systemPrincipal(WORKSPACE)]) {
      for (const info of await house.kernel.resources()) {
        const [there, nowhere] = [String(foreign[info.name]), newId(info.idPrefix)];
        const operations = [
          ...Object.values(info.actions)
            .filter(({ collection }) => !collection)
            .flatMap(({ id, name }) => [
              (record: string) =>
                house.kernel.dispatch({
                  principal,
                  resource: info.name,
                  action: name,
                  id: record,
                  input: INPUTS[id] ?? {},
                }),
              (record: string) =>
                house.kernel.dispatch({
                  principal,
                  resource: info.name,
                  action: name,
                  id: record,
                  ifMatch: 1,
                  input: INPUTS[id] ?? {},
                }),
            ]),
          (record: string) => house.kernel.version({ principal, resource: info.name, id: record, version: 1 }),
          (record: string) => house.kernel.versions({ principal, resource: info.name, id: record, limit: 1 }),
          (record: string) => house.kernel.acting(principal).get(info.name, record),
          (record: string) => house.kernel.acting(principal).find(info.name, record),
          ...Object.keys(info.streams).map(
            (stream) => (record: string) =>
              house.kernel.stream({ principal, resource: info.name, id: record, stream, after: null }),
          ),
        ];
        for (const operation of operations) {
          const got = await answer(operation(there), there);
          expect(got).toBe(await answer(operation(nowhere), nowhere));
          expect(got).toContain('"status":404');
          compared++;
        }
        const { items } = await house.kernel.list({ principal: house.as('admin'), resource: info.name, limit: 100 });
        expect(items.map(({ workspaceId }) => workspaceId)).not.toContain(OTHER_WORKSPACE);
      }
    }
    expect(compared).toBeGreaterThan(250);
  });

  test('a foreign id inside the input is as missing as its own', async () => {
    const house = await openHouse();
    const mine = await write(house, 'mine');
    const theirs = await write(house, 'theirs', {}, OTHER_WORKSPACE);
    const swap = (other: string) =>
      outcome(
        house.kernel.dispatch({
          principal: house.as('engineer'),
          resource: 'Paper',
          action: 'swap',
          id: mine.id,
          input: { other },
        }),
      );
    expect(await swap(theirs.id)).toBe('NotFound not_found');
    expect(await swap(theirs.id)).toBe(await swap(newId('ppr')));
    const find = house.kernel.acting(house.as('viewer')).find('Paper', 'theirs');
    expect(await outcome(find)).toBe('NotFound not_found');
  });

  test('ids that are no ids never reach the store', async () => {
    const house = await openHouse();
    const principal = house.as('admin');
    const ids = [
      '',
      'ppr_',
      `ppr_${'a'.repeat(5000)}`,
      `PPR_${'0'.repeat(26)}`,
      `${newId('ppr')}#HEAD`,
      '../x',
      'ppr_\u0000',
      `log_${'0'.repeat(26)}`,
    ];
    for (const id of ids)
      expect(await outcome(house.kernel.dispatch({ principal, resource: 'Paper', action: 'read', id }))).toBe(
        'NotFound not_found',
      );
  });
});

describe("a workspace's own policies", () => {
  test('a forbid overrules every permit and is in force at once; removed, it is gone at once', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one', { pages: 7 });
    const publish = () =>
      outcome(
        house.kernel.dispatch({
          principal: house.as('operator'),
          resource: 'Paper',
          action: 'publish',
          id,
          ifMatch: 9,
        }),
      );
    expect(await publish()).toBe('Stale stale');
    const text =
      'forbid (principal, action == Action::"Paper.publish", resource) unless { resource has pages && resource.pages > 10 };';
    const policy = await addPolicy(house, 'length', text);
    expect(await publish()).toBe('Forbidden forbidden');
    const request = { principal: house.as('admin'), resource: 'Policy', id: policy.kind === 'record' ? policy.id : '' };
    await house.kernel.dispatch({ ...request, action: 'update', input: { text: text.replace('10', '5') } });
    expect(await publish()).toBe('Stale stale');
    await house.kernel.dispatch({ ...request, action: 'update', input: { text } });
    expect(await publish()).toBe('Forbidden forbidden');
    await house.kernel.dispatch({ ...request, action: 'remove' });
    expect(await publish()).toBe('Stale stale');
  });

  test('a permit adds to a role, in this workspace alone', async () => {
    const house = await openHouse();
    const [mine, theirs] = [await write(house, 'a'), await write(house, 'a', {}, OTHER_WORKSPACE)];
    await addPolicy(house, 'open', 'permit (principal, action == Action::"Paper.withdraw", resource);');
    const withdraw = (id: string, workspaceId: string) =>
      outcome(
        house.kernel.dispatch({
          principal: house.as('viewer', workspaceId),
          resource: 'Paper',
          action: 'withdraw',
          id,
        }),
      );
    expect(await withdraw(mine.id, WORKSPACE)).toBe('ok');
    expect(await withdraw(theirs.id, OTHER_WORKSPACE)).toBe('Forbidden forbidden');
    expect(await withdraw(theirs.id, WORKSPACE)).toBe('NotFound not_found');
  });

  test('what may not be read is missing from lists, reads and finds', async () => {
    const house = await openHouse();
    const hidden = await write(house, 'hidden', { author: 'eve' });
    await write(house, 'open', { author: 'bob' });
    const text =
      'forbid (principal, action in Action::"read", resource is Paper) when { resource has author && resource.author == "eve" } unless { principal in Role::"admin" };';
    await addPolicy(house, 'eve', text);
    const names = async (role: Role) =>
      (await house.kernel.list({ principal: house.as(role), resource: 'Paper', limit: 9 })).items.map(
        ({ name }) => name,
      );
    expect(await names('engineer')).toEqual(['open']);
    expect(await names('admin')).toEqual(['open', 'hidden']);
    for (const action of ['read', 'update', 'withdraw'])
      expect(
        await outcome(
          house.kernel.dispatch({ principal: house.as('viewer'), resource: 'Paper', action, id: hidden.id }),
        ),
      ).toBe('NotFound not_found');
    const found = house.kernel.acting(house.as('engineer')).find('Paper', 'hidden');
    await expect(found).rejects.toThrow('there is no Paper "hidden"');
  });

  test('a policy may single out a principal or a record', async () => {
    const house = await openHouse();
    const [a, b] = [await write(house, 'a'), await write(house, 'b')];
    await addPolicy(
      house,
      'one',
      `forbid (principal == User::"key_operator", action == Action::"Paper.withdraw", resource == Paper::"${a.id}");`,
    );
    const may = (role: Role, id: string) => allowed(house, house.as(role), 'Paper', 'withdraw', id);
    expect([await may('operator', a.id), await may('operator', b.id), await may('engineer', a.id)]).toEqual([
      false,
      true,
      true,
    ]);
  });

  test('a policy may compare who made a record with who acts on it', async () => {
    const house = await openHouse();
    const mine = await write(house, 'mine');
    const text =
      'forbid (principal, action == Action::"Paper.publish", resource) when { resource has createdBy && resource.createdBy == principal.id };';
    await addPolicy(house, 'four-eyes', text);
    const author: Principal = { id: 'key_engineer', workspaceId: WORKSPACE, roles: ['admin'] };
    expect(await allowed(house, author, 'Paper', 'publish', mine.id)).toBe(false);
    expect(await allowed(house, { ...author, id: 'key_other' }, 'Paper', 'publish', mine.id)).toBe(true);
  });

  test.each([
    ['nonsense', 'permit everything', /unexpected token/],
    [
      'an unknown attribute',
      'forbid (principal, action, resource is Paper) when { resource.color == "red" };',
      /color/,
    ],
    [
      'an attribute that may be absent',
      'forbid (principal, action, resource is Paper) when { resource.pages > 3 };',
      /pages/,
    ],
    [
      'a secret attribute',
      'forbid (principal, action, resource is Paper) when { resource has pin && resource.pin == "0000" };',
      /pin/,
    ],
    [
      'another type',
      'forbid (principal, action, resource is Paper) when { resource has pages && resource.pages == "3" };',
      /Long|String|type/i,
    ],
    ['an unknown action', 'forbid (principal, action == Action::"Paper.fly", resource);', /fly/],
    ['an unknown entity type', 'forbid (principal, action, resource is Car);', /Car/],
    ['a template', 'permit (principal == ?principal, action, resource);', /template/],
    ['no policy', '// nothing', /no policy/],
  ])('%s is refused when it is written, with the reason', async (_, text, reason) => {
    const house = await openHouse();
    const error = await addPolicy(house, 'x', text).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'invalid_policy', status: 400 });
    for (const { pointer } of (error as { problems: { pointer: string }[] }).problems) expect(pointer).toBe('/text');
    expect((error as { problems: { detail: string }[] }).problems.map(({ detail }) => detail).join()).toMatch(reason);
  });

  test('all validation errors are listed', async () => {
    const house = await openHouse();
    const text = ['"Paper.fly"', '"Paper.swim"', '"Paper.run"']
      .map((action) => `forbid (principal, action == Action::${action}, resource);`)
      .join('\n');
    const answer = await house.kernel.dispatch({
      principal: house.as('admin'),
      resource: 'Policy',
      action: 'validate',
      input: { text },
    });
    const { body } = answer as unknown as { body: { valid: boolean; errors: { detail: string }[] } };
    expect(body.valid).toBe(false);
    for (const action of ['fly', 'swim', 'run'])
      expect(body.errors.map(({ detail }) => detail).join()).toContain(action);
  });

  test('a workspace has a bounded number of them, also when they are added at the same time', async () => {
    const house = await openHouse();
    const text = 'forbid (principal, action == Action::"Paper.publish", resource);';
    const answers = await Promise.all(Array.from({ length: 45 }, (_, i) => outcome(addPolicy(house, `p${i}`, text))));
    expect(answers.filter((answer) => answer === 'ok')).toHaveLength(40);
    expect(new Set(answers)).toEqual(new Set(['ok', 'Conflict too_many_policies']));
  });
});

describe('failing closed', () => {
  const readPaper = async (house: TestHouse, id: string) =>
    outcome(house.kernel.dispatch({ principal: house.as('admin'), resource: 'Paper', action: 'read', id }));

  test('a policy that errors when it is evaluated denies, though another one permits', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one', { pages: Number.MAX_SAFE_INTEGER });
    expect(await readPaper(house, id)).toBe('ok');
    // Valid by its types; overflows when it runs. Cedar itself would skip this forbid and allow.
    const text =
      'forbid (principal, action, resource is Paper) when { resource has pages && resource.pages * 1000000 * 1000000 < 0 };';
    await addPolicy(house, 'overflow', text);
    expect(await readPaper(house, id)).toBe('NotFound not_found');
    const short = await write(house, 'two', { pages: 1 });
    expect(await readPaper(house, short.id)).toBe('ok');
  });

  test('a policy that no longer fits the house after an upgrade denies, and its admin can still repair it', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    const policy = await addPolicy(house, 'x', 'forbid (principal, action == Action::"Paper.publish", resource);');
    const policyId = policy.kind === 'record' ? policy.id : '';
    // As an older house left it: valid under another schema, for an action that is gone.
    const stored = { text: 'forbid (principal, action == Action::"Paper.gone", resource);', schema: 'older' };
    await house.home.store.transact([{ update: policySetKey(WORKSPACE), set: { [policyId]: stored } }]);
    house.clock.time += 10_000;
    expect(await readPaper(house, id)).toBe('NotFound not_found');
    const principal = house.as('admin');
    const error = await house.kernel.list({ principal, resource: 'Paper', limit: 1 }).catch((e: unknown) => e);
    expect(JSON.stringify((error as { extra: unknown }).extra)).toContain('Paper.gone');
    await house.kernel.dispatch({ principal, resource: 'Policy', action: 'remove', id: policyId });
    expect(await readPaper(house, id)).toBe('ok');
  });

  test('a policy set that is damaged denies', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    await addPolicy(house, 'x', 'forbid (principal, action == Action::"Paper.publish", resource);');
    await house.home.store.transact([
      { update: policySetKey(WORKSPACE), set: { pol_x: { text: 'permit (', schema: 'older' } } },
    ]);
    house.clock.time += 10_000;
    expect(await readPaper(house, id)).toBe('NotFound not_found');
  });

  test('a record with an attribute of another type than declared is denied, not guessed at', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    const text = 'forbid (principal, action, resource is Paper) when { resource has pages && resource.pages > 100 };';
    await addPolicy(house, 'x', text);
    const item = await house.home.store.get({ pk: `W#${WORKSPACE}#Paper#${id}`, sk: 'HEAD' });
    if (item === null) throw new Error('the record is not where it should be');
    await house.home.store.transact([
      { put: { ...item, data: { ...item.data, body: { name: 'one', pages: 'many' } } } },
    ]);
    expect(await readPaper(house, id)).toBe('NotFound not_found');
  });

  test('a policy that forbids everything cannot lock out the admin who wrote it', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    const policy = await addPolicy(house, 'oops', 'forbid (principal, action, resource);');
    expect(await readPaper(house, id)).toBe('NotFound not_found');
    const request = {
      principal: house.as('admin'),
      resource: 'Policy',
      action: 'remove',
      id: policy.kind === 'record' ? policy.id : '',
    };
    expect(await outcome(house.kernel.dispatch(request))).toBe('ok');
    expect(await readPaper(house, id)).toBe('ok');
  });

  test('another process goes on with former policies for two seconds at most', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    expect(await readPaper(house, id)).toBe('ok');
    // Written behind this kernel's back.
    const text = 'forbid (principal, action in Action::"read", resource is Paper);';
    await house.home.store.transact([{ update: policySetKey(WORKSPACE), set: { pol_other: { text, schema: 'x' } } }]);
    house.clock.time += 2000;
    expect(await readPaper(house, id)).toBe('NotFound not_found');
  });
});

describe('decisions that are remembered', () => {
  const POLICIES = [
    'forbid (principal, action == Action::"Paper.withdraw", resource) when { resource has pages && resource.pages > 3 };',
    'forbid (principal, action == Action::"Paper.withdraw", resource) when { resource has author && resource.author like "e*" };',
    'forbid (principal == User::"key_engineer", action == Action::"Paper.withdraw", resource);',
    'forbid (principal, action == Action::"Paper.withdraw", resource) when { principal in [Role::"engineer"] && resource has draft && resource.draft };',
    'permit (principal, action == Action::"Paper.withdraw", resource) when { resource has state && resource.state == "published" };',
  ];

  test('are the same as decisions made anew, whatever the policies and the records', async () => {
    const house = await openHouse();
    await addPolicy(house, 'first', POLICIES[0] ?? '');
    const written = Object.values((await house.home.store.get(policySetKey(WORKSPACE)))?.data ?? {});
    const { schema } = written.find((value) => typeof value === 'object') as { schema: string };
    const records: string[] = [];
    for (const pages of [1, 5])
      for (const author of ['eve', 'bob', null])
        for (const draft of [true, false])
          records.push((await write(house, `${pages}${author}${draft}`, { pages, author, draft })).id);
    await fc.assert(
      fc.asyncProperty(
        fc.subarray(POLICIES),
        fc.array(fc.tuple(fc.constantFrom(...ROLES), fc.constantFrom(...records)), { minLength: 1, maxLength: 12 }),
        async (texts, requests) => {
          const set = Object.fromEntries(texts.map((text, i) => [`pol_${i}`, { text, schema }]));
          await house.home.store.transact([{ put: { ...policySetKey(WORKSPACE), data: set } }]);
          const decide = async () => {
            const seen: boolean[] = [];
            for (const [role, id] of requests) seen.push(await allowed(house, house.as(role), 'Paper', 'withdraw', id));
            return seen;
          };
          house.clock.time += 2000;
          const remembered = [await decide(), await decide()];
          const anew: boolean[] = [];
          for (const [role, id] of requests) {
            house.clock.time += 2000;
            anew.push(await allowed(house, house.as(role), 'Paper', 'withdraw', id));
          }
          expect(remembered).toEqual([anew, anew]);
        },
      ),
      { numRuns: 12 },
    );
  });

  test('sets of more workspaces than Cedar is given places for do not mix', async () => {
    const house = await openHouse();
    const workspaces = Array.from({ length: 70 }, () => newId('wsp'));
    const papers = new Map<string, string>();
    for (const [i, workspaceId] of workspaces.entries()) {
      papers.set(workspaceId, (await write(house, 'one', { pages: i }, workspaceId)).id);
      const text = `forbid (principal, action == Action::"Paper.withdraw", resource) when { resource has pages && resource.pages == ${i % 2 === 0 ? i : i + 1} };`;
      const principal = house.as('admin', workspaceId);
      await house.kernel.dispatch({ principal, resource: 'Policy', action: 'create', input: { name: 'p', text } });
    }
    for (let round = 0; round < 2; round++)
      for (const [i, workspaceId] of workspaces.entries())
        expect(
          await allowed(house, house.as('operator', workspaceId), 'Paper', 'withdraw', papers.get(workspaceId)),
        ).toBe(i % 2 === 1);
  });
});
