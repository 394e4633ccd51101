import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { routesOf } from '#lib/derive/http/routes';
import { openApi } from '#lib/derive/openapi/document';
import { definer } from '#lib/kernel/define';
import { describe as complete } from '#lib/kernel/describe';
import { openApi as openHouse, say } from '../../api/house.ts';
import { HOUSE } from '../../api/resources.ts';

interface Operation {
  operationId: string;
  parameters: { name: string; in: string; required?: boolean; schema: object }[];
  requestBody?: { required: boolean; content: Record<string, { schema: object }> };
  responses: Record<string, { content?: Record<string, { schema: object }>; headers?: object }>;
  security?: object[];
}

const document = openApi(routesOf(complete(HOUSE)), { version: '1.2.3' }) as unknown as {
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<
      string,
      { properties?: Record<string, object>; required?: string[]; additionalProperties?: boolean }
    >;
  };
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ line: `${method.toUpperCase()} ${path}`, operation })),
);
const at = (line: string): Operation => {
  const found = operations.find((one) => one.line === line);
  if (!found) throw new Error(`no ${line}`);
  return found.operation;
};
/** Could a request for `path` be one for `pattern`? */
const fits = (pattern: string, path: string) =>
  new RegExp(`^${pattern.replace(/\{\w+\}/g, '[^/]+')}$`).test(path.replace(/\{\w+\}/g, 'x'));
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

describe('the document', () => {
  test('is OpenAPI 3.1, by its own meta-schema', async () => {
    const result = await new Validator().validate(structuredClone(document));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
  });

  test('names exactly the routes that the app serves', async () => {
    const api = await openHouse();
    const documented = operations.map(({ line }) => line.split(' ') as [string, string]);
    for (const path of new Set(documented.map(([, each]) => each))) {
      const { status, headers } = await say(api, `OPTIONS ${path.replace(/\{\w+\}/g, 'x')}`);
      // `x` is an id as well as the name of an action: what a path takes is what all patterns it fits say.
      const taken = new Set(documented.filter(([, each]) => fits(each, path)).map(([method]) => method));
      const served = headers.get('allow')?.split(', ') ?? [];
      expect(status).toBe(204);
      expect([path, ...served.filter((method) => method !== 'HEAD' && method !== 'OPTIONS')]).toEqual([
        path,
        ...[...taken].toSorted(),
      ]);
    }
    await api.close();
  });

  test('has an operationId for each operation, none twice', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(
      expect.arrayContaining([
        'Note.print',
        'Note.get'.replace('get', 'read'),
        'Badge.remove',
        'Note.ticks',
        'Note.versions',
      ]),
    );
  });

  test('points at nothing that is not there', () => {
    const text = JSON.stringify(document);
    for (const [, pointer = ''] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const target = pointer
        .split('/')
        .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], document);
      expect(target, pointer).toBeDefined();
    }
    expect(text).not.toContain('__shared');
    expect(text).not.toContain('$defs');
  });

  test('is the same whenever it is made', () => {
    expect(openApi(routesOf(complete(HOUSE)), { version: '1.2.3' })).toEqual(document);
  });

  test('says nothing of internal resources, of what only we may do, and of secrets', () => {
    expect(JSON.stringify(document)).not.toContain('Drawer');
    expect(operations.map(({ line }) => line)).not.toContain('POST /v1/jobs');
    // It may be told, but is never shown.
    for (const [name, schema] of Object.entries(document.components.schemas))
      if (name !== 'NoteCreateBody') expect(JSON.stringify(schema), name).not.toContain('combination');
  });
});

describe('operations', () => {
  test('take as a body what the action accepts, and nothing else', () => {
    expect(at('POST /v1/notes').requestBody).toEqual({
      required: true,
      content: { 'application/json': { schema: ref('NoteCreateBody') } },
    });
    const body = document.components.schemas.NoteCreateBody;
    expect(Object.keys(body?.properties ?? {})).toEqual(['title', 'colour', 'place', 'extra', 'combination']);
    expect(body).toMatchObject({ required: ['title'], additionalProperties: false });
    expect(document.components.schemas.NoteUpdateBody?.required).toBeUndefined();
    expect(at('POST /v1/notes/{id}/print').requestBody?.required).toBe(false);
    expect(at('DELETE /v1/notes/{id}').requestBody).toBeUndefined();
  });

  test('answer with the record as it leaves: calculations in, defaults filled, examples kept', () => {
    const note = document.components.schemas.Note;
    expect(at('POST /v1/notes').responses['201']?.content?.['application/json']?.schema).toEqual(ref('Note'));
    expect(note?.required).toEqual(
      expect.arrayContaining(['id', 'rev', 'state', 'latestVersion', 'title', 'colour', 'place', 'length']),
    );
    expect(note?.properties?.state).toMatchObject({ enum: ['draft', 'sealed'] });
    expect(note?.properties?.title).toMatchObject({ examples: ['Milk'] });
    // A replay under the same Idempotency-Key shows the record without it.
    expect(document.components.schemas.BadgeCreateAnswer?.properties).toHaveProperty('code');
    expect(document.components.schemas.BadgeCreateAnswer?.required).not.toContain('code');
  });

  test('show an incoming and an outgoing view of one type apart only where they differ', () => {
    expect(document.components.schemas.Place?.required).toEqual(['city']);
    expect(document.components.schemas.PlaceInput?.required).toBeUndefined();
    expect(document.components.schemas.Json).toBeDefined();
    expect(document.components.schemas.JsonInput).toBeUndefined();
    expect(Object.keys(document.components.schemas).filter((name) => /^Shape|schema\d/.test(name))).toEqual([]);
  });

  test.each([
    ['PATCH /v1/notes/{id}', 'If-Match', true],
    ['DELETE /v1/notes/{id}', 'If-Match', true],
    ['POST /v1/notes/{id}/seal', 'If-Match', true],
    ['POST /v1/notes/{id}/touch', 'If-Match', false],
    ['POST /v1/notes/{id}/count', 'If-Match', false],
    ['POST /v1/notes', 'Idempotency-Key', false],
    ['POST /v1/notes/{id}/print', 'Idempotency-Key', false],
    ['POST /v1/notes/{id}/count', 'Idempotency-Key', undefined],
    ['PATCH /v1/notes/{id}', 'Idempotency-Key', undefined],
    ['GET /v1/notes/{id}', 'If-None-Match', false],
    ['GET /v1/notes/{id}/ticks', 'Last-Event-ID', false],
    ['POST /v1/notes/{id}/print', 'wait', false],
    ['POST /v1/notes/{id}/touch', 'wait', undefined],
    ['POST /v1/notes/load', 'rows', false],
    ['GET /v1/notes', 'colour', false],
    ['GET /v1/jobs', 'noteId', false],
  ])('%s: %s required: %s', (line, name, required) => {
    const parameter = at(line).parameters.find((one) => one.name === name);
    expect(parameter && (parameter.required ?? false)).toBe(required);
  });

  test('document the problems they may answer, as problem documents', () => {
    const statuses = (line: string) => Object.keys(at(line).responses).map(Number);
    expect(statuses('GET /v1/notes')).toEqual([200, 400, 401, 403, 500, 503]);
    expect(statuses('PATCH /v1/notes/{id}')).toEqual([200, 400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 500, 503]);
    expect(statuses('POST /v1/notes/{id}/print')).toEqual(expect.arrayContaining([200, 202, 404, 409, 422, 429]));
    for (const { operation } of operations.filter(({ line }) => line.includes('/v1/')))
      for (const [status, response] of Object.entries(operation.responses).filter(([code]) => Number(code) >= 400))
        expect(response).toEqual({ $ref: `#/components/responses/Problem${status}` });
  });

  test('want a key, except where the process speaks about itself', () => {
    const open = operations.filter(({ operation }) => operation.security?.length === 0).map(({ line }) => line);
    expect(open.toSorted()).toEqual([
      'GET /docs',
      'GET /docs/{file}',
      'GET /healthz',
      'GET /metrics',
      'GET /openapi.json',
    ]);
  });

  test('a file is taken as its types, with the input in the query string', () => {
    expect(Object.keys(at('POST /v1/notes/load').requestBody?.content ?? {})).toEqual([
      'text/csv',
      'application/jsonl',
    ]);
    expect(Object.keys(document.components.schemas)).not.toContain('NoteLoadBody');
  });
});

test.each([
  ['a resource', { inner: z.object({ a: z.string() }).meta({ id: 'Clash' }) }],
  [
    'each other',
    {
      one: z.object({ a: z.string() }).meta({ id: 'Twin' }),
      other: z.array(z.object({ b: z.int() }).meta({ id: 'Twin' })),
    },
  ],
])('a type named like %s is an error, not a mix of both', (_what, attributes) => {
  const clash = definer()({
    ...{ name: 'Clash', path: 'clashes', idPrefix: 'cla', doc: 'It clashes.', attributes },
    actions: () => ({}),
  });
  const routes = routesOf(complete([clash]));
  expect(() => openApi(routes, { version: '1' })).toThrow(/Clash|Twin/);
});
