import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { methodsAt, type Route, routesOf } from '#lib/derive/http/routes';
import type { ResourceInfo } from '#lib/kernel/info';
import { documentedBy } from './documented.ts';
import { fuzz } from './fuzz.ts';
import { pagination } from './pagination.ts';
import { preconditions } from './preconditions.ts';
import { type Ask, asker, type World } from './world.ts';

/**
 * What every operation of every resource keeps, derived from the declarations: for any house, over its real app.
 *
 *     apiContract(describe(RESOURCES), async () => ({ app, admin, stranger, inputs: {...}, records: {...}, close }));
 */
export function apiContract(resources: readonly ResourceInfo[], open: () => Promise<World>): void {
  let world: World | undefined;
  beforeAll(async () => {
    world = await open();
  });
  afterAll(() => world?.close());

  const routes = routesOf(resources);
  const ask: Ask = asker(routes, () => world as World);

  describe.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', (_line, route) => {
    strangers(route, ask);
    if ('action' in route && ['create', 'update', 'call'].includes(route.action.kind)) bodies(route, ask);
    preconditions(route, ask);
    documentedBy(routes, route, ask);
  });
  describe.each(routes.filter(({ kind }) => kind === 'list').map((route) => [route.path, route] as const))(
    'pages of %s',
    (_path, route) => pagination(route, ask),
  );
  methods(routes, ask);
  fuzz(routes, ask);
}

function strangers(route: Route, ask: Ask): void {
  test.each([
    ['no key', undefined],
    ['another scheme', 'Basic YTpi'],
    ['a key nobody has', `Bearer dsk_${'z'.repeat(26)}_${'z'.repeat(43)}`],
    ['no token', 'Bearer '],
    ['two tokens', 'Bearer a b'],
  ])('with %s is answered 401 before anything is looked at', async (_what, authorization) => {
    const answer = await ask.plain(route, {
      key: null,
      body: '{"broken',
      headers: authorization === undefined ? {} : { authorization },
    });
    expect(answer.problem(401)).toMatchObject({ title: 'Not authenticated' });
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm=/);
  });

  test('refuses query parameters it does not know', async () => {
    const answer = await ask.properly(route, { query: 'surprise=1' });
    expect(answer.problem(400).errors).toMatchObject([{ pointer: '/surprise' }]);
  });

  if (!route.path.includes('{id}')) return;
  test("another workspace's record answers exactly like one that never was", async () => {
    const record = await ask.record(route.resource.name);
    const foreign = await ask.properly(route, { id: record.id, key: 'stranger' });
    const absent = await ask.properly(route, { id: neverWas(record.id), key: 'stranger' });
    const seen = (answer: typeof foreign, id: string) =>
      JSON.stringify({ ...answer.problem(404), traceId: '' }).replaceAll(id, '{id}');
    expect(seen(foreign, record.id)).toBe(seen(absent, neverWas(record.id)));
    const headers = (answer: typeof foreign) =>
      Object.fromEntries([...answer.headers].filter(([name]) => name !== 'x-trace-id' && name !== 'date'));
    expect(headers(foreign)).toEqual(headers(absent));
  });

  test.each(['nothing', '..', '%00', '%F0%9F%92%A9', '%', 'a'.repeat(3000), '__proto__', 'prg_%23'])(
    'the id %s is of nothing',
    async (id) => {
      const { status } = await ask.properly(route, { id });
      expect([404, 400]).toContain(status);
    },
  );
}

/** Another id that differs from this one in its last characters. */
function neverWas(id: string): string {
  return id.slice(0, -4) + (id.endsWith('zzzz') ? 'yyyy' : 'zzzz');
}

function bodies(route: Route, ask: Ask): void {
  const upload = 'action' in route ? route.action.upload : null;
  test('another media type is 415', async () => {
    const foreign = ['text/plain', 'application/json; charset=utf-16', 'application/x-www-form-urlencoded', 'nonsense'];
    for (const type of foreign.filter((one) => !upload?.contentTypes.includes(one)))
      (await ask.properly(route, { body: 'a=1', headers: { 'content-type': type } })).problem(415);
    (await ask.properly(route, { headers: { 'content-encoding': 'gzip' } })).problem(415);
  });
  if (upload) return;

  test('an unknown field is refused by its pointer', async () => {
    const answer = await ask.properly(route, { input: { surprise: 1, 'sur/prise~': 2 } });
    const pointers = answer.problem(400).errors.map(({ pointer }) => pointer);
    expect(pointers).toEqual(expect.arrayContaining(['/surprise', '/sur~1prise~0']));
  });

  test('too large is 413, whatever length was announced', async () => {
    const large = JSON.stringify({ text: 'x'.repeat(1024 * 1024) });
    (await ask.properly(route, { body: large })).problem(413);
    (await ask.properly(route, { body: large, headers: { 'content-length': '10' } })).problem(413);
    (await ask.properly(route, { headers: { 'content-length': '104857600' } })).problem(413);
  });

  test.each([
    ['33 levels deep', `${'[{"a":'.repeat(16)}[1]${'}]'.repeat(16)}`, 'json_too_deep'],
    ['no JSON', '{"a":', 'json_malformed'],
    ['a duplicate name', '{"a":1,"a":1}', 'json_duplicate'],
    ['half a surrogate pair', '{"a":"\\ud800"}', 'json_surrogate'],
    ['a number beyond a double', '{"a":1e999}', 'json_number'],
    ['a prototype', '{"__proto__":{"admin":true}}', 'json_name'],
    ['bytes that are no UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d), 'json_encoding'],
  ])('%s is 400', async (_what, body, code) => {
    expect((await ask.properly(route, { body })).problem(400).code).toBe(code);
  });

  test.each(['[]', '"text"', 'null', '7', 'true'])('%s is no input', async (body) => {
    const { status } = await ask.properly(route, { body });
    // `null` is no input at all, which is enough where everything is optional.
    if (body !== 'null') expect(status).toBe(400);
    else expect(status).toBeLessThan(500);
  });
}

function methods(routes: readonly Route[], ask: Ask): void {
  const paths = [...new Set(routes.map(({ path }) => path))];
  test.each(paths)('%s answers other methods with 405 and those it takes', async (path) => {
    const allowed = methodsAt(routes, path);
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((one) => !allowed.includes(one))) {
      const answer = await ask.line(method, path.replace(/\{\w+\}/g, '1'));
      expect(answer.problem(405).detail).toContain(method);
      expect(answer.headers.get('allow')?.split(', ')).toEqual(allowed);
    }
    const options = await ask.line('OPTIONS', path.replace(/\{\w+\}/g, '1'));
    expect([options.status, options.text, options.headers.get('allow')?.split(', ')]).toEqual([204, '', allowed]);
  });

  test.each(['/v1', '/v1/', '/v1/nothing', '/v1/nothing/x/y/z/a/b', '/nothing', '//'])(
    '%s is no route',
    async (path) => {
      expect((await ask.line('GET', path)).problem(404).code).toBe('route_unknown');
    },
  );
}
