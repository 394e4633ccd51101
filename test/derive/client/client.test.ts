import { describe, expect, test } from 'vitest';
import { DspexError } from '#lib/base/errors';
import { createClient } from '#lib/derive/client/client';
import { ApiProblem } from '#lib/derive/client/problem';
import { collect } from './collect.ts';

interface Seen {
  method: string;
  path: string;
  headers: Headers;
  body: string;
}

/** A server with an answer for each request in turn, and a clock that only counts. */
function server(...answers: (Response | Error)[]) {
  const seen: Seen[] = [];
  const slept: number[] = [];
  const client = createClient({
    apiKey: 'dsk_1',
    baseUrl: 'http://api.test',
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url);
      seen.push({
        method: request.method,
        path: pathname + search,
        headers: request.headers,
        body: await request.text(),
      });
      const answer = answers.shift() ?? new Response('{}');
      if (answer instanceof Error) throw answer;
      return answer;
    },
    sleep: async (milliseconds) => void slept.push(milliseconds),
  });
  return { client, seen, slept };
}

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });

async function thrown(work: Promise<unknown>): Promise<DspexError> {
  const error = await work.then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  );
  if (!DspexError.is(error)) throw error;
  return error;
}

describe('where calls go', () => {
  test.each([
    ['create', {}, 'POST /v1/programs'],
    ['parse', {}, 'POST /v1/programs/parse'],
    ['run', { id: 'prg_1' }, 'POST /v1/programs/prg_1/run'],
    ['run', { id: 'prg_1', wait: true }, 'POST /v1/programs/prg_1/run?wait=true'],
    ['update', { id: 'prg_1' }, 'PATCH /v1/programs/prg_1'],
    ['delete', { id: 'prg_1' }, 'DELETE /v1/programs/prg_1'],
    ['run', { id: '../x?y#z' }, 'POST /v1/programs/..%2Fx%3Fy%23z/run'],
  ])('%s %j', async (action, options, place) => {
    const { client, seen } = server();
    await client.call('programs', action, options);
    expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual([place]);
    expect(seen[0]?.headers.get('authorization')).toBe('Bearer dsk_1');
  });

  test('the body is the input, and a revision is an ETag', async () => {
    const { client, seen } = server();
    await client.call('programs', 'update', { id: 'prg_1', input: { name: 'é' }, ifMatch: 3 });
    expect(seen[0]?.body).toBe('{"name":"é"}');
    expect(seen[0]?.headers.get('if-match')).toBe('"3"');
    expect(seen[0]?.headers.get('content-type')).toBe('application/json');
  });

  test('a file is the body, and the input goes into the query string', async () => {
    const { client, seen } = server();
    await client.call('datasets', 'import', {
      input: { name: 'a b' },
      upload: { contentType: 'text/csv', content: 'x,y\n' },
    });
    expect(seen[0]).toMatchObject({ path: '/v1/datasets/import?name=a+b', body: 'x,y\n' });
    expect(seen[0]?.headers.get('content-type')).toBe('text/csv');
  });
});

describe('answers', () => {
  test('come with what the headers say', async () => {
    const headers = { etag: '"4"', location: '/v1/programs/prg_1', 'idempotency-replayed': 'true', 'x-trace-id': 't' };
    const { client } = server(json({ id: 'prg_1' }, 201, headers));
    expect(await client.call('programs', 'create')).toEqual({
      status: 201,
      body: { id: 'prg_1' },
      rev: 4,
      location: '/v1/programs/prg_1',
      replayed: true,
      traceId: 't',
    });
  });

  test('304 and 204 have no body', async () => {
    const { client, seen } = server(
      new Response(null, { status: 304, headers: { etag: '"4"' } }),
      new Response(null, { status: 204 }),
    );
    expect(await client.get('programs', 'prg_1', { rev: 4 })).toMatchObject({ status: 304, body: null, rev: 4 });
    expect(await client.call('programs', 'delete', { id: 'prg_1' })).toMatchObject({
      status: 204,
      body: null,
      rev: null,
    });
    expect(seen[0]?.headers.get('if-none-match')).toBe('"4"');
  });

  test('a list goes on over all its pages', async () => {
    const { client, seen } = server(
      json({ items: [1, 2], nextCursor: 'c&1' }),
      json({ items: [], nextCursor: 'c2' }),
      json({ items: [3], nextCursor: null }),
    );
    const all = await collect(client.list('programs', { filter: { state: 'active' }, limit: 2, order: 'oldest' }));
    expect(all).toEqual([1, 2, 3]);
    expect(seen.map(({ path }) => path)).toEqual([
      '/v1/programs?state=active&limit=2&order=oldest',
      '/v1/programs?state=active&limit=2&order=oldest&cursor=c%261',
      '/v1/programs?state=active&limit=2&order=oldest&cursor=c2',
    ]);
  });
});

describe('refusals', () => {
  test('keep status, code, message, problems and trace', async () => {
    const problem = {
      type: 'urn:x',
      title: 'T',
      status: 400,
      detail: 'wanted a, there was b',
      instance: '/',
      code: 'invalid_input',
      traceId: 't1',
      errors: [{ pointer: '/a', detail: 'no' }],
      hint: 'h',
    };
    const error = await thrown(server(json(problem, 400)).client.call('programs', 'create'));
    expect(error).toBeInstanceOf(ApiProblem);
    expect(error).toMatchObject({
      status: 400,
      code: 'invalid_input',
      message: 'wanted a, there was b',
      problems: [{ pointer: '/a', detail: 'no' }],
      traceId: 't1',
      extra: { hint: 'h' },
    });
  });

  test.each(['<html>Bad gateway</html>', '', '[]', 'null', '{"errors":7,"code":1}'])(
    '%j instead of a problem document leaves the status',
    async (body) => {
      const error = await thrown(server(new Response(body, { status: 502 })).client.get('programs', 'prg_1'));
      expect(error).toMatchObject({ status: 502, code: 'http_502', message: 'the API answered 502', problems: [] });
    },
  );
});

describe('another try', () => {
  const busy = (seconds?: string) =>
    new Response('{}', { status: 503, headers: seconds === undefined ? {} : { 'retry-after': seconds } });

  test('comes after as long as Retry-After says, within bounds', async () => {
    const { client, slept, seen } = server(
      busy('2'),
      new Response('{}', { status: 429, headers: { 'retry-after': '86400' } }),
      json({ ok: true }),
    );
    expect((await client.get('programs', 'prg_1')).body).toEqual({ ok: true });
    expect(slept).toEqual([2000, 30_000]);
    expect(seen).toHaveLength(3);
  });

  test('comes three times and then no more', async () => {
    const { client, seen } = server(busy(), busy(), busy(), busy(), json({}));
    expect(await thrown(client.get('programs', 'prg_1'))).toMatchObject({ status: 503 });
    expect(seen).toHaveLength(4);
  });

  test('of a POST carries the same key and body, so that it has its effect once', async () => {
    const { client, seen } = server(
      new TypeError('fetch failed'),
      new Response('{}', { status: 409, headers: { 'retry-after': '1' } }),
      json({}),
    );
    await client.call('programs', 'run', { id: 'prg_1', input: { a: 1 } });
    expect(new Set(seen.map(({ headers }) => headers.get('idempotency-key'))).size).toBe(1);
    expect(seen[0]?.headers.get('idempotency-key')).toMatch(/^idk_/);
    expect(seen.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}', '{"a":1}']);
  });

  test('two calls have two keys, unless the caller names one', async () => {
    const { client, seen } = server();
    await client.call('programs', 'create');
    await client.call('programs', 'create');
    await client.call('programs', 'create', { idempotencyKey: 'mine' });
    expect(new Set(seen.map(({ headers }) => headers.get('idempotency-key'))).size).toBe(3);
    expect(seen[2]?.headers.get('idempotency-key')).toBe('mine');
  });

  test('never comes for a conflict, nor for a PATCH whose outcome is unknown, nor for a file that has been read', async () => {
    const refused = server(new Response('{}', { status: 409 }));
    expect(await thrown(refused.client.call('programs', 'run', { id: 'prg_1' }))).toMatchObject({ status: 409 });
    const lost = server(new TypeError('fetch failed', { cause: new Error('ECONNRESET') }));
    const patch = lost.client.call('programs', 'update', { id: 'prg_1', ifMatch: 1 });
    expect(await thrown(patch)).toMatchObject({
      code: 'unreachable',
      message: 'cannot reach the API at http://api.test: ECONNRESET',
    });
    const read = server(busy());
    const content = new Blob(['x']).stream();
    expect(
      await thrown(read.client.call('datasets', 'import', { upload: { contentType: 'text/csv', content } })),
    ).toMatchObject({ status: 503 });
    expect([refused, lost, read].map(({ seen }) => seen.length)).toEqual([1, 1, 1]);
  });
});

describe('a stream', () => {
  const cut = (text: string) =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode(text)),
        pull: (controller) => controller.error(new TypeError('terminated')),
      }),
    );

  test('is taken up after the last event seen, and ends when the API ends it', async () => {
    const { client, seen } = server(cut('id: 1\ndata: "a"\n\nid: 2\nda'), new Response('id: 2\ndata: "b"\n\n'));
    const events = await collect(client.stream('executions', 'exe_1', 'events'));
    expect(events.map(({ data }) => data)).toEqual(['a', 'b']);
    expect(seen.map(({ headers }) => headers.get('last-event-id'))).toEqual([null, '1']);
  });

  test('that lost its connection before anything came is an error', async () => {
    const { client } = server(cut(': nothing yet\n\n'));
    await expect(collect(client.stream('executions', 'exe_1', 'events'))).rejects.toThrow('terminated');
  });

  test('is given up when it is lost again and again without an event', async () => {
    const { client, seen } = server(cut(''), cut(''), cut(''), cut(''), cut(''));
    await expect(collect(client.stream('executions', 'exe_1', 'events', { after: '5' }))).rejects.toThrow('terminated');
    expect(seen).toHaveLength(4);
  });
});
