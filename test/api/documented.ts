import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import type { Route } from '#lib/derive/http/routes';
import { openApi } from '#lib/derive/openapi/document';
import type { Ask, Said } from './world.ts';

/** Whatever an operation answers is in its OpenAPI description: the status, and the shape of the body. */
export interface Documented {
  check(route: Route, answer: Said): void;
}

export function documented(routes: readonly Route[]): Documented {
  const document = openApi(routes, { version: '0.0.0' }) as unknown as {
    paths: Record<
      string,
      Record<string, { responses: Record<string, { content?: Record<string, { schema: JsonObject }> }> }>
    >;
  };
  // Formats are about text; here it is about shapes. Keywords of OpenAPI's own say nothing to a validator.
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'api', ...document });
  const compiled = new Map<string, ValidateFunction | null>();
  const shapeOf = (path: string, method: string, status: number): ValidateFunction | null => {
    const pointer = ['paths', path, method, 'responses', String(status), 'content', 'application/json', 'schema'];
    const place = pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const known = compiled.get(place);
    if (known !== undefined) return known;
    const there = document.paths[path]?.[method]?.responses[status]?.content?.['application/json'] !== undefined;
    const shape = there ? ajv.compile({ $ref: `api#/${place}` }) : null;
    compiled.set(place, shape);
    return shape;
  };
  return {
    check(route, answer) {
      const method = route.method.toLowerCase();
      const statuses = Object.keys(document.paths[route.path]?.[method]?.responses ?? {});
      expect(statuses, `${route.operationId}: ${answer.text}`).toContain(String(answer.status));
      if (answer.status >= 400) return void answer.problem();
      const shape = shapeOf(route.path, method, answer.status);
      if (shape === null || answer.text === '') return;
      shape(answer.json() ?? null);
      expect(shape.errors ?? [], answer.text).toEqual([]);
    },
  };
}

export function documentedBy(routes: readonly Route[], route: Route, ask: Ask): void {
  test('asked properly, answers as documented', async () => {
    const answer = await ask.properly(route);
    if (ask.succeeds(route)) expect(answer.status, answer.text).toBeLessThan(300);
    documentOf(routes).check(route, answer);
  });
}

const documents = new Map<readonly Route[], Documented>();

export function documentOf(routes: readonly Route[]): Documented {
  const known = documents.get(routes) ?? documented(routes);
  documents.set(routes, known);
  return known;
}
