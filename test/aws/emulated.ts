import { describe, it } from 'vitest';
import type { AwsAccess } from '#lib/aws/client/options';

/** How the tests reach the emulators that `npm run test:aws` has started. */
export interface Emulated {
  ministack: AwsAccess;
  dynamodb: AwsAccess;
}

const { DSPEX_TEST_MINISTACK, DSPEX_TEST_DYNAMODB } = process.env;

/** Registers tests that need the emulators. Under plain `npm test` one line says that they did not run. */
export function whenEmulated(name: string, register: (emulated: Emulated) => void): void {
  const [ministack, dynamodb] = [DSPEX_TEST_MINISTACK, DSPEX_TEST_DYNAMODB];
  describe(name, () => {
    if (ministack === undefined || dynamodb === undefined)
      it.skipIf(true)('needs the AWS emulators: npm run test:aws', () => undefined);
    else register({ ministack: accessTo(ministack), dynamodb: accessTo(dynamodb) });
  });
}

function accessTo(endpoint: string): AwsAccess {
  return { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
}
