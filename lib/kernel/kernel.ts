import type { Clock } from '#lib/base/clock';
import type { Json, JsonObject } from '#lib/base/json';
import type { Blobs } from '#lib/ports/blobs';
import type { Store } from '#lib/ports/store';
import type { ResourceInfo } from './info.ts';
import type { ActionContext, Declaration, DispatchCall, Principal, StreamEvent } from './resource.ts';

export interface KernelParts<X> {
  resources: readonly Declaration[];
  store: Store;
  blobs: Blobs;
  clock: Clock;
  /** What actions find as `ctx.services`; called once, with the kernel they will run in. */
  services: (kernel: Kernel) => X;
}

/**
 * The one way to act on resources; every surface and every worker goes through it.
 *
 *     const kernel = createKernel({ resources, store, blobs, clock: systemClock, services: () => ({}) });
 *     const principal = await kernel.authenticate('Bearer dsk_...');
 *     const result = await kernel.dispatch({ principal, resource: 'Program', action: 'create', input: { name: 'rag' } });
 */
export interface Kernel {
  /** All resources, internal ones included, in the order given. */
  resources: readonly ResourceInfo[];
  /** By name (`Program`); throws Internal when there is none. */
  resource(name: string): ResourceInfo;
  /** From the `Authorization` header's value; throws Unauthenticated. */
  authenticate(authorization: string | null | undefined): Promise<Principal>;
  /** Any action by its name, `read` included; `list` has its own door. */
  dispatch(request: DispatchRequest): Promise<DispatchResult>;
  /** Several dispatches in one transaction: all of them or none. Results in the order asked. */
  together(requests: readonly DispatchRequest[]): Promise<DispatchResult[]>;
  list(request: ListRequest): Promise<{ items: JsonObject[]; cursor: string | null }>;
  version(request: RecordRequest & { version: number }): Promise<VersionBody>;
  /** The history, newest first, without bodies. */
  versions(request: RecordRequest & { limit: number; cursor?: string }): Promise<{
    items: Omit<VersionBody, 'body'>[];
    cursor: string | null;
  }>;
  /** Authorized before it returns, so that a refusal is still an ordinary answer. */
  stream(request: RecordRequest & { stream: string; after: string | null }): Promise<AsyncIterable<StreamEvent>>;
  /** What an action's code sees, without a transaction: for workers that read records and dispatch. */
  acting(principal: Principal, options?: { traceId?: string; signal?: AbortSignal }): Acting;
}

export type Acting = Pick<
  ActionContext<unknown>,
  'principal' | 'workspaceId' | 'get' | 'find' | 'list' | 'version' | 'dispatch'
>;

export interface DispatchRequest extends Omit<DispatchCall, 'as' | 'ifMatch'> {
  principal: Principal;
  /** The revision the caller saw, or `'*'` for whatever is there now. */
  ifMatch?: number | '*';
  /** Surfaces set it: an action that wants `ifMatch` then throws PreconditionRequired without one. */
  requireIfMatch?: boolean;
  /** As the client sent it. Only honoured where the action has an effect. */
  idempotencyKey?: string;
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
