import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readEvents } from '#lib/derive/client/event-source';
import { type Api, openApi, say } from './house.ts';

let api: Api;
beforeAll(async () => {
  api = await openApi({ heartbeatSeconds: 0.005 });
});
afterAll(() => api.close());

async function noteCalled(title: string): Promise<string> {
  return String((await say(api, 'POST /v1/notes', { body: { title: `${title}` } })).body.id);
}

async function open(id: string, headers: Record<string, string> = {}): Promise<Response> {
  return api.app.request(`/v1/notes/${id}/ticks`, { headers: { authorization: `Bearer ${api.admin}`, ...headers } });
}

async function numbers(response: Response): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const { data } of readEvents(response.body as ReadableStream<Uint8Array>))
    all.push((data as { n: number }).n);
  return all;
}

/** Until it holds; a promise that never does fails by the test's own time limit. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

describe('an event stream', () => {
  test('tells what happens, as events of JSON, and ends', async () => {
    const response = await open(await noteCalled('short'));
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(await numbers(response)).toEqual([1, 2, 3, 4, 5]);
    expect(api.services.open).toBe(0);
  });

  test('goes on after the event the client saw last', async () => {
    expect(await numbers(await open(await noteCalled('resumed'), { 'last-event-id': '3' }))).toEqual([4, 5]);
  });

  test('shows signs of life while nothing happens, and stops its source when the client goes', async () => {
    const response = await open(await noteCalled('endless'));
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    while (!text.includes(': still here\n\n')) text += new TextDecoder().decode((await reader.read()).value);
    expect(text).toContain('data: {"n":5,');
    expect(api.services.open).toBe(1);
    await reader.cancel();
    await until(() => api.services.open === 0);
  });

  test('pulls no faster than the client reads', async () => {
    const response = await open(await noteCalled('slow reader'));
    expect(api.services.open).toBeLessThanOrEqual(1);
    await response.body?.cancel();
    await until(() => api.services.open === 0);
  });

  test('that breaks says so as its last event, without the cause', async () => {
    const response = await open(await noteCalled('broken'));
    const text = await response.text();
    expect(text).toContain('data: {"n":2,');
    expect(text).toMatch(/event: problem\ndata: \{"type":"urn:dspex:problem:internal".*\}\n\n$/);
    expect(text).not.toContain('hunter2');
    expect(String(api.faults.at(-1))).toContain('hunter2');
  });

  test('asked for by HEAD opens nothing', async () => {
    const id = await noteCalled('head');
    const { status, headers } = await say(api, `HEAD /v1/notes/${id}/ticks`);
    expect([status, headers.get('content-type'), api.services.open]).toEqual([200, 'text/event-stream', 0]);
  });

  test('is refused like any other request before it begins', async () => {
    expect((await say(api, 'GET /v1/notes/not_00000000000000000000000000/ticks')).status).toBe(404);
    expect((await say(api, `GET /v1/notes/${await noteCalled('private')}/ticks`, { key: api.stranger })).status).toBe(
      404,
    );
  });
});
