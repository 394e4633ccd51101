import { DspexError, Internal, Unavailable } from '#lib/base/errors';

/** What an error of the SDK has, whatever its service. */
export interface SdkFault {
  name: string;
  message: string;
  /** 0 when no answer came. */
  status: number;
  requestId: string | null;
}

/** An error as the SDK made it; null when it is no Error. */
export function faultOf(error: unknown): SdkFault | null {
  if (!(error instanceof Error)) return null;
  const metadata = '$metadata' in error ? (error.$metadata as { httpStatusCode?: number; requestId?: string }) : {};
  // Some services name their errors `com.amazonaws...#Name` or `AWS.SimpleQueueService.Name`.
  const name = error.name.split(/[#:]/).at(-1) ?? error.name;
  const { httpStatusCode: status = 0, requestId = null } = metadata ?? {};
  return { name, message: error.message, status, requestId };
}

const THROTTLED =
  /Throttl|ProvisionedThroughputExceeded|RequestLimitExceeded|TooManyRequests|SlowDown|LimitExceeded|BandwidthLimit|RequestThrottled|KmsThrottled/;
const EXPIRED = /^(ExpiredToken|ExpiredTokenException|TokenRefreshRequired|RequestExpired)$/;
const CREDENTIALS =
  /^(CredentialsProviderError|TokenProviderError|UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|InvalidSignatureException|SignatureDoesNotMatch|MissingAuthenticationToken|MissingAuthenticationTokenException|AuthFailure)$/;
const DENIED = /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|KMSAccessDeniedException|Forbidden)$/;
const MISSING =
  /^(ResourceNotFoundException|QueueDoesNotExist|NonExistentQueue|NoSuchBucket|StateMachineDoesNotExist|StateMachineDeleting|NotFoundException)$/;
const NO_ANSWER =
  /^(TimeoutError|AbortError|NetworkingError|ECONNREFUSED|ECONNRESET|ENOTFOUND|EPIPE|ETIMEDOUT|EAI_AGAIN|RequestTimeout|RequestTimeoutException)$/;

export function isThrottled({ name }: SdkFault): boolean {
  return THROTTLED.test(name);
}

/** Was no answer received, so that nobody knows whether it was done? */
export function isUnanswered(fault: SdkFault, error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return NO_ANSWER.test(fault.name) || NO_ANSWER.test(code) || (fault.status === 0 && code !== '');
}

interface Row {
  is: (fault: SdkFault, error: unknown) => boolean;
  code: string;
  says: (what: string, fault: SdkFault) => string;
  retryAfterSeconds?: number;
}

/** First match. Messages name the operation and AWS's error class; what AWS wrote may quote keys and stays the cause. */
const ROWS: readonly Row[] = [
  {
    is: ({ name }) => EXPIRED.test(name),
    code: 'aws_credentials_expired',
    says: (what) => `${what}: the AWS credentials have expired; sign in again or refresh the role`,
  },
  {
    is: ({ name }) => CREDENTIALS.test(name),
    code: 'aws_credentials_invalid',
    says: (what, { name }) => `${what}: AWS does not accept the credentials, or there are none (${name})`,
  },
  {
    is: ({ name, status }) => DENIED.test(name) || (status === 403 && name !== 'NotFound'),
    code: 'aws_denied',
    says: (what, { name }) => `${what}: the role in use may not do this (${name})`,
  },
  {
    is: isThrottled,
    code: 'aws_throttled',
    says: (what, { name }) => `${what}: AWS asks to slow down (${name}), also after retries`,
    retryAfterSeconds: 1,
  },
  {
    is: ({ name }) => MISSING.test(name),
    code: 'aws_resource_missing',
    says: (what, { name }) => `${what}: it does not exist in this account and region (${name}); was it deployed?`,
  },
  {
    is: isUnanswered,
    code: 'aws_unreachable',
    says: (what, { name }) => `${what}: AWS did not answer in time (${name})`,
    retryAfterSeconds: 1,
  },
  {
    is: ({ status }) => status >= 500,
    code: 'aws_failed',
    says: (what, { name, status }) => `${what}: AWS answered ${status} (${name}), also after retries`,
    retryAfterSeconds: 1,
  },
];

/**
 * An error of the SDK as what a caller may see: Unavailable with a code and a hint, Internal when AWS found the request
 * itself wrong (a bug of ours). Errors that are ours already pass. `what` names operation and resource.
 */
export function asPortError(error: unknown, what: string): unknown {
  const fault = faultOf(error);
  if (fault === null || DspexError.is(error) || !isFromSdk(error, fault)) return error;
  const row = ROWS.find(({ is }) => is(fault, error));
  if (row === undefined)
    return new Internal('aws_refused', `${what}: AWS refused the request (${fault.name})`, { cause: error });
  return new Unavailable(row.code, row.says(what, fault), {
    cause: error,
    ...(row.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: row.retryAfterSeconds }),
  });
}

/** Runs one request, its failure mapped as `asPortError` says. */
export async function asking<T>(what: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw asPortError(error, what);
  }
}

function isFromSdk(error: unknown, fault: SdkFault): boolean {
  return (
    (error instanceof Error && ('$metadata' in error || '$fault' in error)) ||
    CREDENTIALS.test(fault.name) ||
    isUnanswered(fault, error)
  );
}
