import { DspexError } from '#lib/base/errors';
import { StepFailure } from '#lib/base/failure';
import { sha256 } from '#lib/base/hash';
import type { Json } from '#lib/base/json';
import type { ActionCall, StepContext } from '#lib/engine/engine';
import { sleep, systemTimers } from '#lib/engine/timers';
import type { StoredKey } from '#lib/kernel/authenticate';
import type { Acting } from '#lib/kernel/kernel';
import { apiKeyKey } from '#lib/kernel/keys';
import type { Principal } from '#lib/kernel/resource';
import type { Home } from './home.ts';

// As long as a call's claim on its key can last after its holder died.
const LONGEST_WAIT_MS = 16 * 60_000;
const LOOK_AGAIN_MS = 1000;

/**
 * Action nodes act with the rights of the key that started the run, as they are now: a program can do what that key may
 * do, no more. `inputs.id` names the record, the rest is the action's input. All in one transaction, and once for each
 * step of a run: when a worker died between the commit and the journal, the next one gets the first one's answers.
 */
export async function commitActions(
  home: Home,
  acting: Acting,
  calls: readonly ActionCall[],
  context: Pick<StepContext, 'idempotencyKey' | 'signal'>,
): Promise<Json[]> {
  const principal = await startedBy(home, acting);
  const idempotencyKey = `step-${sha256(context.idempotencyKey)}`;
  const until = home.clock.now() + LONGEST_WAIT_MS;
  for (;;) {
    try {
      const results = await home.kernel.together(
        calls.map(({ resource, action, inputs: { id, ...input } }) => ({
          principal,
          resource,
          action,
          input,
          idempotencyKey,
          ...(typeof id === 'string' ? { id } : {}),
        })),
      );
      return results.map((result) => ('body' in result ? result.body : null));
    } catch (error) {
      if (!DspexError.is(error)) throw error;
      // A worker that died while it held the step's key may have had its effect or not: known once its claim is over.
      if (error.code !== 'idempotency_in_flight' || home.clock.now() > until) throw failed(error);
      await sleep(LOOK_AGAIN_MS, systemTimers, context.signal);
      context.signal?.throwIfAborted();
    }
  }
}

/** The key behind the run with the roles it has at this moment. */
async function startedBy(home: Home, acting: Acting): Promise<Principal> {
  const { id, workspaceId } = acting.principal;
  const item = await home.services.store.get(apiKeyKey(id));
  const key = item === null ? null : (item.data as unknown as StoredKey);
  const expired = key !== null && key.expiresAt !== null && Date.parse(key.expiresAt) <= home.clock.now();
  if (key === null || expired || key.workspaceId !== workspaceId)
    throw new StepFailure(
      'Effect.Failed',
      `an action acts with the rights of the key that started the run, and ${id} is ${expired ? 'expired' : 'revoked or no API key'}`,
    );
  return { id, workspaceId, roles: key.roles };
}

function failed(error: DspexError): StepFailure {
  return new StepFailure('Effect.Failed', `${error.code}: ${error.message}`, {
    cause: error,
    retryable: error.status === 503,
  });
}
