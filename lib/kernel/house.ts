import type { Clock } from '#lib/base/clock';
import { NotFound } from '#lib/base/errors';
import type { Blobs } from '#lib/ports/blobs';
import type { Operation, Store } from '#lib/ports/store';
import type { Authorizer } from './authorize.ts';
import type { ActionInfo, ResourceInfo } from './info.ts';
import type { DispatchRequest, DispatchResult } from './request.ts';
import type { Principal } from './resource.ts';

/** What the files of the pipeline share: made once per kernel. */
export interface House {
  /** By name; throws NotFound when there is none. */
  resource: (name: string) => Promise<ResourceInfo>;
  store: Store;
  blobs: Blobs;
  clock: Clock;
  authorizer: Authorizer;
  /** `Program` for `prg_...`. */
  kindOf: (id: string) => string | null;
  services: () => unknown;
  dispatch: (request: DispatchRequest) => Promise<DispatchResult>;
  /** Told of every committed transaction, so that what this process remembers is forgotten in time. */
  committed: (operations: readonly Operation[]) => void;
}

/** Who acts, when and under which trace: the same for everything one request does. */
export interface Scope {
  principal: Principal;
  now: number;
  traceId: string;
  signal: AbortSignal;
  /** The key for the next dispatch by an action's code, when the request has one. */
  nestedKey?: () => string;
}

export function actionOf(info: ResourceInfo, name: string): ActionInfo {
  const action = Object.hasOwn(info.actions, name) ? info.actions[name] : undefined;
  if (action === undefined) {
    const there = Object.keys(info.actions).join(', ');
    throw new NotFound('unknown_action', `${info.name} has no action "${name.slice(0, 80)}" (there are ${there})`);
  }
  return action;
}

/** One answer for the missing, the removed, the foreign and the hidden. */
export function missing(info: ResourceInfo, id: string): NotFound {
  return new NotFound('not_found', `there is no ${info.name} "${id.slice(0, 80)}"`);
}

/** Ids are ours: anything else cannot be there, and never becomes a key. */
export function isId(info: ResourceInfo, id: string): boolean {
  return /^[a-z]+_[0-9a-z]{26}$/.test(id) && id.startsWith(`${info.idPrefix}_`);
}
