import { expect, test } from 'vitest';
import { lentSecrets } from '#lib/local/lent-secrets';

test.each([
  ['env:OPENAI_API_KEY', 'value of env:OPENAI_API_KEY'],
  ['local:openai', 'value of local:openai'],
  ['env:MY_DSPEX_KEY', 'value of env:MY_DSPEX_KEY'],
  ['env:DSPEX_API_KEY', null],
  ['local:cursor-key', null],
])('a program that names %s is lent %j', async (reference, value) => {
  const secrets = { get: async (name: string) => `value of ${name}`, put: async (name: string) => name };
  expect(await lentSecrets(secrets).get(reference)).toBe(value);
});
