import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { NotFound } from '#lib/base/errors';
import type { Call } from './front.ts';

/** All of it from our own files: no inline script, nothing from elsewhere. The library sets styles from script, in place. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>dspex API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="reference"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#reference', deepLinking: true, docExpansion: 'none', validatorUrl: null });
`;

const FILES: Record<string, { type: string; content: () => Promise<Uint8Array> | string }> = {
  '/docs': { type: 'text/html; charset=utf-8', content: () => PAGE },
  '/docs/start.js': { type: 'text/javascript; charset=utf-8', content: () => START },
  '/docs/swagger-ui-bundle.js': { type: 'text/javascript; charset=utf-8', content: () => ours('swagger-ui-bundle.js') },
  '/docs/swagger-ui.css': { type: 'text/css; charset=utf-8', content: () => ours('swagger-ui.css') },
  '/docs/favicon-32x32.png': { type: 'image/png', content: () => ours('favicon-32x32.png') },
};

/** The API reference: Swagger UI over `/openapi.json`, also without a network. */
export async function serveDocs(c: Call): Promise<Response> {
  const file = FILES[c.req.path];
  if (!file) throw new NotFound('route_unknown', `there is no route ${c.req.path.slice(0, 200)}`);
  c.header('content-security-policy', POLICY);
  c.header('cache-control', 'no-cache');
  return c.body((await file.content()) as Uint8Array<ArrayBuffer> | string, 200, { 'content-type': file.type });
}

function ours(name: string): Promise<Uint8Array> {
  return readFile(createRequire(import.meta.url).resolve(`swagger-ui-dist/${name}`));
}
