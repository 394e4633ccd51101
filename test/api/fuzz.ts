import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Route } from '#lib/derive/http/routes';
import { documentOf } from './documented.ts';
import type { Ask } from './world.ts';

/** Few here, so that the suite stays quick; a nightly run asks for thousands. */
const RUNS = Number(process.env.DSPEX_FUZZ_RUNS ?? 1000);

/** No request whatever is answered with a fault of ours, and every answer is one that is documented. */
export function fuzz(routes: readonly Route[], ask: Ask): void {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.constantFrom('', '\0', '__proto__', '../..', '%', '💩', 'a'.repeat(5000)),
  );
  const headerText = text.map((value) => value.replace(/[^\x20-\x7e\x80-\xff]/g, '').trim());
  const value = fc.oneof(
    fc.jsonValue({ stringUnit: 'binary', maxDepth: 3 }),
    text,
    fc.constantFrom(1e308, -0, 2 ** 53, null, [], {}),
  );
  const headers = fc.dictionary(
    fc.constantFrom(
      'content-type',
      'if-match',
      'if-none-match',
      'idempotency-key',
      'traceparent',
      'last-event-id',
      'content-length',
      'accept',
      'range',
      'x-http-method-override',
    ),
    fc.oneof(headerText, fc.constantFrom('application/json', '"1"', '*', 'W/"1"', '0', '-1', 'NaN')),
    { maxKeys: 4 },
  );

  describe('any request', () => {
    test('with any fields in its body, query and headers gets a documented answer below 500', async () => {
      const byId = new Map(routes.map((route) => [route.operationId, route]));
      // A record for each operation: an event stream, say, has to be of one that has ended.
      const ids = new Map<string, string>();
      for (const { operationId, resource, path } of routes)
        if (path.includes('{id}')) ids.set(operationId, (await ask.record(resource.name, operationId)).id);
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...byId.keys()),
          fc.record({
            known: fc.boolean(),
            // An address drops these two before anybody reads it.
            id: text.filter((one) => one !== '.' && one !== '..'),
            fields: fc.array(fc.tuple(fc.nat(), value)),
            query: fc.array(fc.tuple(fc.nat(), text), { maxLength: 3 }),
            raw: fc.option(fc.uint8Array({ maxLength: 60 })),
          }),
          headers,
          async (operationId, { known, id, fields, query, raw }, sent) => {
            const route = byId.get(operationId) as Route;
            const names = namesOf(route);
            const input = Object.fromEntries(
              fields.flatMap(([at, field]) => (names.length === 0 ? [] : [[names[at % names.length] ?? '', field]])),
            );
            const search = new URLSearchParams(
              query.map(([at, field]): [string, string] => [QUERY[at % QUERY.length] ?? '', field.toWellFormed()]),
            );
            const answer = await ask.properly(route, {
              id: known ? (ids.get(operationId) ?? '') : encodeURIComponent(id.toWellFormed()) || 'x',
              ...(raw === null ? { input: input as never } : { body: raw }),
              ...(search.size === 0 ? {} : { query: search.toString() }),
              headers: sent,
            });
            if (answer.status === 404 && !known) return void answer.problem();
            expect(answer.status, answer.text).toBeLessThan(500);
            documentOf(routes).check(route, answer);
          },
        ),
        { numRuns: RUNS },
      );
    });

    test('to any path with any method is answered below 500', async () => {
      const segment = fc.oneof(
        fc.constantFrom(
          'v1',
          'healthz',
          'docs',
          '..',
          '.',
          '',
          ...new Set(routes.map(({ resource }) => resource.path)),
        ),
        text.map((one) => encodeURIComponent(one.toWellFormed())),
      );
      const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'QUERY');
      await fc.assert(
        fc.asyncProperty(
          method,
          fc.array(segment, { maxLength: 6 }),
          fc.boolean(),
          async (verb, segments, anonymous) => {
            const answer = await ask.line(verb, `/${segments.join('/')}`, anonymous ? { key: null } : {});
            expect(answer.status, answer.text).toBeLessThan(500);
            if (answer.status >= 400 && verb !== 'HEAD') answer.problem();
          },
        ),
        { numRuns: RUNS },
      );
    });
  });
}

const QUERY = ['limit', 'cursor', 'order', 'wait', 'state', 'name', '__proto__', 'constructor'];

/** The fields an action knows, and some that none does. */
function namesOf(route: Route): string[] {
  return 'action' in route ? [...Object.keys(route.action.input.shape), 'id', 'rev', 'workspaceId', 'constructor'] : [];
}
