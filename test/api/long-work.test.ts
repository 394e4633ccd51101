import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Api, openApi, say } from './house.ts';

let api: Api;
afterEach(() => api.close());

async function print(query = '', headers: Record<string, string> = {}) {
  const note = await say(api, 'POST /v1/notes', { body: { title: crypto.randomUUID() } });
  return say(api, `POST /v1/notes/${note.body.id}/print${query}`, { body: {}, headers });
}

describe('work that takes its time', () => {
  beforeEach(async () => {
    api = await openApi();
  });

  test('is answered 202 with the address where it goes on', async () => {
    const answer = await print();
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ resource: 'Job', href: `/v1/jobs/${answer.body.id}` });
    expect(answer.headers.get('location')).toBe(answer.body.href);
    expect((await say(api, `GET ${answer.body.href}`)).body).toMatchObject({ id: answer.body.id, copies: 1 });
  });

  test('is answered 200 with its record when it is awaited and settles', async () => {
    const waiting = print('?wait=true');
    // It settles whenever: before or after the request has begun to wait.
    const finishing = setInterval(() => api.services.finishAll(), 5);
    const answer = await waiting;
    clearInterval(finishing);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ copies: 1, rev: 1 });
    expect(answer.headers.get('location')).toBe(`/v1/jobs/${answer.body.id}`);
    expect(answer.headers.get('etag')).toBe('"1"');
  });

  test('wait is true or false and nothing else, and only where there is something to wait for', async () => {
    expect((await print('?wait=yes')).status).toBe(400);
    expect((await print('?wait=false')).status).toBe(202);
    const note = await say(api, 'POST /v1/notes', { body: { title: 'x' } });
    expect((await say(api, `POST /v1/notes/${note.body.id}/touch?wait=true`)).status).toBe(400);
  });
});

describe('with little patience', () => {
  beforeEach(async () => {
    api = await openApi({ maxWaitSeconds: 0.02 });
  });

  test('what does not settle in time is answered 202 after all', async () => {
    const answer = await print('?wait=true');
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe(answer.body.href);
    expect(api.faults).toEqual([]);
  });

  test('a replay has nothing to wait for: 202, and the same work', async () => {
    const note = await say(api, 'POST /v1/notes', { body: { title: 'twice' } });
    const again = () =>
      say(api, `POST /v1/notes/${note.body.id}/print?wait=true`, { body: {}, headers: { 'idempotency-key': 'k1' } });
    const [first, second] = [await again(), await again()];
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
  });
});
