import { describe, expect, it } from 'vitest';
import type { Secrets } from '#lib/ports/secrets';
import { type Harness, rejection } from './harness.ts';

export interface SecretsUnderTest extends Harness {
  secrets: Secrets;
  /** A reference of this home's kind under which nothing was stored. */
  absent: string;
}

const VALUE = 'sk-canary-7f3a"\\\n😀';

/** What every Secrets guarantees. */
export function secretsContract(name: string, makeSecrets: () => Promise<SecretsUnderTest>): void {
  describe(`Secrets contract: ${name}`, () => {
    const using = async (test: (subject: SecretsUnderTest) => Promise<void>) => {
      const subject = await makeSecrets();
      await test(subject).finally(() => subject.dispose());
    };

    it('a value is read under the reference its put gave, and a later put replaces it', () =>
      using(async ({ secrets }) => {
        const reference = await secrets.put('openai', VALUE);
        expect(reference).not.toContain(VALUE);
        expect(await secrets.get(reference)).toBe(VALUE);
        expect(await secrets.put('openai', 'other')).toBe(reference);
        expect(await secrets.get(reference)).toBe('other');
      }));

    it('parallel puts are all kept', () =>
      using(async ({ secrets }) => {
        const references = await Promise.all(Array.from({ length: 10 }, (_, n) => secrets.put(`name-${n}`, `${n}`)));
        expect(await Promise.all(references.map((one) => secrets.get(one)))).toEqual(
          Array.from({ length: 10 }, (_, n) => `${n}`),
        );
      }));

    it('an absent secret is null', () =>
      using(async ({ secrets, absent }) => {
        expect(await secrets.get(absent)).toBeNull();
      }));

    it('a key pasted as a reference or as a name is refused without being repeated', () =>
      using(async ({ secrets }) => {
        for (const refused of [secrets.get(VALUE), secrets.put(VALUE, 'x')]) {
          const error = await rejection(refused);
          expect(error).toMatchObject({ name: 'InvalidInput' });
          expect(JSON.stringify([error, String(error)])).not.toContain('canary');
        }
      }));
  });
}
