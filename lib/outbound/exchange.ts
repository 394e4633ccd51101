import type { IncomingMessage } from 'node:http';

export interface OutboundRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body?: string;
  /** Of the whole exchange, redirects included. */
  timeoutSeconds: number;
  maxBytes: number;
  /** Of a reply that is longer, the beginning is enough. Otherwise it is a failure. */
  cut?: boolean;
  /** Only https, except to hosts that the configuration names. */
  secure?: boolean;
  /** How many redirects are followed; each is checked like the first address. Only of GET. */
  redirects?: number;
  signal?: AbortSignal;
}
export interface OutboundReply {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
  /** Where the reply came from in the end. */
  url: URL;
}

/**
 * Calls what a user's program named, and nothing a user should not reach through us: http(s) to public addresses and to
 * hosts the configuration names. The connection goes to the very addresses that were checked. Rejects with StepFailure:
 * `Effect.Failed` (retryable when trying again may help) or `Cancelled`.
 */
export type Outbound = (request: OutboundRequest) => Promise<OutboundReply>;
