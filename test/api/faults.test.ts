import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, openApi, say } from './house.ts';

let api: Api;
let note: string;
beforeAll(async () => {
  api = await openApi();
  note = String((await say(api, 'POST /v1/notes', { body: { title: 'Milk' } })).body.id);
});
afterAll(() => api.close());

const fail = (how: string, headers: Record<string, string> = {}) =>
  say(api, `POST /v1/notes/${note}/fail`, { body: { how }, headers });

describe('problems', () => {
  test('a bug of ours is told to the log with its cause, and to the caller with a trace and nothing else', async () => {
    const answer = await fail('bug', { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' });
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({
      type: 'urn:dspex:problem:internal',
      title: 'Internal error',
      status: 500,
      detail: 'something went wrong here; the log has it under trace 4bf92f3577b34da6a3ce929d0e0e4736',
      instance: `/v1/notes/${note}/fail`,
      code: 'internal',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      errors: [],
    });
    expect(String(api.faults.at(-1))).toBe('Error: the password is hunter2');
  });

  test('a conflict keeps its code, its message and what a program may want to know', async () => {
    const answer = await fail('conflict');
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ code: 'printer_busy', detail: 'wanted an idle printer, it is busy', queue: 3 });
  });

  test('what is unavailable says when to come back, in whole seconds', async () => {
    const answer = await fail('unavailable');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    expect(answer.body).toMatchObject({ code: 'printer_gone', detail: 'the printer does not answer' });
  });

  test('a role that may look but not touch is refused with 403 and no hint of policies', async () => {
    const answer = await say(api, `POST /v1/notes/${note}/touch`, { key: api.viewer });
    expect(answer.status).toBe(403);
    expect((await say(api, `GET /v1/notes/${note}`, { key: api.viewer })).status).toBe(200);
  });

  test('every answer carries its trace, also when all is well', async () => {
    const headers = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
    expect((await say(api, 'GET /v1/notes', { headers })).headers.get('x-trace-id')).toBe(
      '4bf92f3577b34da6a3ce929d0e0e4736',
    );
    expect((await say(api, 'GET /v1/notes')).headers.get('x-trace-id')).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('what is not shown', () => {
  test('a secret attribute leaves by no route', async () => {
    const made = await say(api, 'POST /v1/notes', { body: { title: 'Safe', combination: '36-24-36' } });
    const id = String(made.body.id);
    const seen = [made, await say(api, `GET /v1/notes/${id}`), await say(api, 'GET /v1/notes?limit=100')];
    seen.push(await say(api, `PATCH /v1/notes/${id}`, { body: { colour: 'blue' }, headers: { 'if-match': '"1"' } }));
    for (const n of [1, 2]) seen.push(await say(api, `GET /v1/notes/${id}/versions/${n}`));
    expect(seen.map(({ status }) => status)).toEqual([201, 200, 200, 200, 200, 200]);
    expect(JSON.stringify(seen)).not.toContain('36-24-36');
    expect(JSON.stringify(seen)).not.toContain('combination');
  });

  test('what is revealed once is not in the record, nor in a replay', async () => {
    const make = () =>
      say(api, 'POST /v1/badges', { body: { holder: 'Ada' }, headers: { 'idempotency-key': 'badge' } });
    const [first, second] = [await make(), await make()];
    expect(first.body.code).toBe('shown-once');
    expect(second.body).not.toHaveProperty('code');
    expect((await say(api, `GET /v1/badges/${first.body.id}`)).body).not.toHaveProperty('code');
  });

  test('an internal resource has no address', async () => {
    expect((await say(api, 'GET /v1/drawers')).status).toBe(404);
    expect((await say(api, 'POST /v1/drawers', { body: {} })).status).toBe(404);
    expect((await say(api, 'POST /v1/jobs', { body: { noteId: note, copies: 1 } })).status).toBe(405);
  });
});

describe('a version', () => {
  test('answers 304 for ever once it was seen', async () => {
    const first = await say(api, `GET /v1/notes/${note}/versions/1`);
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toBe(`"${first.body.checksum}"`);
    expect((await say(api, `GET /v1/notes/${note}/versions/1`, { headers: { 'if-none-match': etag } })).status).toBe(
      304,
    );
  });

  test.each(['0', '2', '-1', '1.0', '01', 'latest', '99999999999', '1e0'])('%s is not there', async (version) => {
    const answer = await say(api, `GET /v1/notes/${note}/versions/${version}`);
    expect([answer.status, answer.body.code]).toEqual([404, 'not_found']);
  });
});
