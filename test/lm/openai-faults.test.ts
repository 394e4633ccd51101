import { afterEach, describe, expect, test } from 'vitest';
import { failureOf } from '#lib/base/failure';
import { seededRandom } from '#lib/base/random';
import { createGateway } from '#lib/lm/gateway';
import { openaiProvider } from '#lib/lm/openai/provider';
import { FAULTS, type Fault, type FaultyServer, faultyServer, KEY } from './faulty-server.ts';
import { instantTimer, request, secretsOf } from './requests.ts';

let server: FaultyServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

function open() {
  const secrets = secretsOf({ 'env:KEY': KEY });
  return createGateway({ providers: { openai: openaiProvider({}) }, secrets, timer: instantTimer(), random: () => 0 });
}
const model = (endpoint: string, limits: { timeoutSeconds?: number; maxRetries?: number; concurrency?: number }) => ({
  provider: 'openai',
  model: 'm',
  endpoint,
  secretRef: 'env:KEY',
  limits,
});

const EXPECTED: Record<Exclude<Fault, 'fine' | 'emptyText'>, [string, boolean]> = {
  silent: ['Step.Timeout', true],
  throttled: ['Model.Throttled', true],
  quota: ['Model.Throttled', false],
  internal: ['Model.Transient', true],
  unavailable: ['Model.Transient', true],
  badRequest: ['Model.Refused', false],
  badKey: ['Model.Refused', false],
  noModel: ['Model.Unavailable', false],
  conflict: ['Model.Transient', true],
  redirect: ['Model.Refused', false],
  garbage: ['Model.Transient', true],
  wrongShape: ['Model.Transient', true],
  noChoices: ['Model.Transient', true],
  jsonNull: ['Model.Transient', true],
  empty: ['Model.Transient', true],
  truncated: ['Model.Transient', true],
  hangUp: ['Model.Transient', true],
  huge: ['Model.Transient', true],
  drip: ['Step.Timeout', true],
};

describe('a provider’s faults', () => {
  for (const [fault, [name, retryable]] of Object.entries(EXPECTED))
    for (const stream of [false, true])
      test(`${fault}${stream ? ' while streaming' : ''} is ${name}, ${retryable ? 'and worth another try' : 'for good'}`, async () => {
        server = await faultyServer((reply) => FAULTS[fault as Fault](reply));
        const call = open().complete(
          request({
            model: model(server.endpoint, { timeoutSeconds: name === 'Step.Timeout' ? 0.25 : 30, maxRetries: 0 }),
            ...(stream ? { onDelta: () => {} } : {}),
          }),
        );
        const failure = await call.then(() => null, failureOf);
        expect(failure).toMatchObject({ name, retryable });
        expect(JSON.stringify(failure)).not.toContain(KEY);
      });

  test('nobody listening is Model.Transient', async () => {
    server = await faultyServer(() => {});
    const { endpoint } = server;
    await server.close();
    const call = open().complete(request({ model: model(endpoint, { maxRetries: 0 }) }));
    await expect(call).rejects.toMatchObject({
      failure: { name: 'Model.Transient', message: expect.stringContaining('ECONNREFUSED') },
    });
  });

  test('a key the provider echoes is not in the error, its causes or its stack', async () => {
    server = await faultyServer((reply) => FAULTS.badKey(reply));
    const call = open().complete(request({ model: model(server.endpoint, {}) }));
    const error = await call.catch((e: unknown) => e as Error);
    const shown = `${String(error)} ${JSON.stringify(error)} ${(error as Error).stack} ${String((error as Error).cause)}`;
    expect(shown).toContain('[redacted]');
    expect(shown).not.toContain(KEY);
  });

  test('tries are counted, and the body is the same each time', async () => {
    server = await faultyServer((reply, _, index) => FAULTS[index < 2 ? 'internal' : 'fine'](reply));
    const answer = await open().complete(request({ model: model(server.endpoint, {}) }));
    expect(answer).toMatchObject({ attempts: 3, text: '[[ ## label ## ]]\nspam' });
    expect(new Set(server.received.map((r) => JSON.stringify(r.body))).size).toBe(1);
  });

  test('of 1,000 calls to a provider with 40% faults each ends as its fault says, and nothing is left unhandled', async () => {
    const kinds: Fault[] = ['silent', 'throttled', 'internal', 'truncated', 'wrongShape', 'empty', 'hangUp', 'drip'];
    const random = seededRandom('R6');
    // What was done to each call, by the number in its text: written by the server, not by the code under test.
    const journal = new Map<string, Fault>();
    server = await faultyServer((reply, { body }) => {
      const at = random.next();
      // 5% each, huge replies rarer: they cost the test, not the gateway.
      const fault = at < 0.002 ? 'huge' : (kinds[Math.floor(at / 0.05)] ?? 'fine');
      journal.set(String((body.messages as { content: string }[])[0]?.content), fault);
      FAULTS[fault](reply);
    });
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const gateway = open();
    const settings = model(server.endpoint, { timeoutSeconds: 2, maxRetries: 0, concurrency: 3 });
    const ends = await Promise.all(
      Array.from({ length: 1000 }, async (_, i) => {
        const messages = [{ role: 'user' as const, content: `call ${i}` }];
        // Many models, so that one breaker does not answer for the provider.
        const call = gateway.complete(request({ model: { ...settings, model: `m${i % 50}` }, messages }));
        const end = await call.then(
          (answer) => answer.text,
          (error) => failureOf(error).name,
        );
        return { end, fault: journal.get(`call ${i}`) };
      }),
    );
    await new Promise(setImmediate);
    process.off('unhandledRejection', note);
    // Whatever is slow enough may time out, and a call the server never saw was held back by the breaker.
    const allowed = ({ end, fault }: (typeof ends)[number]) => {
      if (fault === undefined) return end === 'Model.Unavailable' || end === 'Step.Timeout';
      if (fault === 'fine') return end === '[[ ## label ## ]]\nspam' || end === 'Step.Timeout';
      return end === EXPECTED[fault as keyof typeof EXPECTED][0] || end === 'Step.Timeout';
    };
    expect(ends.filter((end) => !allowed(end))).toEqual([]);
    expect(unhandled).toEqual([]);
    expect(new Set(journal.values()).size).toBeGreaterThanOrEqual(9);
    expect(ends.filter(({ end }) => end.includes('spam')).length).toBeGreaterThan(100);
  });
});
