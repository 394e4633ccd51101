import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** What may happen to one request on its way, inside the client's own retries. */
export type Fault = 'throttled' | 'conflict' | 'lost before' | 'lost after' | null;

function sdkError(name: string, status: number, more: object = {}): Error {
  const error = new Error(`injected ${name}`);
  error.name = name;
  return Object.assign(error, { $fault: 'client', $metadata: { httpStatusCode: status }, ...more });
}

/** Each request is asked about with the name of its command; the answer says what becomes of it. */
export function inject(client: DynamoDBClient, faultOf: (command: string) => Fault): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const command = String(context.commandName);
      const fault = faultOf(command);
      // As real requests do: what is on its way at the same time overlaps.
      if (fault === 'throttled') throw sdkError('ThrottlingException', 400, { $retryable: { throttling: true } });
      if (fault === 'conflict' && command.startsWith('TransactWrite'))
        throw sdkError('TransactionCanceledException', 400, { CancellationReasons: [{ Code: 'TransactionConflict' }] });
      if (fault === 'lost before') throw sdkError('TimeoutError', 0);
      const answer = await next(args);
      if (fault === 'lost after') throw sdkError('TimeoutError', 0);
      return answer;
    },
    // After the client's own retries in the chain, so that they see it.
    { step: 'finalizeRequest', priority: 'low', name: 'injectedFaults' },
  );
}

/** The same numbers for the same seed: a linear congruential generator, 0 to 1. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
