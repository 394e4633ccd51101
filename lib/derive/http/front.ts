import type { Context } from 'hono';
import type { Kernel } from '#lib/kernel/kernel';
import type { Principal } from '#lib/kernel/resource';
import type { Metric } from './metrics.ts';

export interface AppOptions {
  kernel: Kernel;
  /** Secret behind list cursors; the same in every process that serves the same clients. */
  cursorKey: string | Uint8Array;
  /** Shown in the OpenAPI document. */
  version?: string;
  /** How long `?wait=true` waits before it answers 202 after all. Default 25. */
  maxWaitSeconds?: number;
  /** Silence after which an event stream sends a comment. Default 15. */
  heartbeatSeconds?: number;
  /** Numbers for `/metrics` beyond those of the requests, such as cache hits. */
  metrics?: () => readonly Metric[];
  /** Parts that are not well, by name, for `/healthz`; an empty record is health. */
  unwell?: () => Promise<Record<string, string>> | Record<string, string>;
  /** Told of every 5xx with its cause. Default: nobody. */
  onFault?: (fault: { traceId: string; method: string; route: string; error: unknown }) => void;
}

/** `AppOptions` with defaults filled in, as the handlers see them. */
export type Front = Required<AppOptions>;

export interface Env {
  Variables: { traceId: string; principal: Principal; route: string };
}

export type Call = Context<Env>;

export function frontOf(options: AppOptions): Front {
  return {
    version: '0.0.0',
    maxWaitSeconds: 25,
    heartbeatSeconds: 15,
    metrics: () => [],
    unwell: () => ({}),
    onFault: () => undefined,
    ...options,
  };
}

/** Who asks, for which trace, until when: what every call of the kernel wants to know. */
export function asked(c: Call): { principal: Principal; traceId: string; signal: AbortSignal } {
  return { principal: c.get('principal'), traceId: c.get('traceId'), signal: c.req.raw.signal };
}

export function json(
  c: Call,
  body: unknown,
  status: 200 | 201 | 202 = 200,
  headers: Record<string, string> = {},
): Response {
  return c.body(JSON.stringify(body), status, { 'content-type': 'application/json', ...headers });
}
