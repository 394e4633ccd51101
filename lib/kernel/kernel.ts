import { randomBytes } from 'node:crypto';
import type { Clock } from '#lib/base/clock';
import { Internal, NotFound } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import type { Blobs } from '#lib/ports/blobs';
import type { Store } from '#lib/ports/store';
import { createAuthenticator } from './authenticate.ts';
import { createAuthorizer } from './authorize.ts';
import { contextFor, dispatchFor, type Pending, readsFor } from './context.ts';
import { carryOut } from './dispatch.ts';
import { encode } from './encode.ts';
import type { House, Scope } from './house.ts';
import { policySetKey } from './keys.ts';
import { type LaterNoun, type Nouns, openNouns } from './nouns.ts';
import { list, read, version, versions } from './read.ts';
import type { DispatchRequest, DispatchResult, ListRequest, RecordRequest, VersionBody } from './request.ts';
import type { ActionContext, Declaration, DispatchCall, Principal, StreamEvent } from './resource.ts';
import { keyOf } from './transaction.ts';

export type { DispatchRequest, DispatchResult, ListRequest, RecordRequest, VersionBody } from './request.ts';

export interface KernelParts<X> {
  resources: readonly (Declaration | LaterNoun)[];
  store: Store;
  blobs: Blobs;
  clock: Clock;
  /** The name of the resources' Cedar schema (`schemaNameOf`), so that not all of them are loaded to find it out. */
  schemaName?: string;
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
export interface Kernel extends Nouns {
  /** Loads what the first decision in this workspace would wait for; a server calls it once it listens. Changes nothing. */
  warm(workspaceId: string): Promise<void>;
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

/** Our own workers, on behalf of whoever caused the work. */
export function systemPrincipal(workspaceId: string, onBehalfOf = 'system'): Principal {
  return { id: onBehalfOf, workspaceId, roles: [], system: true };
}

/**
 * Throws Internal naming everything wrong with the declarations; what is wrong with one that is loaded later, whoever asks
 * for it is told. Reads and writes nothing yet.
 */
export function createKernel<X>(parts: KernelParts<X>): Kernel {
  const { store, blobs, clock } = parts;
  const nouns = openNouns(parts.resources);
  const kinds = new Map(nouns.nouns.map(({ idPrefix, name }) => [idPrefix, name]));
  const authorizer = createAuthorizer(nouns, store, clock, parts.schemaName);
  const authenticator = createAuthenticator(store, clock);
  let services: { made: X } | null = null;

  const house: House = {
    ...{ store, blobs, clock, authorizer },
    resource: nouns.resource,
    kindOf: (id) => kinds.get(id.slice(0, id.indexOf('_'))) ?? null,
    services: () => {
      services ??= { made: parts.services(kernel) };
      return services.made;
    },
    dispatch: async (request) => {
      const [result] = await carryOut(house, [request]);
      if (result === undefined) throw new Internal('no_result', `${request.resource}.${request.action} had no result`);
      return result;
    },
    committed: (operations) => {
      authenticator.committed(operations);
      for (const operation of operations) {
        const workspaceId = keyOf(operation).pk.split('#')[1] ?? '';
        if (keyOf(operation).pk === policySetKey(workspaceId).pk) authorizer.forget(workspaceId);
      }
    },
  };

  const kernel: Kernel = {
    ...nouns,
    warm: (workspaceId) => authorizer.warm(workspaceId),
    authenticate: (authorization) => authenticator.authenticate(authorization),
    dispatch: house.dispatch,
    together: (requests) => carryOut(house, requests),
    async list({ principal, resource, ...options }) {
      const info = await house.resource(resource);
      const page = await list(house, principal, info, options);
      return { items: page.items.map((record) => encode(info, record)), cursor: page.cursor };
    },
    version: async ({ principal, resource, id, version: number }) =>
      version(house, principal, await house.resource(resource), id, number),
    versions: async ({ principal, resource, ...options }) =>
      versions(house, principal, await house.resource(resource), options),
    async stream({ principal, resource, id, stream, after, ...request }) {
      const info = await house.resource(resource);
      const declared = Object.hasOwn(info.streams, stream) ? info.streams[stream] : undefined;
      if (declared === undefined)
        throw new NotFound('unknown_stream', `${info.name} has no stream "${stream.slice(0, 80)}"`);
      const record = await read(house, principal, info, id);
      const ctx = contextFor(house, scopeOf(clock, principal, request), readingOnly);
      return declared.events({ record: record as never, ctx: ctx as never, after });
    },
    acting(principal, options = {}) {
      const scope = scopeOf(clock, principal, options);
      return {
        principal,
        workspaceId: principal.workspaceId,
        ...readsFor(house, principal),
        dispatch: <O>(call: DispatchCall) => dispatchFor<O>(house, scope, call),
      };
    },
  };
  return kernel;
}

function scopeOf(clock: Clock, principal: Principal, options: { traceId?: string; signal?: AbortSignal }): Scope {
  return {
    principal,
    now: clock.now(),
    traceId: options.traceId ?? randomBytes(16).toString('hex'),
    signal: options.signal ?? new AbortController().signal,
  };
}

/** A stream has no transaction that further writes could join. */
const readingOnly: Pending = {
  get messages(): never {
    throw new Internal('no_transaction', 'a stream cannot send messages');
  },
  also: () => {
    throw new Internal('no_transaction', 'a stream cannot write');
  },
  together: () => Promise.reject(new Internal('no_transaction', 'a stream cannot write')),
};
