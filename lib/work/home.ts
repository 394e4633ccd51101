import type { Clock } from '#lib/base/clock';
import type { EngineDeps } from '#lib/engine/engine';
import type { Acting, Kernel } from '#lib/kernel/kernel';
import type { Principal } from '#lib/kernel/resource';
import type { Outbound } from '#lib/outbound/exchange';
import type { MessageOf } from '#lib/ports/messages';
import type { Services } from '#lib/resources/services';

/** What work needs of the home it runs in. */
export interface Home {
  kernel: Kernel;
  services: Services;
  clock: Clock;
  /** How effects reach the outside. */
  effects: NonNullable<EngineDeps['effects']>;
  /** How webhooks reach the outside. */
  outbound: Outbound;
  /** Sends a job that is to come after a while, `QUEUE_LIMITS.delaySeconds` at most. */
  later: (message: MessageOf<'job'>, delaySeconds: number) => Promise<void>;
}

/** Where a message came from: work acts on behalf of that principal, in that workspace, as the system. */
export interface Origin {
  workspaceId: string;
  principal: string;
}

/** What keeps a handler's message its own while it works; `signal` aborts when it was lost or the process is to end. */
export interface Hold {
  signal: AbortSignal;
}

export function systemOf(origin: Origin): Principal {
  return { id: origin.principal, workspaceId: origin.workspaceId, roles: [], system: true };
}

export function actingFor(home: Home, origin: Origin, signal?: AbortSignal): Acting {
  return home.kernel.acting(systemOf(origin), signal === undefined ? {} : { signal });
}
