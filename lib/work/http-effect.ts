import { StepFailure } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import type { EngineDeps, StepContext } from '#lib/engine/engine';
import { bodyValue } from '#lib/outbound/body';
import type { Outbound } from '#lib/outbound/exchange';
import type { Secrets } from '#lib/ports/secrets';
import type { HttpEffect } from '#lib/program/node';

const MAX_REPLY_BYTES = 1024 * 1024;
const DEFAULT_TIMEOUT_SECONDS = 30;

type Http = NonNullable<NonNullable<EngineDeps['effects']>['http']>;

/**
 * An effect over HTTP. Each request carries the step's `Idempotency-Key`, so a receiver can recognise a repeated one.
 * Redirects are not followed; replies are JSON or text of at most 1 MB.
 */
export function httpEffect(secrets: Pick<Secrets, 'get'>, outbound: Outbound): Http {
  return async (request, inputs, context) => {
    const reply = await outbound({
      ...(await requestOf(request, inputs, context, secrets)),
      timeoutSeconds: context.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
      maxBytes: MAX_REPLY_BYTES,
      ...(context.signal === undefined ? {} : { signal: context.signal }),
    });
    const { status, url } = reply;
    if (status >= 200 && status < 300) return bodyValue(reply);
    throw new StepFailure('Effect.Failed', `${request.method} ${url.origin} answered ${status}`, {
      retryable: status === 429 || status >= 500,
      details: { status },
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
