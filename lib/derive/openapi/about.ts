import type { JsonObject } from '#lib/base/json';

/** What a process says about itself, without authentication. */
export const SITE_OPERATIONS: Record<string, JsonObject> = {
  '/healthz': site('health', 'Is the process well?', 'application/json', {
    503: { description: 'Something is not well.' },
  }),
  '/metrics': site('metrics', 'Numbers in the Prometheus text format.', 'text/plain'),
  '/openapi.json': site('openapi', 'This document.', 'application/json'),
  '/docs': site('docs', 'The API reference as a page.', 'text/html'),
  '/docs/{file}': site('docsFile', 'A file of that page.', '*/*', { 404: { description: 'No such file.' } }, [
    { name: 'file', in: 'path', required: true, schema: { type: 'string' } },
  ]),
};

function site(
  name: string,
  summary: string,
  type: string,
  further: JsonObject = {},
  parameters: JsonObject[] = [],
): JsonObject {
  const responses = { 200: { description: 'As it is now.', content: { [type]: {} } }, ...further };
  return { get: { operationId: `Site.${name}`, tags: ['Site'], summary, security: [], parameters, responses } };
}
