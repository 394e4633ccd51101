import { failureOf, StepFailure } from '#lib/base/failure';
import type { Json } from '#lib/base/json';
import type { ToolRunners } from './call.ts';

/** Invokes a function by its name and gives its answer. */
export type InvokeFunction = (name: string, event: Json) => Promise<Json>;

/**
 * Tools that are Lambda functions: the event is `{arguments, idempotencyKey}`, the observation what the function answers.
 * Only functions named by `allow` are called: whoever declares a tool must not reach the house's own.
 */
export function lambdaTool(invoke: InvokeFunction, allow: readonly string[]): NonNullable<ToolRunners['lambda']> {
  return async ({ lambda }, args, { idempotencyKey }) => {
    const { function: name, qualifier } = lambda;
    if (!allow.includes(name))
      throw new StepFailure(
        'Effect.Failed',
        `the function ${name} may not be called: DSPEX_ALLOW_FUNCTIONS names those that tools may call`,
        { retryable: false },
      );
    try {
      return await invoke(qualifier === undefined ? name : `${name}:${qualifier}`, { arguments: args, idempotencyKey });
    } catch (error) {
      if (error instanceof StepFailure) throw error;
      throw new StepFailure('Effect.Failed', failureOf(error).message, { cause: error });
    }
  };
}
