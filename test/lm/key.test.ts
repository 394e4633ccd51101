import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { cacheKey } from '#lib/lm/key';
import { modelFromId } from '#lib/lm/registry';
import type { LmRequest } from '#lib/lm/spec';
import { request } from './requests.ts';

const text = fc.string({ maxLength: 12 });
const requests: fc.Arbitrary<LmRequest> = fc.record({
  workspaceId: fc.constantFrom('wsp_a', 'wsp_b'),
  model: fc.record(
    {
      provider: fc.constantFrom('openai', 'embedded'),
      model: fc.constantFrom('gpt-4o', 'x'),
      endpoint: fc.constantFrom('http://a', 'http://b'),
    },
    { requiredKeys: ['provider', 'model'] },
  ),
  messages: fc.array(fc.record({ role: fc.constantFrom('system', 'user', 'assistant'), content: text }), {
    maxLength: 3,
  }),
  parameters: fc.record(
    { temperature: fc.double({ noNaN: true }), maxTokens: fc.nat(), stop: fc.array(text) },
    { requiredKeys: [] },
  ),
  sample: fc.nat(3),
});

/** What the key is about, spelled in full: two requests may share a key exactly when these are equal. */
function meaning({ workspaceId, model, messages, parameters, sample }: LmRequest): string {
  const { temperature, maxTokens, stop } = parameters;
  // JSON has no minus zero.
  const t = temperature === undefined ? null : temperature + 0;
  return JSON.stringify([
    workspaceId,
    model.provider,
    model.model,
    model.endpoint ?? null,
    messages.map((m) => [m.role, m.content]),
    t,
    maxTokens ?? null,
    stop ?? null,
    sample ?? 0,
  ]);
}

describe('the cache key', () => {
  test('10,000 random pairs share a key exactly when they mean the same call', () => {
    fc.assert(
      fc.property(requests, requests, (a, b) => (cacheKey(a) === cacheKey(b)) === (meaning(a) === meaning(b))),
      { numRuns: 10_000 },
    );
  });

  test('the order in which members were written does not matter', () => {
    const one = request({ parameters: { temperature: 1, maxTokens: 5 } });
    const other = request({ parameters: { maxTokens: 5, temperature: 1 } });
    expect(cacheKey(one)).toBe(cacheKey(other));
  });

  const changes: Record<string, Partial<LmRequest>> = {
    workspace: { workspaceId: 'wsp_b' },
    provider: { model: { provider: 'openai', model: 'm' } },
    model: { model: { provider: 'scripted', model: 'n' } },
    endpoint: { model: { provider: 'scripted', model: 'm', endpoint: 'http://h/v1' } },
    'default parameter': { model: { provider: 'scripted', model: 'm', defaults: { topP: 0.5 } } },
    'message text': { messages: [{ role: 'user', content: 'hello ' }] },
    'message role': { messages: [{ role: 'assistant', content: 'hello' }] },
    'message count': { messages: [] },
    temperature: { parameters: { temperature: 0 } },
    maxTokens: { parameters: { maxTokens: 10 } },
    topP: { parameters: { topP: 1 } },
    stop: { parameters: { stop: ['\n'] } },
    seed: { parameters: { seed: 1 } },
    tools: { tools: [{ type: 'function', function: { name: 'f' } }] },
    'response format': { responseFormat: { type: 'json_object' } },
    sample: { sample: 1 },
  };
  test.each(Object.keys(changes))('another %s is another key', (name) => {
    expect(cacheKey(request(changes[name]))).not.toBe(cacheKey(request()));
  });

  const ignored: Record<string, Partial<LmRequest>> = {
    secret: { model: { provider: 'scripted', model: 'm', secretRef: 'env:OTHER' } },
    price: {
      model: { provider: 'scripted', model: 'm', priceOverride: { inputNanoUsdPerToken: 1, outputNanoUsdPerToken: 1 } },
    },
    limits: { model: { provider: 'scripted', model: 'm', limits: { concurrency: 1 } } },
    'time allowed': { timeoutSeconds: 3 },
    'sample 0': { sample: 0 },
    'a listener': { onDelta: () => {} },
  };
  test.each(Object.keys(ignored))('%s is no part of it', (name) => {
    expect(cacheKey(request(ignored[name]))).toBe(cacheKey(request()));
  });

  test('a default equals the same setting made by the call, and what a model refuses is no part of the key', () => {
    const byDefault = request({ model: { provider: 'scripted', model: 'm', defaults: { temperature: 0.5 } } });
    expect(cacheKey(byDefault)).toBe(cacheKey(request({ parameters: { temperature: 0.5 } })));
    const reasoning = request({ model: modelFromId('openai/o3-mini') });
    expect(cacheKey({ ...reasoning, parameters: { temperature: 1 } })).toBe(cacheKey(reasoning));
  });

  test('the same model behind another OPENAI_BASE_URL is another model', () => {
    const asked = request({ model: { provider: 'openai', model: 'm' } });
    const own = cacheKey(asked);
    vi.stubEnv('OPENAI_BASE_URL', 'http://127.0.0.1:1/v1');
    try {
      expect(cacheKey(asked)).not.toBe(own);
      expect(cacheKey(request({ model: { provider: 'openai', model: 'm', endpoint: 'http://127.0.0.1:1/v1' } }))).toBe(
        cacheKey(asked),
      );
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
