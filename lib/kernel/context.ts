import type { DspexError } from '#lib/base/errors';
import { newId } from '#lib/base/id';
import type { Json } from '#lib/base/json';
import type { Operation } from '#lib/ports/store';
import type { House, Scope } from './house.ts';
import { messageFor, type QueuedMessage } from './outbox.ts';
import { list, read, version } from './read.ts';
import type { DispatchResult } from './request.ts';
import type { ActionContext, DispatchCall, Principal } from './resource.ts';

/** Where an action's writes go until they are committed. */
export interface Pending {
  also(operation: Operation, refused?: DspexError): void;
  together(call: DispatchCall): Promise<void>;
  messages: QueuedMessage[];
}

export function contextFor(house: House, scope: Scope, pending: Pending): ActionContext<unknown> {
  const { principal } = scope;
  return {
    principal,
    workspaceId: principal.workspaceId,
    now: scope.now,
    traceId: scope.traceId,
    signal: scope.signal,
    get services() {
      return house.services();
    },
    newId: (prefix) => newId(prefix, scope.now),
    ...readsFor(house, principal),
    dispatch: <O>(call: DispatchCall) => dispatchFor<O>(house, scope, call),
    together: (call) => pending.together(call),
    also: (operation, refused) => pending.also(operation, refused),
    enqueue: (queue, message) => void pending.messages.push(messageFor(queue, principal, message)),
    policies: house.authorizer,
  };
}

/** Reading, as code sees it: whole records, secrets included, of what the principal may read. */
export function readsFor(
  house: House,
  principal: Principal,
): Pick<ActionContext<unknown>, 'get' | 'find' | 'list' | 'version'> {
  return {
    get: async <R>(resource: string, id: string) =>
      (await read(house, principal, await house.resource(resource), id)) as R,
    find: async <R>(resource: string, name: string) =>
      (await read(house, principal, await house.resource(resource), name)) as R,
    list: async <R>(resource: string, options: Parameters<typeof list>[3]) =>
      (await list(house, principal, await house.resource(resource), options)) as { items: R[]; cursor: string | null },
    version: async <B>(resource: string, id: string, number: number) => {
      const found = await version(house, principal, await house.resource(resource), id, number);
      return { ...found, body: found.body as B };
    },
  };
}

export async function dispatchFor<O>(house: House, scope: Scope, { as, ...call }: DispatchCall): Promise<O> {
  const idempotencyKey = scope.nestedKey?.();
  const result = await house.dispatch({
    ...call,
    principal: as === 'system' ? systemFor(scope.principal) : scope.principal,
    traceId: scope.traceId,
    signal: scope.signal,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey, derivedKey: true as const }),
  });
  return answerOf(result) as O;
}

export function systemFor(principal: Principal): Principal {
  return { ...principal, roles: [], system: true };
}

/** The body alone; `null` of a removal. */
function answerOf(result: DispatchResult): Json {
  if (result.kind === 'removed') return null;
  if (result.kind === 'accepted') return { accepted: { resource: result.resource, id: result.id } };
  return result.body;
}
