import * as z from 'zod';
import type { JsonObject } from '#lib/base/json';
import type { ActionInfo } from '#lib/kernel/info';
import { acceptedBy, type Route } from '../http/routes.ts';
import { SITE_OPERATIONS } from './about.ts';
import { parametersOf } from './parameters.ts';
import { hasBody, OWN_SCHEMAS, problemRefs, problemResponses, problemStatuses } from './responses.ts';
import { Schemas } from './schemas.ts';
import { type Parts, successOf } from './success.ts';

/** The OpenAPI 3.1 document of exactly these routes (and of what the process says about itself). */
export function openApi(routes: readonly Route[], info: { version: string }): JsonObject {
  const schemas = new Schemas();
  const named = new Map(routes.map((route) => [route, nameSchemas(schemas, route)]));
  const { components, ref } = schemas.finish();
  const paths: Record<string, JsonObject> = structuredClone(SITE_OPERATIONS);
  for (const [route, names] of named) {
    const input = names.input === null ? null : ref('input', names.input);
    const output = names.output === null ? null : ref('output', names.output);
    // What arrives in the query string is not a body.
    const upload = names.upload === null ? null : (components[names.upload] ?? null);
    const path = paths[route.path] ?? {};
    paths[route.path] = path;
    path[route.method.toLowerCase()] = operation(route, {
      input,
      output,
      upload,
      accepted: accepted(route, ref, names),
    });
  }
  for (const { upload } of named.values()) if (upload !== null) delete components[upload];
  return {
    openapi: '3.1.1',
    info: { title: 'dspex', version: info.version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    tags: [
      ...new Map(
        routes.map(({ resource }) => [resource.name, { name: resource.name, description: resource.doc }]),
      ).values(),
    ],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'An API key.' } },
      responses: problemResponses(),
      schemas: { ...components, ...OWN_SCHEMAS },
    },
  };
}

interface Names {
  input: string | null;
  output: string | null;
  upload: string | null;
  record: string;
}

function nameSchemas(schemas: Schemas, route: Route): Names {
  const { resource } = route;
  const record = schemas.add('output', resource.name, resource.record);
  const none = { input: null, output: null, upload: null, record };
  if (route.kind === 'versions' || route.kind === 'version') {
    const body = resource.versionBody ?? z.object({});
    const version = {
      id: z.string(),
      version: z.int().min(1),
      createdAt: z.iso.datetime(),
      createdBy: z.string(),
      checksum: z.string(),
    };
    const one = route.kind === 'version' ? z.object({ ...version, body }) : z.object(version);
    return {
      ...none,
      output: schemas.add('output', `${resource.name}Version${route.kind === 'version' ? '' : 'Head'}`, one),
    };
  }
  if (!('action' in route)) return none;
  const { action } = route;
  const stem = resource.name + action.name.charAt(0).toUpperCase() + action.name.slice(1);
  const input = hasBody(action) ? schemas.add('input', `${stem}Body`, action.input) : null;
  return {
    ...none,
    ...(action.upload ? { upload: input } : { input }),
    output: outputName(schemas, action, stem, record),
  };
}

/** Most actions answer with the record itself. */
function outputName(schemas: Schemas, action: ActionInfo, stem: string, record: string): string | null {
  if (action.output === null) return null;
  if (action.kind !== 'call' && Object.keys(action.reveals).length === 0) return record;
  return schemas.add('output', `${stem}Answer`, action.output);
}

function accepted(route: Route, ref: (io: 'output', name: string) => JsonObject, names: Names): JsonObject | null {
  const resource = 'action' in route ? acceptedBy(route.action, route.resource) : null;
  if (resource === null || names.output === null) return null;
  return { anyOf: [ref('output', resource), ref('output', names.output)] };
}

function operation(route: Route, parts: Parts & { input: JsonObject | null; upload: JsonObject | null }): JsonObject {
  const body = bodyOf(route, parts.input);
  return {
    operationId: route.operationId,
    tags: [route.resource.name],
    summary: docOf(route),
    parameters: parametersOf(route, parts.upload),
    ...(body === null ? {} : { requestBody: body }),
    responses: { ...successOf(route, parts), ...problemRefs(problemStatuses(route)) },
  };
}

function docOf(route: Route): string {
  if ('action' in route) return route.action.doc;
  if (route.kind === 'stream') return route.stream.doc;
  return route.kind === 'versions' ? 'Its versions, newest first, without bodies.' : 'One version, whole.';
}

function bodyOf(route: Route, input: JsonObject | null): JsonObject | null {
  if (!('action' in route)) return null;
  if (route.action.upload) {
    const content = Object.fromEntries(route.action.upload.contentTypes.map((type) => [type, { schema: {} }]));
    return { required: true, content, description: `At most ${route.action.upload.maxBytes} bytes.` };
  }
  if (input === null) return null;
  const required = !route.action.input.safeParse({}).success;
  return { required, content: { 'application/json': { schema: input } } };
}
