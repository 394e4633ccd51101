import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Failure, failureOf, StepFailure } from '#lib/base/failure';
import { canonicalJson, type JsonObject } from '#lib/base/json';
import type { LanguageModelSettings } from '#lib/lm/spec';
import { gatewayDoor } from '#lib/module/python-lm';
import type { CallRecord } from '#lib/module/spec';
import type { PythonLmAnswer, PythonLmRequest } from '#lib/ports/python';
import type { Secrets } from '#lib/ports/secrets';
import type { Aws } from '../wire-aws.ts';
import { HOUSE_SECRETS } from './variables.ts';

/**
 * For whom Python may ask, and which models: settings by the names Python knows, with references to secrets, never
 * secrets. Signed, since code of users runs in the function that hands it on.
 */
export interface Mandate {
  workspaceId: string;
  models: Record<string, LanguageModelSettings>;
  /** Epoch milliseconds. */
  until: number;
}

/** What the Python function sends: see `python-lambda/dspex_host/lambda_function.py`. */
export interface ModelCall {
  kind: string;
  request: PythonLmRequest;
  context: { mandate?: Mandate; signature?: string };
}
export type ModelAnswer = { answer: PythonLmAnswer; call: CallRecord | null } | { failure: Failure };

/** As long as a function runs, and some. */
const VALID_MS = 20 * 60_000;

export async function signed(
  secrets: Pick<Secrets, 'get'>,
  mandate: Omit<Mandate, 'until'>,
  now: number,
): Promise<JsonObject> {
  const whole = { ...mandate, until: now + VALID_MS };
  return { mandate: whole, signature: await signatureOf(secrets, whole) } as unknown as JsonObject;
}

/** Answers one model call of Python through the gateway. Never throws: a failure is an answer that Python raises. */
export async function answerModelCall(
  { services, home, work }: Pick<Aws, 'services' | 'work'> & { home: Pick<Aws['home'], 'secrets'> },
  { kind, request, context }: ModelCall,
): Promise<ModelAnswer> {
  try {
    if (kind !== 'lm')
      throw new StepFailure('Module.Unsupported', `the gateway function answers model calls, and was asked "${kind}"`);
    const { mandate, signature = '' } = context;
    if (
      mandate === undefined ||
      !same(signature, await signatureOf(home.secrets, mandate)) ||
      mandate.until < work.clock.now()
    )
      throw new StepFailure('Model.Refused', 'this call carries no mandate of the house, or one that has run out');
    const named = (name: string): LanguageModelSettings => {
      const found = Object.hasOwn(mandate.models, name) ? mandate.models[name] : undefined;
      if (found !== undefined) return found;
      const there = Object.keys(mandate.models).join(', ');
      throw new StepFailure('Model.Unavailable', `the Python code asks "${name}"; it may ask ${there}`);
    };
    let call: CallRecord | null = null;
    const { gateway } = services;
    const door = gatewayDoor({ workspaceId: mandate.workspaceId, gateway }, named, (one) => {
      call = one;
    });
    const answer = await door(request, new AbortController().signal);
    return { answer, call };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

async function signatureOf(secrets: Pick<Secrets, 'get'>, mandate: Mandate): Promise<string> {
  const key = await secrets.get(`ssm:${HOUSE_SECRETS.tokenKey}`);
  if (key === null) throw new StepFailure('Model.Unavailable', 'the house is not set up yet');
  return createHmac('sha256', key)
    .update(canonicalJson(mandate as unknown as JsonObject))
    .digest('base64url');
}

function same(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
