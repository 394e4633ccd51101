import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { StepFailure } from '#lib/base/failure';
import { stepFailure } from './failures.ts';
import type { Leave } from './leave.ts';
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
    signal: Leave | undefined;
    secrets: ReadonlySet<string>;
    onDelta?: (text: string) => void;
  },
): Promise<ProviderAnswer> {
  const { timeoutMs, signal, secrets, onDelta } = options;
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let cancel: (() => void) | undefined;
  try {
    if (signal?.aborted) throw new StepFailure('Cancelled', 'the call was cancelled');
    // Whatever comes first counts; what the other brings later, a failure too, nobody is left to hear of.
    return await new Promise<ProviderAnswer>((resolve, reject) => {
      const end = (failure: StepFailure) => {
        reject(failure);
        controller.abort(failure);
      };
      timer = setTimeout(
        () => end(new StepFailure('Step.Timeout', `the model did not answer within ${timeoutMs / 1000} s`)),
        timeoutMs,
      );
      cancel = () => end(new StepFailure('Cancelled', 'the call was cancelled'));
      signal?.addEventListener('abort', cancel, { once: true });
      answered(model, callOptions(request, controller.signal), onDelta).then(resolve, reject);
    });
  } catch (error) {
    throw stepFailure(error, secrets);
  } finally {
    clearTimeout(timer);
    if (cancel !== undefined) signal?.removeEventListener('abort', cancel);
  }
}

async function answered(
  model: LanguageModelV4,
  call: LanguageModelV4CallOptions,
  onDelta: ((text: string) => void) | undefined,
): Promise<ProviderAnswer> {
  if (onDelta === undefined) return answerOf(await model.doGenerate(call));
  return answerOfStream((await model.doStream(call)).stream, onDelta);
}
