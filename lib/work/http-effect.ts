import { StepFailure } from '#lib/base/failure';
import type { Json, JsonObject } from '#lib/base/json';
import type { EngineDeps, StepContext } from '#lib/engine/engine';
import type { Secrets } from '#lib/ports/secrets';
import type { HttpEffect } from '#lib/program/node';

const MAX_REPLY_BYTES = 1024 * 1024;
const DEFAULT_TIMEOUT_SECONDS = 30;

type Http = NonNullable<NonNullable<EngineDeps['effects']>['http']>;

/**
 * An effect over HTTP. Each request carries the step's `Idempotency-Key`, so a receiver can recognise a repeated one.
 * Redirects are not followed; replies are JSON or text of at most 1 MB.
 */
export function httpEffect(secrets: Pick<Secrets, 'get'>): Http {
  return async (request, inputs, context) => {
    const init = await requestOf(request, inputs, context, secrets);
    const timeout = AbortSignal.timeout((context.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000);
    const signal = context.signal === undefined ? timeout : AbortSignal.any([context.signal, timeout]);
    const where = `${request.method} ${new URL(request.url).origin}`;
    let response: Response;
    try {
      response = await fetch(init.url, { ...init, redirect: 'manual', signal });
    } catch (error) {
      if (context.signal?.aborted) throw new StepFailure('Cancelled', `${where}: cancelled`);
      const why = timeout.aborted ? 'no answer in time' : 'not reached';
      throw new StepFailure('Effect.Failed', `${where}: ${why}`, { cause: error, retryable: true });
    }
    const body = await bodyOf(response, where);
    if (response.ok) return body;
    const retryable = response.status === 429 || response.status >= 500;
    throw new StepFailure('Effect.Failed', `${where} answered ${response.status}`, {
      retryable,
      details: { status: response.status },
    });
  };
}

async function requestOf(request: HttpEffect, inputs: JsonObject, context: StepContext, secrets: Pick<Secrets, 'get'>) {
  const url = new URL(request.url);
  const headers: Record<string, string> = { ...request.headers, 'idempotency-key': context.idempotencyKey };
  if (request.secretRef !== undefined) {
    const secret = await secrets.get(request.secretRef);
    if (secret === null) throw new StepFailure('Effect.Failed', `there is no secret "${request.secretRef}"`);
    headers.authorization = `Bearer ${secret}`;
  }
  if (request.method === 'GET' || request.method === 'DELETE') {
    for (const [name, value] of Object.entries(inputs))
      url.searchParams.set(name, typeof value === 'string' ? value : JSON.stringify(value));
    return { url, method: request.method, headers };
  }
  return {
    url,
    method: request.method,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(inputs),
  };
}

async function bodyOf(response: Response, where: string): Promise<Json> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body ?? []) {
    size += piece.byteLength;
    if (size > MAX_REPLY_BYTES)
      throw new StepFailure('Effect.Failed', `${where} answered with more than ${MAX_REPLY_BYTES} bytes`);
    pieces.push(piece);
  }
  const text = Buffer.concat(pieces).toString();
  if (!(response.headers.get('content-type') ?? '').includes('json')) return text;
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new StepFailure('Effect.Failed', `${where} says it answers JSON and does not`, {
      cause: error,
      retryable: true,
    });
  }
}
