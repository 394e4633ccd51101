import type { LanguageModelV4 } from '@ai-sdk/provider';
import { StepFailure } from '#lib/base/failure';
import { stepFailure } from './failures.ts';
import { answerOf, answerOfStream, type ProviderAnswer } from './result.ts';
import type { LmRequest } from './spec.ts';
import { callOptions } from './wire.ts';

/**
 * One call of the provider, ended by `timeoutMs` or the signal, whichever is first, even if the provider heeds neither.
 * Throws StepFailure only, without secrets.
 */
export async function attempt(
  model: LanguageModelV4,
  request: LmRequest,
  options: {
    timeoutMs: number;
    signal: AbortSignal | undefined;
    secrets: ReadonlySet<string>;
    onDelta?: (text: string) => void;
  },
): Promise<ProviderAnswer> {
  const { timeoutMs, signal, secrets, onDelta } = options;
  const controller = new AbortController();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const failure = new StepFailure('Step.Timeout', `the model did not answer within ${timeoutMs / 1000} s`);
    reject(failure);
    controller.abort(failure);
  }, timeoutMs);
  const cancel = () => {
    const failure = new StepFailure('Cancelled', 'the call was cancelled');
    reject(failure);
    controller.abort(failure);
  };
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    if (signal?.aborted) throw new StepFailure('Cancelled', 'the call was cancelled');
    const call = callOptions(request, controller.signal);
    const answer =
      onDelta === undefined
        ? Promise.resolve(model.doGenerate(call)).then(answerOf)
        : Promise.resolve(model.doStream(call)).then(({ stream }) => answerOfStream(stream, onDelta));
    // When the race is lost to the clock, nobody is left to hear of the answer's own failure.
    answer.catch(() => {});
    return await Promise.race([answer, ended]);
  } catch (error) {
    throw stepFailure(error, secrets);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
    ended.catch(() => {});
  }
}
