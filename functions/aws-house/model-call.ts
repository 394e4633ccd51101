import { type Failure, failureOf, StepFailure } from '#lib/base/failure';
import type { LanguageModelSettings } from '#lib/lm/spec';
import { gatewayDoor } from '#lib/module/python-lm';
import type { CallRecord } from '#lib/module/spec';
import type { PythonLmAnswer, PythonLmRequest } from '#lib/ports/python';
import type { Aws } from '../wire-aws.ts';
import { type Mandate, verified } from './mandate.ts';

/** What the Python function sends: see `python-lambda/dspex_host/lambda_function.py`. */
export interface ModelCall {
  kind: string;
  request: PythonLmRequest;
  context: { mandate?: Mandate; signature?: string };
}
/** `call` is the gateway's record of it, for the step on whose behalf it was made. */
export type ModelAnswer = { answer: PythonLmAnswer; call: CallRecord | null } | { failure: Failure };

/** Answers one model call of Python through the gateway. Never throws: a failure is an answer that Python raises. */
export async function answerModelCall(
  { services, home, work }: Pick<Aws, 'services' | 'work'> & { home: Pick<Aws['home'], 'secrets'> },
  { kind, request, context }: ModelCall,
): Promise<ModelAnswer> {
  try {
    if (kind !== 'lm')
      throw new StepFailure('Module.Unsupported', `the gateway function answers model calls, and was asked "${kind}"`);
    const { workspaceId, models } = await verified(home.secrets, context, work.clock.now());
    const named = (name: string): LanguageModelSettings => {
      const found = Object.hasOwn(models, name) ? models[name] : undefined;
      if (found !== undefined) return found;
      const there = Object.keys(models).join(', ');
      throw new StepFailure('Model.Unavailable', `the Python code asks "${name}"; it may ask ${there}`);
    };
    let call: CallRecord | null = null;
    const door = gatewayDoor({ workspaceId, gateway: services.gateway }, named, (one) => {
      call = one;
    });
    const answer = await door(request, new AbortController().signal);
    return { answer, call };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}
