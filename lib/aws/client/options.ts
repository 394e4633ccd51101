/** What every client is made with; tests and the composition root say it, everything else is the SDK's own chain. */
export interface AwsAccess {
  /** `AWS_REGION` when it is not said. */
  region?: string;
  /** Instead of AWS: an emulator. `AWS_ENDPOINT_URL` (and `AWS_ENDPOINT_URL_<SERVICE>`) when it is not said. */
  endpoint?: string;
  /** The SDK's chain (role, profile, environment) when it is not said. */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

export interface Patience {
  /** From the first byte sent to the answer's head. */
  requestTimeoutMs: number;
  /** Tries in all, of which those after the first are retries with full jitter. */
  maxAttempts: number;
}

const CONNECT_MS = 2000;
const SOCKETS = 256;

/**
 * The constructor options of a client: connections kept alive, a time-out that really ends a request, a bounded number
 * of retries. The defaults of the SDK wait for ever.
 */
export function clientOptions(access: AwsAccess, { requestTimeoutMs, maxAttempts }: Patience) {
  return {
    ...access,
    maxAttempts,
    retryMode: 'standard' as const,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      socketTimeout: requestTimeoutMs,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS },
    },
  };
}

/** Is something other than AWS spoken to? Then host names cannot be made up (`bucket.host`, `sync-host`). */
export function isEmulated({ endpoint }: AwsAccess): boolean {
  return endpoint !== undefined || process.env.AWS_ENDPOINT_URL !== undefined;
}
