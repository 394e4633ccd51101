import type { Json, JsonObject } from '#lib/base/json';
import type { DispatchCall, Principal } from './resource.ts';

export interface DispatchRequest extends Omit<DispatchCall, 'as' | 'ifMatch'> {
  principal: Principal;
  /** The revision the caller saw, or `'*'` for whatever is there now. */
  ifMatch?: number | '*';
  /** Surfaces set it: an action that wants `ifMatch` then throws PreconditionRequired without one. */
  requireIfMatch?: boolean;
  /** As the client sent it. Only honoured where the action has an effect. */
  idempotencyKey?: string;
  /** The kernel's own: the key was derived from the caller's. */
  derivedKey?: true;
  upload?: { contentType: string; bytes: AsyncIterable<Uint8Array> };
  /** Absent: made up. */
  traceId?: string;
  signal?: AbortSignal;
}

export type DispatchResult = { replayed: boolean } & (
  | { kind: 'record'; created: boolean; id: string; rev: number; body: JsonObject }
  | { kind: 'removed'; id: string }
  | { kind: 'output'; body: Json }
  /** 202. `settled` is absent in a replay: read the record instead. */
  | { kind: 'accepted'; resource: string; id: string; settled?: (signal: AbortSignal) => Promise<void> }
);

export interface RecordRequest {
  principal: Principal;
  resource: string;
  id: string;
  traceId?: string;
  signal?: AbortSignal;
}

export interface ListRequest {
  principal: Principal;
  resource: string;
  /** Must name exactly the attributes of one index, or nothing. */
  filter?: Record<string, string>;
  limit: number;
  /** The store's own; whoever hands it out signs it. */
  cursor?: string;
  order?: 'newest' | 'oldest';
  traceId?: string;
  signal?: AbortSignal;
}

export interface VersionBody {
  id: string;
  version: number;
  createdAt: string;
  createdBy: string;
  checksum: string;
  body: JsonObject;
}
