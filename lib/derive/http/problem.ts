import { DspexError, Internal } from '#lib/base/errors';
import type { Json } from '#lib/base/json';

/** RFC 9457, with our stable `code`, the trace to quote, and one entry for each thing wrong with the input. */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: string;
  traceId: string;
  errors: { pointer: string; detail: string }[];
  [extra: string]: Json;
}

const TITLES: Record<number, string> = {
  400: 'Invalid input',
  401: 'Not authenticated',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  412: 'Precondition failed',
  413: 'Content too large',
  415: 'Unsupported media type',
  422: 'Unprocessable content',
  428: 'Precondition required',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Unavailable',
};

/** What we did not name ourselves is a bug, whose details are for the log alone. */
export function asDspexError(error: unknown): DspexError {
  return DspexError.is(error) ? error : new Internal('internal', 'something went wrong here', { cause: error });
}

export function problemOf(error: DspexError, at: { instance: string; traceId: string }): ProblemDocument {
  const hidden = error.status >= 500 && error.status !== 503;
  return {
    ...(hidden ? {} : error.extra),
    type: `urn:dspex:problem:${error.code}`,
    title: TITLES[error.status] ?? 'Error',
    status: error.status,
    detail: hidden
      ? `something went wrong here; the log has it under trace ${at.traceId}`
      : error.message.toWellFormed(),
    instance: at.instance.slice(0, 2000),
    code: error.code,
    traceId: at.traceId,
    errors: hidden
      ? []
      : error.problems.map(({ pointer, detail }) => ({
          pointer: pointer.toWellFormed(),
          detail: detail.toWellFormed(),
        })),
  };
}

/** Headers beyond the content type that an error's status asks for. */
export function problemHeaders(error: DspexError, presented: boolean): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' };
  if (error.status === 401)
    headers['www-authenticate'] = presented ? 'Bearer realm="dspex", error="invalid_token"' : 'Bearer realm="dspex"';
  if (error.retryAfterSeconds !== undefined)
    headers['retry-after'] = String(Math.max(0, Math.ceil(error.retryAfterSeconds)));
  return headers;
}
