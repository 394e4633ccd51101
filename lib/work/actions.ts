import { DspexError } from '#lib/base/errors';
import { StepFailure } from '#lib/base/failure';
import type { Json } from '#lib/base/json';
import type { ActionCall } from '#lib/engine/engine';
import type { Acting } from '#lib/kernel/kernel';
import type { Home } from './home.ts';

/**
 * Action nodes act as the run's principal, not as the system: a program can do what whoever runs it may do, no more.
 * `inputs.id` names the record, the rest is the action's input. All in one transaction.
 */
export async function commitActions(home: Home, acting: Acting, calls: readonly ActionCall[]): Promise<Json[]> {
  const { system: _, ...principal } = acting.principal;
  try {
    const results = await home.kernel.together(
      calls.map(({ resource, action, inputs: { id, ...input } }) => ({
        principal,
        resource,
        action,
        input,
        ...(typeof id === 'string' ? { id } : {}),
      })),
    );
    return results.map((result) => ('body' in result ? result.body : null));
  } catch (error) {
    if (!DspexError.is(error)) throw error;
    throw new StepFailure('Effect.Failed', `${error.code}: ${error.message}`, {
      cause: error,
      retryable: error.status === 503,
    });
  }
}
