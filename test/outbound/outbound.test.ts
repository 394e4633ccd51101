import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { failureOf } from '#lib/base/failure';
import { isLinkLocal, isPublic } from '#lib/outbound/address';
import { bodyValue } from '#lib/outbound/body';
import type { OutboundRequest } from '#lib/outbound/exchange';
import { openOutbound } from '#lib/outbound/outbound';

/** Every connection to it is one that should not have been made, unless a test says otherwise. */
let canary: Server;
let port: number;
const seen: { url: string; headers: Record<string, unknown> }[] = [];
beforeAll(async () => {
  canary = createServer((request, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers });
    const url = new URL(request.url ?? '/', 'http://canary');
    const to = url.searchParams.get('to');
    if (to !== null) response.setHeader('location', to).statusCode = 302;
    response.setHeader('content-type', url.searchParams.get('type') ?? 'application/json');
    const size = Number(url.searchParams.get('size') ?? 0);
    if (url.searchParams.has('hang')) return;
    response.end(size > 0 ? 'x'.repeat(size) : '{"ok": true}');
  });
  await new Promise<void>((resolve) => canary.listen(0, '0.0.0.0', resolve));
  port = (canary.address() as AddressInfo).port;
});
afterAll(() => {
  canary.closeAllConnections();
  canary.close();
});
beforeEach(() => {
  seen.length = 0;
});

const request = (url: string, more: Partial<OutboundRequest> = {}): OutboundRequest => ({
  ...{ method: 'GET', url: new URL(url), headers: {}, timeoutSeconds: 5, maxBytes: 1000 },
  ...more,
});
const refusal = async (call: Promise<unknown>): Promise<string> => {
  const failure = failureOf(
    await call.then(
      () => new Error('it was answered'),
      (error: unknown) => error,
    ),
  );
  expect(failure).toMatchObject({ name: 'Effect.Failed', retryable: false });
  return failure.message;
};

describe('an address that is no public one is never connected to', () => {
  const guarded = openOutbound({ allow: [] });
  test.each([
    ...[
      '127.0.0.1',
      '127.1',
      '2130706433',
      '0x7f000001',
      '0177.0.0.1',
      '0',
      '0.0.0.0',
      '127.0.0.1.',
      '127.255.255.254',
    ],
    ...[
      'localhost',
      'LOCALHOST',
      'localhost.',
      '[::1]',
      '[::]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[0:0:0:0:0:0:0:1]',
    ],
    ...[
      '[64:ff9b::7f00:1]',
      '[2002:7f00:1::]',
      '[2001:0:7f00:1::]',
      '[fe80::1]',
      '[fc00::1]',
      '[fd12:3456::1]',
      '[ff02::1]',
    ],
    ...['169.254.169.254', '[::ffff:169.254.169.254]', '[fd00:ec2::254]', '10.0.0.1', '172.16.0.1', '172.31.255.255'],
    ...['192.168.0.1', '100.64.0.1', '100.127.255.255', '192.0.0.8', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
    ...[
      '192.0.2.1',
      '198.51.100.1',
      '203.0.113.1',
      '192.88.99.1',
      '[2001:db8::1]',
      '[::127.0.0.1]',
      '1２7.0.0.1',
      '127。0。0。1',
    ],
  ])('%s', async (host) => {
    await refusal(guarded(request(`http://${host}:${port}/`)));
    expect(seen).toEqual([]);
  });

  test.each([
    'ftp://example.com/',
    'file:///etc/passwd',
    'data:text/plain,x',
    'javascript:1',
    'http://u:p@example.com/',
  ])('%s', async (url) => {
    await refusal(guarded(request(url)));
  });

  test('a name that leads to one, among public ones or alone, or only the second time it is asked for', async () => {
    for (const addresses of [['127.0.0.1'], ['93.184.215.14', '127.0.0.1'], ['::1'], ['169.254.169.254']]) {
      const resolve = async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
      await refusal(openOutbound({ allow: [], resolve })(request(`http://rebinding.example:${port}/`)));
    }
    expect(seen).toEqual([]);
  });

  test('a redirect is checked like the first address', async () => {
    const outbound = openOutbound({ allow: [`127.0.0.1:${port}`] });
    for (const to of [`http://localhost:${port}/`, 'http://169.254.169.254/latest', 'file:///etc/passwd'])
      await refusal(outbound(request(`http://127.0.0.1:${port}/?to=${encodeURIComponent(to)}`, { redirects: 3 })));
    expect(seen.map(({ url }) => url.slice(0, 5))).toEqual(['/?to=', '/?to=', '/?to=']);
  });
});

describe('what the configuration names is reached', () => {
  test('by host and port, or by host alone; nothing else is', async () => {
    for (const rule of ['127.0.0.1', `127.0.0.1:${port}`]) {
      const outbound = openOutbound({ allow: [rule] });
      expect(bodyValue(await outbound(request(`http://127.0.0.1:${port}/a`)))).toEqual({ ok: true });
      await refusal(outbound(request(`http://localhost:${port}/`)));
    }
    await refusal(openOutbound({ allow: ['127.0.0.1:1'] })(request(`http://127.0.0.1:${port}/`)));
  });

  test('a name goes to the addresses that were looked up', async () => {
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const reply = await openOutbound({ allow: ['inner.example'], resolve })(request(`http://inner.example:${port}/b`));
    expect(reply.status).toBe(200);
    expect(seen[0]).toMatchObject({ url: '/b', headers: { host: `inner.example:${port}` } });
  });

  test('but never a link-local address', async () => {
    const outbound = openOutbound({ allow: ['169.254.169.254', 'fe80::1', '[fe80::1]', 'metadata.example'] });
    expect(await refusal(outbound(request('http://169.254.169.254/')))).toContain('link-local');
    expect(await refusal(outbound(request('http://[fe80::1]/')))).toContain('link-local');
    const resolve = async () => [{ address: '169.254.169.254', family: 4 }];
    const named = openOutbound({ allow: ['metadata.example'], resolve });
    expect(await refusal(named(request('http://metadata.example/')))).toContain('link-local');
  });
});

describe('limits', () => {
  const outbound = (url: string, more: Partial<OutboundRequest> = {}) =>
    openOutbound({ allow: ['127.0.0.1', 'localhost'] })(request(`http://127.0.0.1:${port}${url}`, more));

  test('a reply is read up to its limit', async () => {
    expect((await outbound('/?size=1000')).body).toHaveLength(1000);
    expect(await refusal(outbound('/?size=1001'))).toContain('more than 1000 bytes');
  });
  test('redirects are followed as often as asked, and secrets stay with their origin', async () => {
    const there = encodeURIComponent(`http://localhost:${port}/end`);
    const headers = { authorization: 'Bearer s', 'X-Own': 'kept' };
    const reply = await outbound(`/?to=${there}`, { redirects: 1, headers });
    expect(reply).toMatchObject({ status: 200, url: { pathname: '/end' } });
    expect(seen[1]?.headers).toMatchObject({ 'x-own': 'kept' });
    expect(seen[1]?.headers).not.toHaveProperty('authorization');
    expect((await outbound(`/?to=${there}`)).status).toBe(302);
    expect((await outbound(`/?to=${there}`, { redirects: 2, method: 'POST', body: '{}' })).status).toBe(302);
  });
  test('a server that says nothing is left, and so is one that is cancelled', async () => {
    const late = outbound('/?hang', { timeoutSeconds: 0.05 });
    await expect(late).rejects.toMatchObject({ failure: { name: 'Effect.Failed', retryable: true } });
    const stop = new AbortController();
    const cut = outbound('/?hang', { signal: stop.signal });
    stop.abort();
    await expect(cut).rejects.toMatchObject({ failure: { name: 'Cancelled' } });
  });
  test('a header with a line end is refused, a body that is no JSON is said to be none', async () => {
    await expect(outbound('/', { headers: { 'x-a': 'b\r\nx-c: d' } })).rejects.toMatchObject({
      failure: { name: 'Effect.Failed' },
    });
    const reply = await outbound('/?size=3');
    expect(() => bodyValue(reply)).toThrow('says it answers JSON and does not');
    expect(bodyValue(await outbound('/?size=3&type=text/plain'))).toBe('xxx');
  });
});

test('public addresses are public, and what is none is none', () => {
  for (const one of ['8.8.8.8', '93.184.215.14', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::5'])
    expect([one, isPublic(one), isLinkLocal(one)]).toEqual([one, true, false]);
  for (const none of ['', 'example.com', '1.2.3', '1.2.3.4.5', '::ffff:8.8.8.8', '999.1.1.1'])
    expect([none, isPublic(none)]).toEqual([none, false]);
});
