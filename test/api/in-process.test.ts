import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DspexError } from '#lib/base/errors';
import { type Client, createClient } from '#lib/derive/client/client';
import { type Api, openApi } from './house.ts';

let api: Api;
let client: Client;
beforeAll(async () => {
  api = await openApi();
  client = createClient({ apiKey: api.admin, fetch: (request) => api.app.fetch(request) });
});
afterAll(() => api.close());

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: DspexError) => error,
  );

interface Note {
  id: string;
  title: string;
  colour: string;
  rev: number;
}

describe('the client without a socket', () => {
  test('does all that the API does: make, read, change, act, list, versions, remove', async () => {
    const made = await client.call<Note>('notes', 'create', { input: { title: 'Milk' } });
    expect(made).toMatchObject({ status: 201, rev: 1, location: `/v1/notes/${made.body.id}` });
    const { id } = made.body;
    expect(await client.get('notes', id, { rev: 1 })).toMatchObject({ status: 304, body: null });
    const changed = await client.call<Note>('notes', 'update', { id, input: { colour: 'blue' }, ifMatch: 1 });
    expect(changed).toMatchObject({ rev: 2, body: { colour: 'blue' } });
    expect((await client.call('notes', 'count', { id, input: { letter: 'i' } })).body).toEqual({ count: 1 });
    expect((await client.call('notes', 'parse', { input: { text: 'Bread\nand' } })).body).toEqual({
      title: 'Bread',
      place: { city: 'Ghent' },
    });
    const versions: { version: number }[] = [];
    for await (const version of client.versions<{ version: number }>('notes', id, { limit: 1 })) versions.push(version);
    expect(versions.map(({ version }) => version)).toEqual([2, 1]);
    expect((await client.version<{ body: Note }>('notes', id, 1)).body.body.colour).toBe('red');
    expect(await client.call('notes', 'delete', { id, ifMatch: 2 })).toMatchObject({ status: 204, body: null });
    expect(await refusal(client.get('notes', id))).toMatchObject({ status: 404, code: 'not_found' });
  });

  test('a list is walked over all its pages, under its filter', async () => {
    for (let i = 0; i < 7; i++)
      await client.call('notes', 'create', { input: { title: `green ${i}`, colour: i % 2 ? 'green' : 'red' } });
    const titles: string[] = [];
    for await (const { title } of client.list<Note>('notes', {
      filter: { colour: 'green' },
      limit: 2,
      order: 'oldest',
    }))
      titles.push(title);
    expect(titles).toEqual(['green 1', 'green 3', 'green 5']);
  });

  test('a file goes with its input, and events come one by one', async () => {
    const upload = { contentType: 'text/csv', content: new Uint8Array(2_000_000) };
    expect((await client.call('notes', 'load', { input: { rows: 3 }, upload })).body).toEqual({
      bytes: 2_000_000,
      rows: 3,
      header: false,
    });
    const { body } = await client.call<Note>('notes', 'create', { input: { title: 'ticking' } });
    const seen: unknown[] = [];
    for await (const event of client.stream('notes', body.id, 'ticks', { after: '2' })) seen.push(event);
    expect(seen).toEqual([3, 4, 5].map((n) => ({ id: String(n), event: 'tick', data: { n, text: 'a\nb' } })));
  });

  test('refusals arrive with everything that is wrong', async () => {
    const error = await refusal(client.call('notes', 'create', { input: { title: '', colour: 'pink', nope: 1 } }));
    expect(error).toMatchObject({ status: 400, code: 'invalid_input' });
    expect(error?.problems.map(({ pointer }) => pointer).toSorted()).toEqual(['/colour', '/nope', '/title']);
  });

  test('the same call twice under one key makes one record', async () => {
    const make = () => client.call<Note>('notes', 'create', { input: { title: 'once' }, idempotencyKey: 'once' });
    const [first, second] = [await make(), await make()];
    expect([first.replayed, second.replayed, second.body.id]).toEqual([false, true, first.body.id]);
  });
});
