import type { LambdaClient } from '@aws-sdk/client-lambda';
import { Unavailable } from '#lib/base/errors';
import type { Json } from '#lib/base/json';
import { asking } from '../client/fault.ts';
import { type AwsAccess, clientOptions, type Patience } from '../client/options.ts';

/** A function of ours answers within its own limit; an invocation is asked for once, since it may not be idempotent. */
const PATIENCE: Patience = { requestTimeoutMs: 310_000, maxAttempts: 1 };

/**
 * Invokes a function and gives its answer. Throws Unavailable when it cannot be reached or ended with an error; the
 * function's own message is for its log, not for callers.
 *
 *     const invoke = invoker({});
 *     await invoke('dspex-prod-compile', { programId: 'prg_1' });
 */
export function invoker(
  access: AwsAccess,
  patience: Patience = PATIENCE,
): (name: string, event: Json) => Promise<Json> {
  let client: LambdaClient | null = null;
  return (name, event) =>
    asking(`invocation of ${name}`, async () => {
      // Loaded with the first call: most functions never make one.
      const { InvokeCommand, LambdaClient: Client } = await import('@aws-sdk/client-lambda');
      client ??= new Client(clientOptions(access, patience));
      const Payload = Buffer.from(JSON.stringify(event));
      const answer = await client.send(new InvokeCommand({ FunctionName: name, Payload }));
      const text = Buffer.from(answer.Payload ?? []).toString();
      if (answer.FunctionError !== undefined)
        throw new Unavailable(
          'function_failed',
          `${name} ended with an error (${answer.FunctionError}); its log says more`,
          {
            cause: new Error(text.slice(0, 2000)),
          },
        );
      return text === '' ? null : (JSON.parse(text) as Json);
    });
}
