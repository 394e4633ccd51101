import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, openApi, say } from './house.ts';

let api: Api;
let unwell: Record<string, string> = {};
beforeAll(async () => {
  api = await openApi({
    version: '1.2.3',
    unwell: () => unwell,
    metrics: () => [
      {
        name: 'dspex_lm_cache_hits_total',
        help: 'Answers from the cache.',
        type: 'counter',
        samples: [{ labels: { level: 'me"m\n\\' }, value: 7 }],
      },
    ],
  });
});
afterAll(() => api.close());

const anonymous = (line: string) => say(api, line, { key: null });

describe('without a key', () => {
  test('health is 200, and 503 with what is not well', async () => {
    expect((await anonymous('GET /healthz')).body).toEqual({ status: 'ok' });
    unwell = { disk: 'full' };
    const answer = await anonymous('GET /healthz');
    unwell = {};
    expect([answer.status, answer.body]).toEqual([503, { status: 'unwell', unwell: { disk: 'full' } }]);
  });

  test('metrics count by route and status, never by path, and carry further numbers', async () => {
    await say(api, 'GET /v1/notes/not_1');
    await say(api, 'GET /v1/notes/not_2');
    await say(api, 'GET /v1/what/ever');
    const { body, headers } = await anonymous('GET /metrics');
    const text = String(body.text);
    expect(headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(text).toContain('dspex_http_requests_total{method="GET",route="/v1/notes/{id}",status="404"} 2\n');
    expect(text).toContain('dspex_http_requests_total{method="GET",route="unmatched",status="404"} 1\n');
    expect(text).toContain(
      'dspex_http_request_duration_seconds_count{method="GET",route="/v1/notes/{id}",status="404"} 2\n',
    );
    expect(text).toContain('dspex_lm_cache_hits_total{level="me\\"m\\n\\\\"} 7\n');
    expect(text).not.toContain('not_1');
    for (const line of text.trim().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{.+\})? [\d.e+-]+)$/);
  });

  test('the buckets of a duration add up', async () => {
    const text = String((await anonymous('GET /metrics')).body.text);
    const counts = [...text.matchAll(/_bucket\{method="GET",route="\/healthz",status="200",le="([^"]+)"\} (\d+)/g)].map(
      ([, , n]) => Number(n),
    );
    expect(counts.length).toBeGreaterThan(10);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(counts.at(-1)).toBe(1);
  });

  test('the OpenAPI document says which version it is of', async () => {
    expect((await anonymous('GET /openapi.json')).body).toMatchObject({ openapi: '3.1.1', info: { version: '1.2.3' } });
  });
});

describe('the API reference', () => {
  test('needs nothing from elsewhere and no inline script', async () => {
    const page = await anonymous('GET /docs');
    const html = String(page.body.text);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe|https?:/);
    expect(html).not.toMatch(/https?:|<script>|\son\w+=/);
    const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = '']) => address);
    expect(addresses).toHaveLength(4);
    for (const address of addresses) expect((await anonymous(`GET ${address}`)).status, address).toBe(200);
  });

  test('is the library as it was installed', async () => {
    const response = await api.app.request('/docs/swagger-ui-bundle.js');
    const installed = await readFile(createRequire(import.meta.url).resolve('swagger-ui-dist/swagger-ui-bundle.js'));
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(Buffer.from(await response.arrayBuffer()).equals(installed)).toBe(true);
  });

  test.each(['package.json', '..%2fpackage.json', 'swagger-ui.js', 'constructor', '%2e%2e%2f%2e%2e%2fpackage.json'])(
    'has no file %s',
    async (name) => {
      expect((await anonymous(`GET /docs/${name}`)).status).toBe(404);
    },
  );
});

describe('headers that keep browsers out of trouble', () => {
  test.each(['GET /v1/notes', 'GET /healthz', 'GET /docs', 'GET /nothing', 'POST /healthz', 'PUT /v1/notes'])(
    '%s',
    async (line) => {
      const { headers } = await say(api, line);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  test('records are stored by nobody but who asked', async () => {
    expect((await say(api, 'GET /v1/notes')).headers.get('cache-control')).toBe('no-store');
    const note = await say(api, 'POST /v1/notes', { body: { title: 'Milk' } });
    expect((await say(api, `GET /v1/notes/${note.body.id}`)).headers.get('cache-control')).toBe('private, no-cache');
  });
});
