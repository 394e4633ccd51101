import { describe, expect, test } from 'vitest';
import { newId } from '#lib/base/id';
import { systemPrincipal } from '#lib/kernel/kernel';
import { openHouse, outcome, WORKSPACE, write } from './house.ts';

describe('create', () => {
  test('a record has its head, its defaults and its calculations, and no secret', async () => {
    const house = await openHouse();
    const { body, rev, created } = await write(house, 'one', { text: 'abc', pin: '4711' });
    expect(created).toBe(true);
    expect(rev).toBe(1);
    expect(body).toEqual({
      id: body.id,
      workspaceId: WORKSPACE,
      rev: 1,
      state: 'draft',
      createdAt: '2026-11-23T01:00:00.000Z',
      updatedAt: '2026-11-23T01:00:00.000Z',
      createdBy: 'key_engineer',
      latestVersion: 1,
      name: 'one',
      author: null,
      pages: 1,
      text: 'abc',
      draft: true,
      score: null,
      length: 3,
    });
  });

  test('every wrong member of the input is named, with its pointer and the reason', async () => {
    const { kernel, as } = await openHouse();
    const input = JSON.parse('{"pages":-1,"score":3,"rev":7,"zebra":1,"__proto__":{"x":1},"pin":5}');
    const error = await kernel
      .dispatch({ principal: as('engineer'), resource: 'Paper', action: 'create', input })
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ status: 400, code: 'invalid_input' });
    const problems = (error as { problems: { pointer: string; detail: string }[] }).problems;
    expect(Object.fromEntries(problems.map(({ pointer, detail }) => [pointer, detail]))).toMatchObject({
      '/name': expect.stringContaining('string'),
      '/pages': expect.stringContaining('>=0'),
      '/pin': expect.stringContaining('string'),
      '/score': 'is read-only',
      '/rev': 'is read-only',
      '/zebra': 'there is no such field',
      '/__proto__': 'there is no such field',
    });
  });

  test.each([[null], ['text'], [[1]], [7]])('an input that is no object (%j) is refused', async (input) => {
    const { kernel, as } = await openHouse();
    const request = { principal: as('engineer'), resource: 'Paper', action: 'create', input };
    expect(await outcome(kernel.dispatch(request))).toBe('InvalidInput invalid_input');
  });

  test('only the system chooses an id, and a taken one is a conflict', async () => {
    const { kernel, as } = await openHouse();
    const id = newId('ppr');
    const request = { resource: 'Paper', action: 'create', id };
    const first = await kernel.dispatch({ ...request, principal: systemPrincipal(WORKSPACE), input: { name: 'a' } });
    expect(first).toMatchObject({ id });
    const again = kernel.dispatch({ ...request, principal: systemPrincipal(WORKSPACE), input: { name: 'b' } });
    expect(await outcome(again)).toBe('Conflict already_exists');
    const user = await kernel.dispatch({ ...request, principal: as('engineer'), input: { name: 'c' } });
    expect(user).not.toMatchObject({ id });
  });
});

describe('update', () => {
  test('an absent attribute is left alone, its default notwithstanding', async () => {
    const { kernel, as, ...house } = await openHouse();
    const { id } = await write({ kernel, as, ...house }, 'one', { pages: 9, author: 'eve' });
    const result = await kernel.dispatch({
      principal: as('engineer'),
      resource: 'Paper',
      action: 'update',
      id,
      input: { text: 'x' },
    });
    expect(result).toMatchObject({ rev: 2, body: { pages: 9, author: 'eve', text: 'x', rev: 2 } });
  });

  test('a change that changes nothing makes no revision, no version and no event', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one', { text: 'same' });
    const principal = house.as('engineer');
    const result = await house.kernel.dispatch({
      principal,
      resource: 'Paper',
      action: 'update',
      id,
      input: { text: 'same' },
    });
    expect(result).toMatchObject({ rev: 1, body: { latestVersion: 1 } });
    const events = await house.kernel.list({ principal: house.as('admin'), resource: 'AuditEvent', limit: 10 });
    expect(events.items).toHaveLength(1);
  });

  test('an outdated revision is Stale, a missing one is PreconditionRequired only where a surface asks for it', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    const request = { principal: house.as('engineer'), resource: 'Paper', action: 'update', id };
    const send = (more: object) => outcome(house.kernel.dispatch({ ...request, ...more }));
    expect(await send({ input: { text: '1' }, ifMatch: 1, requireIfMatch: true })).toBe('ok');
    expect(await send({ input: { text: '2' }, ifMatch: 1, requireIfMatch: true })).toBe('Stale stale');
    expect(await send({ input: { text: '3' }, ifMatch: 99 })).toBe('Stale stale');
    expect(await send({ input: { text: '4' }, requireIfMatch: true })).toBe('PreconditionRequired if_match_required');
    expect(await send({ input: { text: '5' }, ifMatch: '*', requireIfMatch: true })).toBe('ok');
    expect(await send({ input: { text: '6' } })).toBe('ok');
    expect(await send({ action: 'withdraw', requireIfMatch: true })).toBe('ok');
  });

  test('a transition that does not exist is a conflict that names the state', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    const request = { principal: house.as('operator'), resource: 'Paper', action: 'publish', id };
    expect(await house.kernel.dispatch(request)).toMatchObject({ body: { state: 'published', rev: 2 } });
    await expect(house.kernel.dispatch(request)).rejects.toMatchObject({
      status: 409,
      code: 'wrong_state',
      message: `Paper.publish wants state draft; ${id} is published`,
    });
  });

  test('a bug in an action is our error and writes nothing', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    const request = { principal: house.as('engineer'), resource: 'Paper', id };
    expect(await outcome(house.kernel.dispatch({ ...request, action: 'broken' }))).toBe('Internal invalid_change');
    expect(await house.kernel.dispatch({ ...request, action: 'read' })).toMatchObject({ rev: 1 });
  });
});

describe('remove', () => {
  test('a removed record is as missing as one that never was, and its name is free', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    const principal = house.as('engineer');
    expect(await house.kernel.dispatch({ principal, resource: 'Paper', action: 'remove', id, ifMatch: 1 })).toEqual({
      kind: 'removed',
      id,
      replayed: false,
    });
    const answers = await Promise.all(
      ['read', 'update', 'publish', 'count', 'remove'].map((action) =>
        outcome(house.kernel.dispatch({ principal, resource: 'Paper', action, id, input: {} })),
      ),
    );
    expect(new Set(answers)).toEqual(new Set(['NotFound not_found']));
    expect((await house.kernel.list({ principal, resource: 'Paper', limit: 10 })).items).toEqual([]);
    expect((await write(house, 'one')).id).not.toBe(id);
    await expect(house.kernel.version({ principal, resource: 'Paper', id, version: 1 })).rejects.toThrow('there is no');
  });
});

describe('calls', () => {
  test('a call answers with its output, and the output is an allow-list', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one', { text: 'two words', pin: '123' });
    const principal = house.as('viewer');
    expect(await house.kernel.dispatch({ principal, resource: 'Paper', action: 'count', id })).toEqual({
      kind: 'output',
      body: { words: 2 },
      replayed: false,
    });
    const found = await house.kernel.dispatch({
      principal,
      resource: 'Paper',
      action: 'lookup',
      input: { name: 'one' },
    });
    expect(found).toMatchObject({ body: { id, digits: 3 } });
  });

  test('work that is not done yet is accepted, with its message in the outbox', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    const result = await house.kernel.dispatch({
      principal: house.as('operator'),
      resource: 'Paper',
      action: 'submit',
      id,
    });
    expect(result).toMatchObject({ kind: 'accepted', resource: 'Paper', id, settled: expect.any(Function) });
    const { items } = await house.kernel.list({ principal: house.as('admin'), resource: 'AuditEvent', limit: 1 });
    expect(items[0]).toMatchObject({ type: 'Paper.submit', subject: id, subjectRev: null });
  });

  test('several changes commit together, each seeing the one before, or not at all', async () => {
    const house = await openHouse();
    const [a, b] = [await write(house, 'a'), await write(house, 'b')];
    const request = { principal: house.as('engineer'), resource: 'Paper', action: 'swap', id: a.id };
    await expect(house.kernel.dispatch({ ...request, input: { other: b.id, fail: true } })).rejects.toThrow(
      'changed its mind',
    );
    const read = (id: string) =>
      house.kernel.dispatch({ principal: house.as('viewer'), resource: 'Paper', action: 'read', id });
    expect([await read(a.id), await read(b.id)]).toMatchObject([{ rev: 1 }, { rev: 1 }]);
    await house.kernel.dispatch({ ...request, input: { other: b.id } });
    expect([await read(a.id), await read(b.id)]).toMatchObject([
      { rev: 3, body: { text: 'swapped' } },
      { rev: 2, body: { text: 'swapped' } },
    ]);
  });

  test('an upload is counted on its way and cut off at its limit', async () => {
    const house = await openHouse();
    const scan = (sizes: number[]) =>
      house.kernel.dispatch({
        principal: house.as('engineer'),
        resource: 'Paper',
        action: 'scan',
        upload: {
          contentType: 'text/plain',
          bytes: (async function* () {
            for (const size of sizes) yield new Uint8Array(size);
          })(),
        },
      });
    expect(await scan([4, 6])).toMatchObject({ body: { bytes: 10 } });
    expect(await outcome(scan([4, 6, 1]))).toBe('TooLarge upload_too_large');
    const without = house.kernel.dispatch({ principal: house.as('engineer'), resource: 'Paper', action: 'scan' });
    expect(await outcome(without)).toBe('InvalidInput upload_missing');
  });

  test('unknown resources, actions and streams are not found, whatever they are called', async () => {
    const house = await openHouse();
    const principal = house.as('admin');
    for (const name of ['Nope', 'constructor', '__proto__', ''])
      expect(await outcome(house.kernel.dispatch({ principal, resource: name, action: 'read', id: 'x' }))).toBe(
        'NotFound unknown_resource',
      );
    for (const name of ['nope', 'constructor', '__proto__', 'toString'])
      expect(await outcome(house.kernel.dispatch({ principal, resource: 'Paper', action: name, id: 'x' }))).toBe(
        'NotFound unknown_action',
      );
    const { id } = await write(house, 'one');
    for (const stream of ['nope', 'constructor'])
      expect(await outcome(house.kernel.stream({ principal, resource: 'Paper', id, stream, after: null }))).toBe(
        'NotFound unknown_stream',
      );
  });
});

describe('together', () => {
  test('of several requests all are carried out or none', async () => {
    const house = await openHouse();
    const principal = house.as('engineer');
    const create = (name: string) => ({ principal, resource: 'Paper', action: 'create', input: { name } });
    const results = await house.kernel.together([create('a'), create('b')]);
    expect(results.map((result) => 'rev' in result && result.rev)).toEqual([1, 1]);
    expect(await outcome(house.kernel.together([create('c'), create('a')]))).toBe('Conflict name_taken');
    expect(await outcome(house.kernel.together([create('d'), create('d')]))).toBe('Conflict name_taken');
    const { items } = await house.kernel.list({ principal, resource: 'Paper', limit: 10, order: 'oldest' });
    expect(items.map(({ name }) => name)).toEqual(['a', 'b']);
  });
});

describe('streams', () => {
  test('a stream resumes after the last event seen, and is refused before it begins', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one', { text: 'abc' });
    const request = { principal: house.as('viewer'), resource: 'Paper', id, stream: 'letters' };
    const all: unknown[] = [];
    for await (const event of await house.kernel.stream({ ...request, after: '0' })) all.push(event.data);
    expect(all).toEqual(['b', 'c']);
    const foreign = { ...request, principal: house.as('admin', newId('wsp')), after: null };
    expect(await outcome(house.kernel.stream(foreign))).toBe('NotFound not_found');
  });
});
