import { randomBytes } from 'node:crypto';
import type { Clock } from '#lib/base/clock';
import { Internal, NotFound } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import type { Blobs } from '#lib/ports/blobs';
import type { Store } from '#lib/ports/store';
import { createAuthenticator } from './authenticate.ts';
import { createAuthorizer } from './authorize.ts';
import { contextFor, dispatchFor, type Pending, readsFor } from './context.ts';
import { describe } from './describe.ts';
import { carryOut } from './dispatch.ts';
import { encode } from './encode.ts';
import { actionOf, type House, resourceOf, type Scope } from './house.ts';
import type { ResourceInfo } from './info.ts';
import { policySetKey } from './keys.ts';
import { list, read, version, versions } from './read.ts';
import type { DispatchRequest, DispatchResult, ListRequest, RecordRequest, VersionBody } from './request.ts';
import type { ActionContext, Declaration, DispatchCall, Principal, StreamEvent } from './resource.ts';
import { keyOf } from './transaction.ts';

export type { DispatchRequest, DispatchResult, ListRequest, RecordRequest, VersionBody } from './request.ts';

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
  /** By name (`Program`); throws NotFound when there is none. */
  resource(name: string): ResourceInfo;
  /** Loads what the first decision would wait for; a server calls it once it listens. Changes nothing. */
  warm(): Promise<void>;
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

/** Throws Internal naming everything wrong with the declarations. Reads and writes nothing yet. */
export function createKernel<X>(parts: KernelParts<X>): Kernel {
  const { store, blobs, clock } = parts;
  const infos = describe(parts.resources);
  const resources = new Map(infos.map((info) => [info.name, info]));
  const kinds = new Map(infos.map((info) => [info.idPrefix, info.name]));
  const authorizer = createAuthorizer(infos, store, clock);
  const authenticator = createAuthenticator(store, clock);
  let services: { made: X } | null = null;

  const house: House = {
    ...{ resources, store, blobs, clock, authorizer },
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
    resources: infos,
    resource: (name) => resourceOf(house, name),
    async warm() {
      const [info] = infos;
      if (info !== undefined) await authorizer.decide(systemPrincipal('none'), info, actionOf(info, 'list'), null);
    },
    authenticate: (authorization) => authenticator.authenticate(authorization),
    dispatch: house.dispatch,
    together: (requests) => carryOut(house, requests),
    async list({ principal, resource, ...options }) {
      const info = resourceOf(house, resource);
      const page = await list(house, principal, info, options);
      return { items: page.items.map((record) => encode(info, record)), cursor: page.cursor };
    },
    version: ({ principal, resource, id, version: number }) =>
      version(house, principal, resourceOf(house, resource), id, number),
    versions: ({ principal, resource, ...options }) => versions(house, principal, resourceOf(house, resource), options),
    async stream({ principal, resource, id, stream, after, ...request }) {
      const info = resourceOf(house, resource);
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
