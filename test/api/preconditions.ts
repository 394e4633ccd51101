import { expect, test } from 'vitest';
import type { ActionRoute, Route } from '#lib/derive/http/routes';
import type { Ask, Request } from './world.ts';

/** ETags and idempotency keys: what a client sends so that it never overwrites or repeats unknowingly. */
export function preconditions(route: Route, ask: Ask): void {
  if (route.kind === 'read') reading(route, ask);
  if (!('action' in route) || !route.action.effect) return;
  if (route.action.ifMatch) {
    test('wants If-Match: 428 without, 412 when stale or weak, 400 when it is none', async () => {
      const { id } = await ask.record(route.resource.name, route.operationId);
      const without = await ask.plain(route, { id, ...ask.good(route) });
      without.problem(428);
      for (const tag of ['"999999"', 'W/"1"', '"abc"'])
        (await ask.properly(route, { id, headers: { 'if-match': tag } })).problem(412);
      for (const tag of ['1', 'rev', '"1", "2"'])
        (await ask.properly(route, { id, headers: { 'if-match': tag } })).problem(400);
    });
  }
  if (route.method !== 'POST') return;

  test('refuses what cannot be an Idempotency-Key', async () => {
    for (const key of ['a b', 'x'.repeat(256), 'é'])
      expect((await ask.properly(route, { headers: { 'idempotency-key': key } })).problem(400).code).toBe(
        'invalid_idempotency_key',
      );
  });

  test('sent twice under one key, has its effect once and says so', async () => {
    const request = await keyed(route, ask, 'twice');
    const first = await ask.plain(route, request);
    const second = await ask.plain(route, request);
    expect(second.status).toBe(first.status);
    if (first.status >= 300) return expect(ask.succeeds(route), first.text).toBe(false);
    expect([first.headers.get('idempotency-replayed'), second.headers.get('idempotency-replayed')]).toEqual([
      null,
      'true',
    ]);
    for (const header of ['etag', 'location']) expect(second.headers.get(header)).toBe(first.headers.get(header));
    if (first.text !== '') expect(first.json()).toMatchObject(second.json());
  });

  test('another body under a used key is 422', async () => {
    const request = await keyed(route, ask, 'other');
    const first = await ask.plain(route, request);
    if (first.status >= 300) return expect(ask.succeeds(route), first.text).toBe(false);
    const { headers, ...other } = ask.good(route, nextSerial());
    const upload = route.action.upload !== null;
    const body = upload ? `${other.body}\n` : JSON.stringify({ ...JSON.parse(String(other.body)), somethingElse: 1 });
    const second = await ask.plain(route, { ...request, body });
    expect(second.problem(422).code).toBe('idempotency_key_reused');
  });
}

/** A request that is in order, under an Idempotency-Key of its own. */
async function keyed(route: ActionRoute, ask: Ask, purpose: string): Promise<Request & { headers: object }> {
  const onRecord = route.path.includes('{id}');
  const { id, rev } = onRecord ? await ask.record(route.resource.name, route.operationId) : { id: '', rev: 0 };
  const good = ask.good(route, nextSerial());
  const key = { 'idempotency-key': `contract-${purpose}-${route.operationId}-${id}` };
  const match: Record<string, string> = route.action.ifMatch ? { 'if-match': `"${rev}"` } : {};
  return { id, ...good, headers: { ...good.headers, ...match, ...key } };
}

function reading(route: Route, ask: Ask): void {
  test('gives an ETag that answers 304 until the record changes, and HEAD the same without a body', async () => {
    const { id } = await ask.record(route.resource.name);
    const read = await ask.properly(route, { id });
    expect(read.status).toBe(200);
    const etag = read.headers.get('etag') ?? '';
    expect(etag).toBe(`"${read.json().rev}"`);
    const path = route.path.replace('{id}', id);
    for (const tag of [etag, `W/${etag}`, `"0", ${etag}`, '*']) {
      const again = await ask.line('GET', path, { headers: { 'if-none-match': tag } });
      expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag]);
    }
    expect((await ask.line('GET', path, { headers: { 'if-none-match': '"0"' } })).status).toBe(200);
    const head = await ask.line('HEAD', path);
    expect([head.status, head.text, head.headers.get('etag')]).toEqual([200, '', etag]);
  });
}

let serial = 1_000_000;
function nextSerial(): number {
  serial += 1;
  return serial;
}
