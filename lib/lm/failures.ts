import { DspexError } from '#lib/base/errors';
import { type FailureName, StepFailure } from '#lib/base/failure';

/** How an HTTP status of a provider reads as a failure of a step. */
export function failureOfStatus(status: number): { name: FailureName; retryable: boolean } {
  if (status === 429) return { name: 'Model.Throttled', retryable: true };
  if (status === 408 || status === 409 || status === 425 || status >= 500)
    return { name: 'Model.Transient', retryable: true };
  if (status === 404) return { name: 'Model.Unavailable', retryable: false };
  return { name: 'Model.Refused', retryable: false };
}

/** Whatever a provider threw, as a StepFailure without secrets: neither requests nor headers are kept. */
export function stepFailure(error: unknown, secrets: Iterable<string>): StepFailure {
  const failure = classified(error);
  const message = redact(failure.message, secrets);
  return new StepFailure(failure.failure.name, message, {
    retryable: failure.failure.retryable,
    ...(failure.failure.retryAfterSeconds === undefined
      ? {}
      : { retryAfterSeconds: failure.failure.retryAfterSeconds }),
    ...(failure.failure.details === undefined ? {} : { details: failure.failure.details }),
  });
}

function classified(error: unknown): StepFailure {
  if (error instanceof StepFailure) return error;
  if (!(error instanceof Error)) return new StepFailure('Internal', String(error));
  if (error.name === 'AbortError') return new StepFailure('Cancelled', 'the call was cancelled');
  if (DspexError.is(error)) {
    const name = error.status === 503 ? 'Model.Unavailable' : 'Model.Refused';
    return new StepFailure(name, error.message, { details: { code: error.code } });
  }
  // The AI SDK's own error, recognised by its members: its class may be bundled twice.
  if ('statusCode' in error && typeof error.statusCode === 'number') {
    const { name, retryable } = failureOfStatus(error.statusCode);
    const seconds = retryAfterSeconds('responseHeaders' in error ? error.responseHeaders : undefined);
    return new StepFailure(name, `the provider answered ${error.statusCode}: ${error.message}`, {
      retryable,
      details: { status: error.statusCode },
      ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
    });
  }
  if ('code' in error && typeof error.code === 'string' && NETWORK.has(error.code))
    return new StepFailure('Model.Transient', `the provider could not be reached (${error.code})`);
  if ('isRetryable' in error && error.isRetryable === true) return new StepFailure('Model.Transient', error.message);
  return new StepFailure('Internal', error.message);
}

const NETWORK = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPROTO',
  'HPE_INVALID_CONSTANT',
  'HPE_INVALID_HEADER_TOKEN',
  'HPE_INVALID_CHUNK_SIZE',
  'HPE_HEADER_OVERFLOW',
  'HPE_INVALID_EOF_STATE',
]);

/** Seconds of a `Retry-After` (a number or an HTTP date) or of OpenAI's `retry-after-ms`. */
export function retryAfterSeconds(headers: unknown, now: number = Date.now()): number | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  const { 'retry-after-ms': milliseconds, 'retry-after': value } = headers as Record<string, unknown>;
  if (typeof milliseconds === 'string' && Number.parseFloat(milliseconds) >= 0)
    return Number.parseFloat(milliseconds) / 1000;
  if (typeof value !== 'string') return undefined;
  if (/^\d+(\.\d+)?$/u.test(value.trim())) return Number.parseFloat(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
}

const KEY_LIKE = /\b(?:sk|pk|rk|gsk|xai|AKIA|ASIA)[-_A-Za-z0-9*]{12,}|\b[Bb]earer\s+[-._~+/A-Za-z0-9]{8,}=*/gu;

/** Text without the given secrets and without anything that looks like a provider's key. */
export function redact(text: string, secrets: Iterable<string>): string {
  let clean = text;
  for (const secret of secrets) if (secret.length > 0) clean = clean.replaceAll(secret, '[redacted]');
  return clean.replace(KEY_LIKE, '[redacted]');
}
