import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failureOf, StepFailure } from '#lib/base/failure';
import type { Json, JsonObject } from '#lib/base/json';
import { checkArguments } from '#lib/module/tool/arguments';
import { calculate } from '#lib/module/tool/calculate';
import { callTool } from '#lib/module/tool/call';
import type { ToolDeclaration } from '#lib/module/tool/declaration';
import { addressOf } from '#lib/module/tool/http';
import { openMcp } from '#lib/module/tool/mcp';
import { toolRunners } from '#lib/module/tool/runners';
import { openOutbound } from '#lib/outbound/outbound';

const SECRET = 'top-secret-"value"';
let server: Server;
let base: string;
const requests: { method: string; url: string; body: string; headers: Record<string, unknown> }[] = [];
/** How the MCP server at /mcp answers: as JSON or as an event stream. */
let streamed = false;
beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    const { method = '', url = '', headers } = request;
    requests.push({ method, url, body, headers });
    if (url === '/mcp') {
      const message = JSON.parse(body) as JsonObject;
      if (message.id === undefined) return void response.writeHead(202).end();
      const answer = JSON.stringify({ jsonrpc: '2.0', id: message.id, ...mcp(message) });
      response.setHeader('mcp-session-id', 'session-1');
      response.setHeader('content-type', streamed ? 'text/event-stream' : 'application/json');
      const noise = 'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/message"}\n\n';
      response.end(streamed ? `${noise}event: message\ndata: ${answer}\n\n` : answer);
      return;
    }
    if (url.startsWith('/fails')) response.statusCode = 404;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ told: headers.authorization ?? null, body }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function mcp({ method, params }: JsonObject): JsonObject {
  if (method === 'initialize') return { result: { protocolVersion: '2025-03-26', capabilities: {}, serverInfo: {} } };
  if (method === 'tools/list' && (params as JsonObject).cursor === undefined)
    return {
      result: { tools: [{ name: 'add', description: 'Adds.', inputSchema: { type: 'object' } }], nextCursor: 'p2' },
    };
  if (method === 'tools/list') return { result: { tools: [{ name: 'bare' }] } };
  const { name, arguments: args } = params as { name: string; arguments: JsonObject };
  const text = (value: string) => ({ type: 'text', text: value });
  if (name === 'fails') return { result: { isError: true, content: [text('no such city')] } };
  if (name === 'unknown') return { error: { code: -32602, message: 'Unknown tool' } };
  if (name === 'two') return { result: { content: [text('a'), text('b')] } };
  if (name === 'image') return { result: { content: [{ type: 'image', data: 'x' }] } };
  return { result: { content: [text(JSON.stringify(args))] } };
}

const outbound = openOutbound({ allow: ['127.0.0.1'] });
const secrets = { get: async (reference: string) => (reference === 'env:KEY' ? SECRET : null) };
const runners = toolRunners({ outbound, secrets, clock: { now: () => 0 } });
const declare = (target: object, parameters: JsonObject = {}): ToolDeclaration =>
  ({ name: 'tool', description: '', parameters, ...target }) as ToolDeclaration;
const call = (tool: ToolDeclaration, args: JsonObject = {}): Promise<Json> =>
  callTool(tool, args, runners, { workspaceId: 'wsp', idempotencyKey: 'run/step/tool/1' });
const failing = async (work: Promise<unknown>) =>
  failureOf(
    await work.then(
      () => new Error('it worked'),
      (error: unknown) => error,
    ),
  );

describe('tools over HTTP', () => {
  const properties = { id: { type: 'string' }, n: { type: 'integer', default: 5 } };

  test('arguments go where the address names them, then into query or body, with defaults filled in', async () => {
    const http = { method: 'GET', url: `${base}/u/{id}?x=1` };
    await call(declare({ kind: 'http', http }, { properties }), { id: 'a b/../&c' });
    expect(requests.at(-1)).toMatchObject({ method: 'GET', url: '/u/a%20b%2F..%2F%26c?x=1&n=5', body: '' });
    await call(declare({ kind: 'http', http: { ...http, method: 'POST' } }, { properties }), { id: 'i' });
    expect(requests.at(-1)).toMatchObject({ method: 'POST', url: '/u/i?x=1', body: '{"n":5}' });
    expect(requests.at(-1)?.headers['idempotency-key']).toBe('run/step/tool/1');
  });

  test('a secret is sent and never shown, not even when the server sends it back', async () => {
    const http = { method: 'GET', url: `${base}/x`, secretRef: 'env:KEY' };
    expect(await call(declare({ kind: 'http', http }))).toEqual({ told: 'Bearer [redacted]', body: '' });
    expect(requests.at(-1)?.headers.authorization).toBe(`Bearer ${SECRET}`);
    const missing = declare({ kind: 'http', http: { ...http, secretRef: 'env:OTHER' } });
    expect(await failing(call(missing))).toMatchObject({ message: 'there is no secret "env:OTHER"' });
  });

  test('an answer that is no success is an error that shows its beginning', async () => {
    const failure = await failing(call(declare({ kind: 'http', http: { method: 'GET', url: `${base}/fails` } })));
    expect(failure).toMatchObject({
      name: 'Effect.Failed',
      message: expect.stringContaining('answered 404: {"told":null'),
    });
  });

  test('no argument can lead to another host or folder', () => {
    const template = 'https://api.example/v1/users/{id}/posts?q={q}';
    fc.assert(
      fc.property(fc.string(), fc.string(), (id, q) => {
        let url: URL;
        try {
          ({ url } = addressOf(template, { id, q }));
        } catch (error) {
          expect(['.', '..'].includes(id) || ['.', '..'].includes(q) || error instanceof URIError).toBe(true);
          return;
        }
        expect(url.host).toBe('api.example');
        expect(url.pathname.split('/')).toHaveLength(5);
        expect(url.pathname.startsWith('/v1/users/') && url.pathname.endsWith('/posts')).toBe(true);
        expect([...url.searchParams.keys()]).toEqual(['q']);
      }),
    );
  });
});

describe.each([false, true])('tools of an MCP server (streamed: %s)', (stream) => {
  const tool = (name: string) =>
    declare(
      { kind: 'mcp', mcp: { url: `${base}/mcp`, tool: name, secretRef: 'env:KEY' } },
      { additionalProperties: true },
    );

  test('are listed over all pages', async () => {
    streamed = stream;
    const session = await openMcp({ url: `${base}/mcp` }, outbound, secrets);
    expect(await session.listTools()).toEqual([
      { name: 'add', description: 'Adds.', parameters: { type: 'object' } },
      { name: 'bare', description: '', parameters: {} },
    ]);
    const [opening, ready, first] = requests.slice(-4);
    expect([opening, ready, first].map((one) => JSON.parse(one?.body ?? '').method)).toEqual([
      'initialize',
      'notifications/initialized',
      'tools/list',
    ]);
    expect(first?.headers).toMatchObject({ 'mcp-session-id': 'session-1', 'mcp-protocol-version': '2025-03-26' });
  });

  test('answer as dspy.Tool.from_mcp_tool has them', async () => {
    streamed = stream;
    expect(await call(tool('echo'), { a: 1 })).toBe('{"a":1}');
    expect(await call(tool('two'))).toEqual(['a', 'b']);
    expect(await call(tool('image'))).toEqual([{ type: 'image', data: 'x' }]);
    expect(await failing(call(tool('fails')))).toMatchObject({ message: 'the tool fails failed: no such city' });
    expect((await failing(call(tool('unknown')))).message).toMatch(/tools\/call: Unknown tool$/);
  });
});

test('what is no MCP server is said to be none', async () => {
  const failure = await failing(openMcp({ url: `${base}/fails` }, outbound, secrets));
  expect(failure).toMatchObject({ name: 'Effect.Failed', message: expect.stringContaining('answered 404') });
  expect((await failing(openMcp({ url: `${base}/x` }, outbound, secrets))).message).toContain(
    'sent no answer to initialize',
  );
});

describe('arguments', () => {
  const tool = {
    name: 'find',
    parameters: {
      type: 'object',
      properties: { q: { type: 'string' }, k: { $ref: '#/$defs/Count' }, mode: { enum: ['a', 'b'], default: 'a' } },
      required: ['q'],
      $defs: { Count: { type: 'integer', minimum: 1 } },
    },
  };
  test('that fit are completed', () => {
    expect(checkArguments(tool, { q: 'x', k: 2 })).toEqual({ q: 'x', k: 2, mode: 'a' });
  });
  test.each([
    [{}, '/q'],
    [{ q: 1 }, '/q'],
    [{ q: 'x', k: 0 }, '/k'],
    [{ q: 'x', mode: 'c' }, '/mode'],
    [{ q: 'x', other: 1 }, 'other'],
    [{ q: 'x', __proto__x: 1 }, '__proto__x'],
  ])('%j is refused with the place', (args, place) => {
    const refused = () => checkArguments(tool, args as JsonObject);
    expect(refused).toThrow(StepFailure);
    expect(refused).toThrow(place);
    expect(refused).toThrow('find(q, k, mode)');
  });
});

describe('the calculator', () => {
  test.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['-2 ^ 2', -4],
    ['2 ^ -1', 0.5],
    ['2 ** 3 ** 2', 512],
    ['10 % 4 / 2', 1],
    ['1 - 2 - 3', -4],
    ['sqrt(16) + max(1, 2, 3) - abs(-1)', 6],
    ['.5e1+1.5E-1', 5.15],
    [' - - 3 ', 3],
    ['round(2.5)', 3],
  ])('%s = %d', (text, value) => {
    expect(calculate(text)).toBeCloseTo(value, 12);
  });
  test.each([
    '',
    '1 +',
    '(1',
    '1)',
    '1 2',
    '1/0',
    'sqrt(-1)',
    'constructor(1)',
    'process.exit()',
    'x',
    '1;2',
    '"a"',
    'max()',
    '9'.repeat(1001),
  ])('%j is refused', (text) => {
    expect(() => calculate(text)).toThrow(StepFailure);
  });
  test('any text gives a finite number or StepFailure, however deep', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'0123456789.+-*/%^(),e sqrtmax'), maxLength: 60 }),
    );
    fc.assert(
      fc.property(text, (expression) => {
        try {
          expect(Number.isFinite(calculate(expression))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(StepFailure);
        }
      }),
    );
    for (const deep of ['('.repeat(999), '2^'.repeat(499), '-'.repeat(999), 'abs('.repeat(249)])
      expect(() => calculate(deep)).toThrow(StepFailure);
  });
});

test('the time is the clock’s, and a kind nobody can call here is said to be that', async () => {
  expect(await call(declare({ kind: 'builtin', builtin: 'current_time' }))).toBe('1970-01-01T00:00:00.000Z');
  expect(await failing(call(declare({ kind: 'python', python: { function: 'a:b' } })))).toMatchObject({
    name: 'Internal',
  });
  expect(await failing(call(declare({ kind: 'builtin', builtin: 'nothing' })))).toMatchObject({
    name: 'Effect.Failed',
  });
});
