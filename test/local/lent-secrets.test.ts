import { expect, test } from 'vitest';
import { lentSecrets } from '#lib/local/lent-secrets';

test.each([
  ['env:OPENAI_API_KEY', 'value of env:OPENAI_API_KEY'],
  ['local:openai', 'value of local:openai'],
  ['env:TICKET_TOKEN', 'value of env:TICKET_TOKEN'],
  ['env:AWS_SECRET_ACCESS_KEY', null],
  ['env:DATABASE_PASSWORD', null],
  ['env:DSPEX_API_KEY', null],
  ['local:cursor-key', null],
])('a program that names %s is lent %j, when TICKET_TOKEN is lent by name', async (reference, value) => {
  const secrets = { get: async (name: string) => `value of ${name}`, put: async (name: string) => name };
  expect(await lentSecrets(secrets, ['TICKET_TOKEN']).get(reference)).toBe(value);
});
