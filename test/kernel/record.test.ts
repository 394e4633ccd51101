import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { checksum } from '#lib/base/hash';
import { createKernel } from '#lib/kernel/kernel';
import { ApiKey } from '#lib/resources/api-key/resource';
import { OTHER_WORKSPACE, openHouse, outcome, Paper, type TestHouse, WORKSPACE, write } from './house.ts';

const update = (house: TestHouse, id: string, input: object) =>
  house.kernel.dispatch({ principal: house.as('engineer'), resource: 'Paper', action: 'update', id, input });

describe('versions', () => {
  test('every change of the attributes freezes one; a change of state does not; none of them changes afterwards', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one', { text: 'a' });
    await update(house, id, { text: 'b' });
    await house.kernel.dispatch({ principal: house.as('operator'), resource: 'Paper', action: 'publish', id });
    await update(house, id, { text: 'c' });
    const principal = house.as('viewer');
    const { items } = await house.kernel.versions({ principal, resource: 'Paper', id, limit: 10 });
    expect(items.map(({ version }) => version)).toEqual([3, 2, 1]);
    const texts: unknown[] = [];
    for (const { version, checksum: sum } of items) {
      const { body } = await house.kernel.version({ principal, resource: 'Paper', id, version });
      expect(checksum(body)).toBe(sum);
      texts.push(body.text);
    }
    expect(texts).toEqual(['c', 'b', 'a']);
  });

  test('versions of another shape are appended by actions alone', async () => {
    const house = await openHouse();
    const principal = house.as('engineer');
    const made = await house.kernel.dispatch({ principal, resource: 'Log', action: 'create', input: { title: 't' } });
    const id = made.kind === 'record' ? made.id : '';
    expect(made).toMatchObject({ body: { latestVersion: 0 } });
    await Promise.all(
      ['x', 'y', 'z'].map((line) =>
        house.kernel.dispatch({ principal, resource: 'Log', action: 'append', id, input: { line } }),
      ),
    );
    expect(
      await house.kernel.dispatch({ principal, resource: 'Log', action: 'update', id, input: { title: 'u' } }),
    ).toMatchObject({
      body: { latestVersion: 3, rev: 5 },
    });
    const bodies = await Promise.all(
      [1, 2, 3].map((version) => house.kernel.version({ principal, resource: 'Log', id, version })),
    );
    expect(bodies.map(({ body }) => body.line).sort()).toEqual(['x', 'y', 'z']);
  });

  test('numbers that no version has are not found, with the numbers there are', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    for (const version of [0, -1, 2, 1.5, Number.NaN, 1e9]) {
      const read = house.kernel.version({ principal: house.as('viewer'), resource: 'Paper', id, version });
      await expect(read).rejects.toMatchObject({
        status: 404,
        message: `Paper ${id} has no version ${version} (1 to 1)`,
      });
    }
  });

  test('a version holds no secret', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one', { pin: '4711' });
    const read = { principal: house.as('viewer'), resource: 'Paper', id, version: 1 };
    expect(Object.keys((await house.kernel.version(read)).body)).not.toContain('pin');
    const inside = await house.kernel.acting(house.as('viewer')).version<{ pin: string }>('Paper', id, 1);
    expect(inside.body.pin).toBe(undefined);
    const acting = house.kernel.acting(house.as('viewer'));
    expect((await acting.get<{ pin: string }>('Paper', id)).pin).toBe('4711');
  });

  test('the history is read in pages', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    for (let i = 2; i <= 12; i++) await update(house, id, { pages: i });
    const seen: number[] = [];
    let cursor: string | null = null;
    do {
      const options = {
        principal: house.as('viewer'),
        resource: 'Paper',
        id,
        limit: 5,
        ...(cursor === null ? {} : { cursor }),
      };
      const page: Awaited<ReturnType<typeof house.kernel.versions>> = await house.kernel.versions(options);
      seen.push(...page.items.map(({ version }) => version));
      cursor = page.cursor;
    } while (cursor !== null);
    expect(seen).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  });
});

describe('a name in the place of an id', () => {
  test('means the record of that name, in reads, actions, versions and history', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'triage');
    const request = { principal: house.as('engineer'), resource: 'Paper', id: 'triage' };
    expect(await house.kernel.dispatch({ ...request, action: 'read' })).toMatchObject({ id });
    expect(await house.kernel.dispatch({ ...request, action: 'update', input: { text: 'x' } })).toMatchObject({
      id,
      rev: 2,
    });
    expect((await house.kernel.version({ ...request, version: 2 })).body.text).toBe('x');
    expect((await house.kernel.versions({ ...request, limit: 5 })).items).toHaveLength(2);
    const foreign = { ...request, principal: house.as('admin', OTHER_WORKSPACE), action: 'read' };
    await expect(house.kernel.dispatch(foreign)).rejects.toThrow('there is no Paper "triage"');
  });

  test('sees what the same transaction wrote under the id', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'triage');
    const request = { principal: house.as('engineer'), resource: 'Paper', action: 'grade', input: { by: 1 } };
    await house.kernel.together([
      { ...request, id },
      { ...request, id: 'triage' },
      { ...request, id },
    ]);
    expect(await house.kernel.dispatch({ ...request, action: 'read', input: {}, id })).toMatchObject({
      rev: 4,
      body: { score: 3 },
    });
  });
});

describe('large records', () => {
  test('a body over 100 KB lies in a blob, and reads, lists and versions do not tell', async () => {
    const house = await openHouse();
    const text = 'ü'.repeat(400_000);
    const { id, body } = await write(house, 'big', { text });
    expect(body.text).toBe(text);
    const item = await house.home.store.get({ pk: `W#${WORKSPACE}#Paper#${id}`, sk: 'HEAD' });
    expect(JSON.stringify(item).length).toBeLessThan(2000);
    expect(item?.data).toMatchObject({ rev: 1, state: 'draft', blob: { sha256: expect.any(String) } });
    const principal = house.as('viewer');
    expect(await house.kernel.dispatch({ principal, resource: 'Paper', action: 'read', id })).toMatchObject({
      body: { text },
    });
    expect((await house.kernel.list({ principal, resource: 'Paper', limit: 5 })).items[0]?.text).toBe(text);
    expect((await house.kernel.version({ principal, resource: 'Paper', id, version: 1 })).body.text).toBe(text);
    await update(house, id, { text: 'small' });
    expect((await house.home.store.get({ pk: `W#${WORKSPACE}#Paper#${id}`, sk: 'HEAD' }))?.data.blob).toBe(undefined);
  });
});

describe('lists', () => {
  test('newest first or oldest first, in pages that together are everything once', async () => {
    const house = await openHouse();
    const names = Array.from({ length: 11 }, (_, i) => `n${i}`);
    for (const name of names) await write(house, name);
    const all = async (order: 'newest' | 'oldest') => {
      const seen: unknown[] = [];
      let cursor: string | null = null;
      do {
        const options = {
          principal: house.as('viewer'),
          resource: 'Paper',
          limit: 4,
          order,
          ...(cursor === null ? {} : { cursor }),
        };
        const page: Awaited<ReturnType<typeof house.kernel.list>> = await house.kernel.list(options);
        seen.push(...page.items.map(({ name }) => name));
        cursor = page.cursor;
      } while (cursor !== null);
      return seen;
    };
    expect(await all('oldest')).toEqual(names);
    expect(await all('newest')).toEqual([...names].reverse());
  });

  test('a filter finds exactly the records with these values, as they are now', async () => {
    const house = await openHouse();
    const odd = 'a#b\u0000\ud800'.repeat(100);
    const { id } = await write(house, '1', { author: 'eve', pages: 1 });
    await write(house, '2', { author: 'eve', pages: 2 });
    await write(house, '3', { author: odd, pages: 1 });
    await write(house, '4');
    const by = async (filter: Record<string, string>) =>
      (await house.kernel.list({ principal: house.as('viewer'), resource: 'Paper', limit: 9, filter })).items.map(
        ({ name }) => name,
      );
    expect(await by({ author: 'eve' })).toEqual(['2', '1']);
    expect(await by({ pages: '1', author: 'eve' })).toEqual(['1']);
    expect(await by({ author: odd })).toEqual(['3']);
    expect(await by({ author: 'null' })).toEqual([]);
    await update(house, id, { author: 'bob' });
    expect([await by({ author: 'eve' }), await by({ author: 'bob' })]).toEqual([['2'], ['1']]);
    await update(house, id, { author: null });
    expect(await by({ author: 'bob' })).toEqual([]);
  });

  test('a filter that no index serves, and a limit out of bounds, are refused with what there is', async () => {
    const house = await openHouse();
    const list = (more: object) =>
      house.kernel.list({ principal: house.as('viewer'), resource: 'Paper', limit: 9, ...more });
    for (const filter of [{ pages: '1' }, { name: 'x' }, { author: 'x', state: 'draft' }, { constructor: 'x' }])
      await expect(list({ filter })).rejects.toMatchObject({
        code: 'invalid_filter',
        message: expect.stringContaining('author with pages'),
      });
    for (const limit of [0, -1, 1.5, 1001, Number.NaN])
      expect(await outcome(list({ limit }))).toBe('InvalidInput invalid_limit');
  });
});

describe('an older record', () => {
  test('gets the defaults of attributes that were added since', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    const { kernel, home, clock, services } = house;
    const later = createKernel({
      ...{ store: home.store, blobs: home.blobs, clock, services: () => services },
      resources: [
        ApiKey,
        {
          ...Paper,
          attributes: { ...Paper.attributes, colour: z.string().default('red'), weight: z.int().optional() },
        },
      ],
    });
    const request = { principal: house.as('engineer'), resource: 'Paper', id };
    expect(await later.dispatch({ ...request, action: 'read' })).toMatchObject({
      body: { name: 'one', colour: 'red' },
    });
    expect(await later.dispatch({ ...request, action: 'update', input: { text: 'x' } })).toMatchObject({
      rev: 2,
      body: { colour: 'red' },
    });
    expect(await kernel.dispatch({ ...request, action: 'read' })).toMatchObject({ body: { text: 'x' } });
  });
});
