import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_ATTEMPTS, waitAfter } from '#lib/resources/delivery/retry';
import { wants } from '#lib/resources/webhook/attributes';
import { keyOf, newSecret } from '#lib/resources/webhook/secret';
import { signedHeaders } from '#lib/work/webhook-signature';

/** The reference algorithm on another implementation of HMAC than the one under test. */
async function verifies(secret: string, headers: Record<string, string>, body: string): Promise<boolean[]> {
  const bytes = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['verify']);
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const signatures = (headers['webhook-signature'] ?? '').split(' ').map((one) => one.split(','));
  return Promise.all(
    signatures.map(
      async ([version, signature = '']) =>
        version === 'v1' &&
        crypto.subtle.verify('HMAC', key, Buffer.from(signature, 'base64'), Buffer.from(signed, 'utf8')),
    ),
  );
}

const good = (secret: string): Buffer => {
  const key = keyOf(secret);
  if (key === null) throw new Error('no key');
  return key;
};

describe('a signature', () => {
  test('is the one of the published example', () => {
    // Source: docs.svix.com/receiving/verifying-payloads/how-manual
    const headers = signedHeaders(
      { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', at: 1_614_265_330_999, body: '{"test": 2432232314}' },
      [good('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')],
    );
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  test('of any body verifies with each present secret, and with no other; a changed body or time does not', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.integer({ min: 0, max: 2 ** 41 }),
        fc.integer({ min: 1, max: 2 }),
        async (body, at, n) => {
          const secrets = Array.from({ length: n }, newSecret);
          const headers = signedHeaders({ id: 'dlv_1', at, body }, secrets.map(good));
          for (const [i, secret] of secrets.entries()) {
            const expected = secrets.map((_, j) => i === j);
            expect(await verifies(secret, headers, body)).toEqual(expected);
            expect(await verifies(secret, headers, `${body} `)).not.toContain(true);
            const later = { ...headers, 'webhook-timestamp': `${headers['webhook-timestamp']}1` };
            expect(await verifies(secret, later, body)).not.toContain(true);
          }
          expect(await verifies(newSecret(), headers, body)).not.toContain(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  test.each(['', 'whsec_', 'whsec_c2hvcnQ=', `whsec_${Buffer.alloc(65).toString('base64')}`, 'whsec_*'.repeat(9)])(
    'is never made with "%s"',
    (secret) => expect(keyOf(secret)).toBeNull(),
  );
});

test('waits grow, differ from delivery to delivery by a fifth at most, and end', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      const all = (id: string) => Array.from({ length: MAX_ATTEMPTS }, (_, made) => waitAfter(id, made + 1));
      const [a, b] = [all(one), all(other)];
      expect(a.at(-1)).toBeNull();
      for (const [n, wait] of a.slice(0, -1).entries()) {
        expect(wait).toBeGreaterThanOrEqual(4000);
        expect((wait ?? 0) / (b[n] ?? 1)).toBeLessThanOrEqual(1.2 / 0.8);
        if (n > 0 && n < 6) expect(wait).toBeGreaterThan(a[n - 1] ?? 0);
      }
    }),
  );
});

test.each([
  ['*', 'Program.promote', true],
  ['Program.*', 'Program.promote', true],
  ['Program.promote', 'Program.promote', true],
  ['Program.*', 'ProgramX.promote', false],
  ['Program.promote', 'Program.promoted', false],
])('%s wants %s: %s', (pattern, type, expected) => expect(wants([pattern], type)).toBe(expected));
