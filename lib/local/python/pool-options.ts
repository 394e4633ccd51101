/** How many workers, and how long anything may take. Times in milliseconds. */
export interface PoolOptions {
  /** Most processes at once; each is begun when it is needed. Default 4. */
  size?: number;
  /** Calls that may wait; one more is `pool_saturated` at once. Default 1000. */
  queueLimit?: number;
  /** How long a call that says nothing else may wait while the pool serves; then `queue_timeout`. Default 5 s. */
  queueTimeoutMs?: number;
  /** Of a call that says nothing else. Default 30 s. */
  callTimeoutMs?: number;
  /** From spawn to `ready`. Default 60 s. */
  startTimeoutMs?: number;
  /** How long a cancelled call may take to notice before its process is ended. Default 1 s. */
  cancelGraceMs?: number;
  /** A worker is replaced after so many calls (default 1000), so old (1 h), or so large (1 GiB). */
  maxCalls?: number;
  maxAgeMs?: number;
  maxBytes?: number;
  /** An idle worker is asked whether it still answers (default every 30 s), and let go after so long idle (10 min). */
  healthMs?: number;
  /** How long it may take to say so. Default 5 s. */
  healthTimeoutMs?: number;
  idleMs?: number;
  /** After a failed start the next one waits this long, doubled each time up to 30 s. Default 100. */
  backoffMs?: number;
  /** Begins of one repeatable call, when its processes die under it. Default 3. */
  attempts?: number;
}

export const POOL_DEFAULTS: Required<PoolOptions> = {
  size: 4,
  queueLimit: 1000,
  queueTimeoutMs: 5000,
  callTimeoutMs: 30_000,
  startTimeoutMs: 60_000,
  cancelGraceMs: 1000,
  maxCalls: 1000,
  maxAgeMs: 3_600_000,
  maxBytes: 1024 ** 3,
  healthMs: 30_000,
  healthTimeoutMs: 5000,
  idleMs: 600_000,
  backoffMs: 100,
  attempts: 3,
};
