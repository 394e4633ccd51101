import type { Json } from './json.ts';

/** One thing wrong with an input: where (an RFC 6901 JSON Pointer, `''` is the whole) and what. */
export interface Problem {
  pointer: string;
  detail: string;
}

export interface ErrorOptions {
  cause?: unknown;
  problems?: readonly Problem[];
  /** Seconds after which a retry may help; shown as `Retry-After`. */
  retryAfterSeconds?: number;
  /** Extra members for a program that reads the error; never secrets, never stack traces. */
  extra?: { [key: string]: Json };
}

// A symbol instead of `instanceof`: two bundled copies of this file must recognise each other's errors.
const MARK = Symbol.for('dspex.error');

/**
 * The base of every error a caller may see. `code` is contract and never changes; the message says what was
 * wanted and what was there. The closed set of classes below is rendered once, as `application/problem+json`.
 */
export abstract class DspexError extends Error {
  readonly [MARK] = true;
  /** Said in words by each class: code that is minified loses the names of its classes. */
  abstract override name: string;
  abstract readonly status: number;
  readonly code: string;
  readonly problems: readonly Problem[];
  readonly retryAfterSeconds: number | undefined;
  readonly extra: { [key: string]: Json };

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.problems = options.problems ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.extra = options.extra ?? {};
  }

  static is(error: unknown): error is DspexError {
    return typeof error === 'object' && error !== null && MARK in error;
  }
}

/** The input is not what the operation takes. */
export class InvalidInput extends DspexError {
  override name = 'InvalidInput';
  readonly status = 400;
}
export class Unauthenticated extends DspexError {
  override name = 'Unauthenticated';
  readonly status = 401;
}
/** The principal may see the thing but not do this with it. What it may not see is NotFound. */
export class Forbidden extends DspexError {
  override name = 'Forbidden';
  readonly status = 403;
}
export class NotFound extends DspexError {
  override name = 'NotFound';
  readonly status = 404;
}
export class MethodNotAllowed extends DspexError {
  override name = 'MethodNotAllowed';
  readonly status = 405;
}
/** The present state forbids it: a taken name, a transition that does not exist, a held lock. */
export class Conflict extends DspexError {
  override name = 'Conflict';
  readonly status = 409;
}
/** `If-Match` names a revision that is no longer current. */
export class Stale extends DspexError {
  override name = 'Stale';
  readonly status = 412;
}
export class TooLarge extends DspexError {
  override name = 'TooLarge';
  readonly status = 413;
}
export class UnsupportedMediaType extends DspexError {
  override name = 'UnsupportedMediaType';
  readonly status = 415;
}
/** The same `Idempotency-Key` with another body, or a well-formed request that cannot be carried out. */
export class Unprocessable extends DspexError {
  override name = 'Unprocessable';
  readonly status = 422;
}
/** `If-Match` is required here and was not sent. */
export class PreconditionRequired extends DspexError {
  override name = 'PreconditionRequired';
  readonly status = 428;
}
export class TooManyRequests extends DspexError {
  override name = 'TooManyRequests';
  readonly status = 429;
}
/** A bug of ours; details go to the log, never to the caller. */
export class Internal extends DspexError {
  override name = 'Internal';
  readonly status = 500;
}
/** Something we depend on does not answer: a provider, the disk, a worker. */
export class Unavailable extends DspexError {
  override name = 'Unavailable';
  readonly status = 503;
}
