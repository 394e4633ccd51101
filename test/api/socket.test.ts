import { type AddressInfo, connect } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '#lib/derive/client/client';
import { type Api, openApi, say } from './house.ts';

let api: Api;
let port: number;
const server = createAdaptorServer({
  fetch: (request: Request) => api.app.fetch(request),
  overrideGlobalObjects: false,
});
beforeAll(async () => {
  api = await openApi();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await api.close();
});

interface Conversation {
  write(text: string | Uint8Array): Promise<boolean>;
  /** Everything the server has said, once it holds this text or has hung up. */
  said(text: string): Promise<string>;
  hangUp(): void;
}

/** A client that keeps no rules but those of TCP. */
function converse(): Conversation {
  const socket = connect(port, '127.0.0.1');
  let heard = '';
  let over = false;
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const one of waiting) one();
  };
  socket.on('data', (bytes) => {
    heard += bytes.toString('latin1');
    wake();
  });
  for (const end of ['close', 'error', 'end'])
    socket.on(end, () => {
      over = true;
      wake();
    });
  return {
    write: (text) => new Promise((resolve) => (over ? resolve(false) : socket.write(text, (error) => resolve(!error)))),
    said: (text) =>
      new Promise((resolve) => {
        const look = () => {
          if (!heard.includes(text) && !over) return;
          waiting.delete(look);
          resolve(heard);
        };
        waiting.add(look);
        look();
      }),
    hangUp: () => socket.destroy(),
  };
}

const head = (line: string, headers: Record<string, string>) =>
  [
    `${line} HTTP/1.1`,
    'host: x',
    `authorization: Bearer ${api.admin}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n');

/** How many POSTs to the notes have been answered. */
async function posts(): Promise<number> {
  const text = String((await say(api, 'GET /metrics')).body.text);
  const counts = [...text.matchAll(/requests_total\{method="POST",route="\/v1\/notes",status="\d+"\} (\d+)/g)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

describe('over a socket', () => {
  test('the client does its work', async () => {
    const client = createClient({ baseUrl: `http://127.0.0.1:${port}`, apiKey: api.admin });
    const { body, rev } = await client.call<{ id: string }>('notes', 'create', { input: { title: 'Über 💩' } });
    expect(rev).toBe(1);
    expect((await client.get<{ title: string }>('notes', body.id)).body.title).toBe('Über 💩');
    const events: unknown[] = [];
    for await (const { id } of client.stream('notes', body.id, 'ticks')) events.push(id);
    expect(events).toEqual(['1', '2', '3', '4', '5']);
  });

  test('a body of 100 MB is refused after the first megabyte, and the process does not grow by it', async () => {
    const before = process.memoryUsage().rss;
    const talk = converse();
    await talk.write(head('POST /v1/notes', { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }));
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, ' '), Buffer.from('\r\n')]);
    let sent = 0;
    while (sent < 1600 && (await talk.write(chunk))) sent++;
    const answer = await talk.said('\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('application/problem+json');
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * 1024 * 1024);
    talk.hangUp();
  });

  test('an announced 100 MB is refused before a byte of it was sent', async () => {
    const talk = converse();
    await talk.write(head('POST /v1/notes', { 'content-type': 'application/json', 'content-length': '104857600' }));
    expect(await talk.said('\r\n\r\n')).toMatch(/^HTTP\/1\.1 413 /);
    talk.hangUp();
  });

  test('a body that comes byte by byte is waited for, and others are served meanwhile', async () => {
    const body = '{"title":"slow"}';
    const talk = converse();
    await talk.write(
      head('POST /v1/notes', { 'content-type': 'application/json', 'content-length': String(body.length) }),
    );
    for (const byte of body) {
      await talk.write(byte);
      const other = await fetch(`http://127.0.0.1:${port}/healthz`);
      expect(other.status).toBe(200);
    }
    expect(await talk.said('"title":"slow"')).toMatch(/^HTTP\/1\.1 201 /);
    talk.hangUp();
  });

  test('a client that hangs up in the middle of its body has done nothing, and is no fault of ours', async () => {
    const talk = converse();
    await talk.write(head('POST /v1/notes', { 'content-type': 'application/json', 'content-length': '40' }));
    await talk.write('{"title":"never');
    const before = await posts();
    talk.hangUp();
    while ((await posts()) === before) await new Promise((resolve) => setImmediate(resolve));
    const { body } = await say(api, 'GET /v1/notes?limit=100');
    expect(JSON.stringify(body)).not.toContain('never');
    expect(api.faults).toEqual([]);
  });

  test('a client that leaves an event stream stops its source', async () => {
    const { body } = await say(api, 'POST /v1/notes', { body: { title: 'endless' } });
    const talk = converse();
    await talk.write(head(`GET /v1/notes/${body.id}/ticks`, {}));
    await talk.said('data: {"n":5,');
    expect(api.services.open).toBe(1);
    talk.hangUp();
    await until(() => api.services.open === 0);
  });

  test('requests on one connection are answered in turn, also after a refused body', async () => {
    const talk = converse();
    const bad = '{"title":7}';
    await talk.write(
      head('POST /v1/notes', { 'content-type': 'text/plain', 'content-length': String(bad.length) }) + bad,
    );
    expect(await talk.said('unsupported_media_type')).toMatch(/^HTTP\/1\.1 415 /);
    await talk.write(head('GET /v1/notes?limit=1', {}));
    expect(await talk.said('"items"')).toContain('HTTP/1.1 200 ');
    talk.hangUp();
  });

  test.each([
    ['no HTTP', 'what is this\r\n\r\n', 400],
    ['a path that is none', 'GET http:// HTTP/1.1\r\nhost: x\r\n\r\n', 400],
    ['a host that is none', 'GET /healthz HTTP/1.1\r\nhost: a b@c\r\n\r\n', 400],
    ['endless headers', `GET /healthz HTTP/1.1\r\nhost: x\r\na: ${'x'.repeat(70_000)}\r\n\r\n`, 431],
    ['two lengths', 'POST /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', 400],
  ])('%s is refused and the server stands', async (_what, text, status) => {
    const talk = converse();
    await talk.write(text);
    expect(await talk.said('\r\n\r\n')).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    talk.hangUp();
  });
});
