import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Json } from '#lib/base/json';
import { createKernel } from '#lib/kernel/kernel';
import type { Principal, Role } from '#lib/kernel/resource';
import { createFirstKey } from '#lib/resources/workspace/first-key';
import { openHouse, outcome, type TestHouse, WORKSPACE } from './house.ts';

async function makeKey(house: TestHouse, name: string, roles: Role[], more: object = {}) {
  const principal = house.as('admin');
  const result = await house.kernel.dispatch({
    principal,
    resource: 'ApiKey',
    action: 'create',
    input: { name, roles, ...more },
  });
  if (result.kind !== 'record') throw new Error('no key was made');
  return { id: result.id, token: String(result.body.token), body: result.body };
}

const REFUSED = 'Unauthenticated credentials_invalid';

describe('API keys', () => {
  test('a key authenticates as itself, in its workspace, with its roles', async () => {
    const house = await openHouse();
    const { id, token } = await makeKey(house, 'ci', ['operator', 'viewer']);
    expect(token).toMatch(/^dsk_[0-9a-z]{26}_[A-Za-z0-9_-]{43}$/);
    const principal = { id, workspaceId: WORKSPACE, roles: ['operator', 'viewer'] };
    expect(await house.kernel.authenticate(`Bearer ${token}`)).toEqual(principal);
    expect(await house.kernel.authenticate(`bearer ${token}`)).toEqual(principal);
  });

  test('the key is shown once: not when it is read, listed, replayed, in its event or on disk', async () => {
    const house = await openHouse();
    const principal = house.as('admin');
    const request = {
      principal,
      resource: 'ApiKey',
      action: 'create',
      input: { name: 'ci', roles: ['viewer'] },
      idempotencyKey: 'k',
    };
    const first = await house.kernel.dispatch(request);
    const token = String((first as { body: { [key: string]: Json } }).body.token);
    const again = await house.kernel.dispatch(request);
    expect(again).toMatchObject({ replayed: true });
    const id = first.kind === 'record' ? first.id : '';
    const seen = [
      again,
      await house.kernel.dispatch({ principal, resource: 'ApiKey', action: 'read', id }),
      await house.kernel.list({ principal, resource: 'ApiKey', limit: 10 }),
      await house.kernel.list({ principal, resource: 'AuditEvent', limit: 10 }),
    ];
    expect(JSON.stringify(seen)).not.toContain(token.slice(-43));
    await house.home.close();
    for (const name of await readdir(house.dir, { recursive: true })) {
      const bytes = await readFile(join(house.dir, name)).catch(() => Buffer.alloc(0));
      expect(bytes.includes(token.slice(-43))).toBe(false);
    }
  });

  test('what is no key, an unknown key, a wrong secret and a cut-off one are refused alike', async () => {
    const house = await openHouse();
    const { token } = await makeKey(house, 'ci', ['admin']);
    const other = await makeKey(house, 'other', ['admin']);
    const changed = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A');
    const unknown = `dsk_${'0'.repeat(26)}_${token.slice(-43)}`;
    const mixed = `${token.slice(0, 31)}${other.token.slice(31)}`;
    const wrong = [
      changed,
      unknown,
      mixed,
      token.slice(0, -1),
      `${token}x`,
      token.toUpperCase(),
      'dsk_',
      'x',
      `dsk_${'0'.repeat(26)}_`,
      'é',
    ];
    const messages = new Set<string>();
    for (const credential of wrong) {
      const error = await house.kernel.authenticate(`Bearer ${credential}`).catch((e: unknown) => e);
      expect(error).toMatchObject({ status: 401, code: 'credentials_invalid' });
      messages.add((error as Error).message);
    }
    expect(messages.size).toBe(1);
    expect([...messages].join()).not.toContain(token.slice(-10));
  });

  test('a header that is missing or says something else is refused with what was wanted', async () => {
    const { kernel } = await openHouse();
    for (const header of [undefined, null, ''])
      expect(await outcome(kernel.authenticate(header))).toBe('Unauthenticated credentials_missing');
    for (const header of ['Basic eDp5', 'Bearer', 'Bearer ', 'Bearer a b', ' Bearer x', 'dsk_x'])
      expect(await outcome(kernel.authenticate(header))).toBe(REFUSED);
  });

  test('a revoked key is refused from the moment the revocation is acknowledged', async () => {
    const house = await openHouse();
    const { id, token } = await makeKey(house, 'ci', ['admin']);
    await house.kernel.authenticate(`Bearer ${token}`);
    await house.kernel.dispatch({ principal: house.as('admin'), resource: 'ApiKey', action: 'revoke', id });
    expect(await outcome(house.kernel.authenticate(`Bearer ${token}`))).toBe(REFUSED);
    const again = house.kernel.dispatch({ principal: house.as('admin'), resource: 'ApiKey', action: 'revoke', id });
    expect(await outcome(again)).toBe('Conflict wrong_state');
  });

  test('in another process a revoked key works for two seconds at most', async () => {
    const house = await openHouse();
    const { id, token } = await makeKey(house, 'ci', ['admin']);
    const { home, clock } = house;
    const elsewhere = createKernel({
      ...{ store: home.store, blobs: home.blobs, clock, services: () => ({}) },
      resources: (await house.kernel.resources()).map(({ declaration }) => declaration),
    });
    await elsewhere.authenticate(`Bearer ${token}`);
    await house.kernel.dispatch({ principal: house.as('admin'), resource: 'ApiKey', action: 'revoke', id });
    clock.time += 2000;
    expect(await outcome(elsewhere.authenticate(`Bearer ${token}`))).toBe(REFUSED);
  });

  test('a key stops at its expiry, remembered or not; one that has expired already is not made', async () => {
    const house = await openHouse();
    const at = new Date(house.clock.time + 1000).toISOString();
    const { token } = await makeKey(house, 'ci', ['admin'], { expiresAt: at });
    house.clock.time += 999;
    expect(await outcome(house.kernel.authenticate(`Bearer ${token}`))).toBe('ok');
    house.clock.time += 1;
    expect(await outcome(house.kernel.authenticate(`Bearer ${token}`))).toBe(REFUSED);
    expect(await outcome(makeKey(house, 'late', ['admin'], { expiresAt: at }))).toBe(
      'InvalidInput expires_in_the_past',
    );
  });

  test.each([[[]], [['root']], [['admin', 'admin', 'admin', 'admin', 'admin']], ['admin']])(
    'roles %j make no key',
    async (roles) => {
      const house = await openHouse();
      expect(await outcome(makeKey(house, 'ci', roles as Role[]))).toBe('InvalidInput invalid_input');
    },
  );

  test('nobody becomes the system by calling themselves so', async () => {
    const house = await openHouse();
    const { token } = await makeKey(house, 'system', ['viewer']);
    const principal: Principal = { ...(await house.kernel.authenticate(`Bearer ${token}`)), id: 'system' };
    const create = house.kernel.dispatch({ principal, resource: 'Paper', action: 'create', input: { name: 'x' } });
    expect(await outcome(create)).toBe('Forbidden forbidden');
  });
});

describe('the first key', () => {
  test('is made once, with its workspace, however often it is asked for at the same time', async () => {
    const house = await openHouse();
    const made = await Promise.all(
      Array.from({ length: 8 }, () => createFirstKey({ kernel: house.kernel, store: house.home.store }, 'default')),
    );
    expect(made.filter(({ token }) => token !== null)).toHaveLength(1);
    expect(new Set(made.map(({ workspaceId }) => workspaceId)).size).toBe(1);
    const again = await createFirstKey({ kernel: house.kernel, store: house.home.store }, 'default');
    expect(again).toEqual({ workspaceId: made[0]?.workspaceId, token: null });
    const principal = await house.kernel.authenticate(`Bearer ${made.find(({ token }) => token !== null)?.token}`);
    expect(principal).toMatchObject({ workspaceId: again.workspaceId, roles: ['admin'] });
    const { items } = await house.kernel.list({ principal, resource: 'Workspace', limit: 10 });
    expect(items).toMatchObject([{ id: again.workspaceId, name: 'default' }]);
    expect((await house.kernel.list({ principal, resource: 'ApiKey', limit: 10 })).items).toHaveLength(1);
  });

  test('is kept before it is valid: when keeping it fails, nothing was made and the next start makes another', async () => {
    const house = await openHouse();
    const home = { kernel: house.kernel, store: house.home.store };
    let kept = '';
    const full = async (token: string) => {
      kept = token;
      throw new Error('disk full');
    };
    await expect(createFirstKey(home, 'default', { keep: full })).rejects.toThrow('disk full');
    expect(await outcome(house.kernel.authenticate(`Bearer ${kept}`))).toBe(REFUSED);
    const { token } = await createFirstKey(home, 'default');
    expect(await outcome(house.kernel.authenticate(`Bearer ${token}`))).toBe('ok');
  });

  test('may be given, also to a workspace that has keys already; what does not look like a key is refused', async () => {
    const house = await openHouse();
    const home = { kernel: house.kernel, store: house.home.store };
    await createFirstKey(home, 'default');
    const token = `dsk_${'7'.repeat(26)}_${'s'.repeat(40)}`;
    const given = await createFirstKey(home, 'default', { token });
    expect(given.token).toBe(token);
    expect(await house.kernel.authenticate(`Bearer ${token}`)).toMatchObject({
      workspaceId: given.workspaceId,
      roles: ['admin'],
    });
    expect((await createFirstKey(home, 'default', { token })).token).toBe(null);
    expect(await outcome(createFirstKey(home, 'default', { token: 'secret' }))).toBe('InvalidInput invalid_api_key');
  });

  test('workspaces are apart: the same name is the same one, another name another one', async () => {
    const house = await openHouse();
    const home = { kernel: house.kernel, store: house.home.store };
    const [a, b] = [await createFirstKey(home, 'a'), await createFirstKey(home, 'b')];
    expect(a.workspaceId).not.toBe(b.workspaceId);
    const principal = await house.kernel.authenticate(`Bearer ${a.token}`);
    const read = (id: string) =>
      outcome(house.kernel.dispatch({ principal, resource: 'Workspace', action: 'read', id }));
    expect([await read(a.workspaceId), await read(b.workspaceId)]).toEqual(['ok', 'NotFound not_found']);
  });
});
