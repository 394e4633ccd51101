import { Unprocessable } from '#lib/base/errors';
import { problemHeaders, problemOf } from '#lib/derive/http/problem';

/** What a function answers an HTTP front with. */
export interface LambdaAnswer {
  statusCode: number;
  headers?: Record<string, string>;
  body?: string;
}

/** What Lambda hands on of an answer, written as JSON: 6 MB and a little. */
const MOST_BYTES = 6 * 1024 * 1024;
/** Quotes and control characters take up to six bytes in JSON: below this nothing needs to be written to be counted. */
const SURELY_FITS = MOST_BYTES / 6 - 64 * 1024;

/**
 * An answer that Lambda would not hand on becomes one that says so: otherwise the front makes a 5xx of it, which tells
 * the client nothing. What leads to the record (`location`, `etag`) stays, since the work has been done.
 */
export function handedOn(answer: LambdaAnswer, instance: string): LambdaAnswer {
  const { body = '', headers = {} } = answer;
  if (body.length < SURELY_FITS) return answer;
  const bytes = Buffer.byteLength(JSON.stringify(answer));
  if (bytes <= MOST_BYTES) return answer;
  const error = new Unprocessable(
    'answer_too_large',
    `the answer has ${bytes} bytes, and ${MOST_BYTES} are handed on here: ask for fewer records at a time (limit), or for a part`,
    { extra: { bytes, most: MOST_BYTES } },
  );
  const { 'content-length': _, ...rest } = headers;
  return {
    statusCode: error.status,
    headers: { ...rest, ...problemHeaders(error, true) },
    body: JSON.stringify(problemOf(error, { instance, traceId: headers['x-trace-id'] ?? '' })),
  };
}
