import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, openApi, say } from './house.ts';

let api: Api;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api.close());

const load = (
  raw: string | Uint8Array | ReadableStream<Uint8Array>,
  query = '',
  headers: Record<string, string> = {},
) => say(api, `POST /v1/notes/load${query}`, { raw, headers: { 'content-type': 'text/csv', ...headers } });

/** So many chunks of 100 kB; how many were taken. */
function chunks(count: number) {
  const taken = { count: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (taken.count === count) return controller.close();
      taken.count++;
      controller.enqueue(new Uint8Array(100_000));
    },
    cancel() {
      taken.cancelled = true;
    },
  });
  return { stream, taken };
}

describe('a file', () => {
  test('streams to the action, beyond the limit of JSON bodies, with its input in the query string', async () => {
    const answer = await load(chunks(29).stream, '?rows=3&header=true');
    expect([answer.status, answer.body]).toEqual([200, { bytes: 2_900_000, rows: 3, header: true }]);
  });

  test('may be of any bytes: it is not decoded', async () => {
    expect((await load(Uint8Array.of(0xff, 0xfe, 0x00))).body).toMatchObject({ bytes: 3, rows: 10, header: false });
  });

  test('is refused while it streams once it is larger than the action takes, and read no further', async () => {
    const { stream, taken } = chunks(10_000);
    const read = api.services.uploaded;
    const answer = await load(stream);
    expect([answer.status, answer.body.code]).toEqual([413, 'body_too_large']);
    expect(taken.count).toBeLessThan(40);
    expect(taken.cancelled).toBe(true);
    expect(api.services.uploaded).toBe(read);
  });

  test('is refused at once when it announces to be too large', async () => {
    const { stream, taken } = chunks(10_000);
    expect((await load(stream, '', { 'content-length': '1000000000' })).status).toBe(413);
    expect(taken.count).toBeLessThan(3);
  });

  test.each([
    ['another type', { 'content-type': 'application/json' }, 415],
    ['none', { 'content-type': '' }, 415],
    ['one of its types with parameters', { 'content-type': 'Text/CSV; charset=UTF-8; header=present' }, 200],
    ['another charset', { 'content-type': 'text/csv; charset=latin1' }, 415],
    ['a compressed one', { 'content-encoding': 'gzip' }, 415],
    ['one that is not compressed and says so', { 'content-encoding': 'identity' }, 200],
  ])('%s', async (_what, headers, status) => {
    expect((await load('a,b\n', '', headers as Record<string, string>)).status).toBe(status);
  });

  test.each(['?rows=three', '?rows=0', '?rows=1.5', '?header=yes', '?rows=1&rows=2', '?other=1'])(
    '%s is no input',
    async (query) => {
      expect((await load('a', query)).status).toBe(400);
    },
  );

  describe('under an Idempotency-Key', () => {
    const key = { 'idempotency-key': 'one-file' };
    const pieces = (...parts: string[]) => new Blob(parts).stream() as ReadableStream<Uint8Array>;

    test('has its effect once, however it is cut into pieces, and another file is refused', async () => {
      const first = await load(pieces('a,b\n', '1,2\n'), '', key);
      const read = api.services.uploaded;
      const again = await load(pieces('a', ',b\n1,2', '\n'), '', key);
      expect([again.status, again.body, again.headers.get('idempotency-replayed')]).toEqual([200, first.body, 'true']);
      for (const other of ['a,b\n1,3\n', 'a,b\n1,2', 'a,b\n1,2\n\n', '']) {
        const answer = await load(other, '', key);
        expect([answer.status, answer.body.code]).toEqual([422, 'idempotency_key_reused']);
      }
      expect((await load('a,b\n1,2\n', '?rows=3', key)).status).toBe(422);
      expect(api.services.uploaded).toBe(read);
    });

    test('that fails leaves the key as good as new', async () => {
      const fresh = { 'idempotency-key': 'too-large-first' };
      const { stream, taken } = chunks(10_000);
      expect((await load(stream, '', fresh)).status).toBe(413);
      expect(taken.cancelled).toBe(true);
      expect((await load('a,b\n', '', fresh)).body).toMatchObject({ bytes: 4 });
    });
  });
});
