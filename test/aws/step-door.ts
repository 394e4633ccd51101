import { once } from 'node:events';
import { createServer } from 'node:http';
import { CreateFunctionCommand, DeleteFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { type AwsAccess, clientOptions } from '#lib/aws/client/options';
import type { Json } from '#lib/base/json';
import type { StepAnswer, StepRequest } from '#lib/compiler/contract';
import { TEST_PATIENCE } from './tables.ts';

/** A function of the emulator whose invocations are answered by this process. */
export interface StepDoor {
  functionName: string;
  /** Bytes of the largest request and the largest answer so far. */
  largest: { request: number; answer: number };
  close(): Promise<void>;
}

/**
 * Registers a function and serves it here: the emulator sends each invocation on and takes the answer, or the name of
 * what was thrown, as it does for functions it runs itself. Its own workers take one call at a time and end with each
 * error, which is too slow for thousands of steps that fail on purpose.
 */
export async function openStepDoor(
  access: AwsAccess,
  functionName: string,
  answer: (request: StepRequest) => Promise<StepAnswer>,
): Promise<StepDoor> {
  const largest = { request: 0, answer: 0 };
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const said = JSON.stringify(await answered(answer, JSON.parse(body.toString()) as StepRequest));
    largest.request = Math.max(largest.request, body.byteLength);
    largest.answer = Math.max(largest.answer, Buffer.byteLength(said));
    outgoing.setHeader('content-type', 'application/json').end(said);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a port number');
  const client = new LambdaClient(clientOptions(access, TEST_PATIENCE));
  await client.send(
    new CreateFunctionCommand({
      FunctionName: functionName,
      Role: 'arn:aws:iam::000000000000:role/step',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Timeout: 120,
      Code: { ZipFile: new Uint8Array([0]) },
      Environment: { Variables: { MINISTACK_LAMBDA_PROXY_URL: `http://127.0.0.1:${address.port}/` } },
    }),
  );
  return {
    ...{ functionName, largest },
    close: async () => {
      await client.send(new DeleteFunctionCommand({ FunctionName: functionName }));
      client.destroy();
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answered(answer: (request: StepRequest) => Promise<StepAnswer>, request: StepRequest): Promise<Json> {
  try {
    return (await answer(request)) as Json;
  } catch (error) {
    const { name, message } = error as Error;
    return { errorType: name, errorMessage: message };
  }
}
