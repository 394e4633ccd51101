import { InvokeCommand, type InvokeCommandOutput, type LambdaClient } from '@aws-sdk/client-lambda';
import { type Failure, StepFailure } from '#lib/base/failure';
import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import type { Python, PythonCall, PythonPackages, PythonStatus } from '#lib/ports/python';
import { asPortError, faultOf, isThrottled } from './client/fault.ts';

export interface LambdaPythonParts {
  /** Made with PYTHON_PATIENCE: an invocation is not idempotent, and may take as long as a function may. */
  client: LambdaClient;
  /** Name, ARN or alias. */
  functionName: string;
  /** The SHA-256 of the lock whose packages the function has beside DSPy's. */
  packages?: string;
  /**
   * Handed on to the gateway function with every model call: whose call it is and which models it may ask. A function
   * cannot call back into this process, so `lm` and the like of a call are not used here; of `asks`, `package` alone is.
   */
  context: JsonObject | ((request: PythonCall) => Promise<JsonObject>);
}

export const PYTHON_PATIENCE = { requestTimeoutMs: 905_000, maxAttempts: 1 };

/** What a synchronous invocation carries. */
const PAYLOAD_BYTES = 6 * 1024 * 1024;

/** What Lambda says of a function that did not answer by itself. */
const ENDS: readonly { is: RegExp; as: (what: string, errorType: string, said: string) => StepFailure }[] = [
  {
    is: /Timedout|timed out/i,
    as: (what) => new StepFailure('Step.Timeout', `${what} took longer than its function may`),
  },
  {
    is: /./,
    as: (what, errorType, said) =>
      new StepFailure('Python.Crashed', `${what}: the function ended: ${errorType} ${said}`),
  },
];

/** The Python port on a Lambda function: one operation an invocation, see `python-lambda/dspex_host/lambda_function.py`. */
export class LambdaPython implements Python {
  readonly #parts: LambdaPythonParts;
  readonly #ended: { [reason: string]: number } = {};
  #calls = 0;
  #busy = 0;
  #unavailable: string | null = null;

  constructor(parts: LambdaPythonParts) {
    this.#parts = parts;
  }

  async call(request: PythonCall): Promise<JsonObject> {
    this.#calls += 1;
    this.#busy += 1;
    try {
      this.#has(request.packages);
      const first = await this.#invoke(request);
      const answer = wantsFiles(first) ? await this.#invoke(request, await filesOf(request)) : first;
      this.#unavailable = null;
      if (Array.isArray(answer.progress)) for (const one of answer.progress) request.onProgress?.(one);
      if (Array.isArray(answer.calls)) for (const one of answer.calls) tellCall(request, one);
      if (isJsonObject(answer.failure ?? null)) throw asStepFailure(answer.failure as unknown as Failure);
      if (isJsonObject(answer.result ?? null)) return answer.result as JsonObject;
      throw new StepFailure('Python.Crashed', `${request.operation}: the function answered neither result nor failure`);
    } catch (error) {
      const reason = error instanceof StepFailure ? error.failure.name : 'Internal';
      this.#ended[reason] = (this.#ended[reason] ?? 0) + 1;
      if (error instanceof StepFailure && reason === 'Python.Unavailable') this.#unavailable = error.message;
      throw error;
    } finally {
      this.#busy -= 1;
    }
  }

  status(): PythonStatus {
    const reason = this.#unavailable;
    return {
      state: reason !== null ? 'unavailable' : this.#calls === 0 ? 'cold' : 'ready',
      ...(reason === null ? {} : { reason }),
      workers: { starting: 0, idle: 0, busy: this.#busy },
      queued: 0,
      counts: { calls: this.#calls, started: 0, ended: { ...this.#ended } },
    };
  }

  /** Packages cannot be installed there: they are in the function's layer or image, or they are not. */
  #has(packages: PythonPackages | undefined): void {
    if (packages === undefined || this.#parts.packages === packages.key) return;
    throw new StepFailure(
      'Python.Unavailable',
      `this program has packages of its own (lock ${packages.key.slice(0, 12)}), which ${this.#parts.functionName} was deployed without: name the lock as "pythonLock" in the stage's settings`,
    );
  }

  async #invoke(request: PythonCall, archive?: string): Promise<JsonObject> {
    const { operation, payload, timeoutMs, signal } = request;
    const { client, functionName } = this.#parts;
    const context =
      typeof this.#parts.context === 'function' ? await this.#parts.context(request) : this.#parts.context;
    const event = { operation, payload, context, ...(archive === undefined ? {} : { archive }) };
    const body = Buffer.from(JSON.stringify(event));
    if (body.byteLength > PAYLOAD_BYTES)
      throw new StepFailure(
        'Input.Invalid',
        `${operation}: a function takes ${PAYLOAD_BYTES} bytes, got ${body.byteLength}: pass large values by reference`,
      );
    const late = timeoutMs === undefined ? null : AbortSignal.timeout(timeoutMs);
    const signals = [signal, late].filter((one) => one !== undefined && one !== null);
    try {
      const command = new InvokeCommand({ FunctionName: functionName, Payload: body });
      const answer = await client.send(command, signals.length === 0 ? {} : { abortSignal: AbortSignal.any(signals) });
      return answerOf(operation, answer);
    } catch (error) {
      if (error instanceof StepFailure) throw error;
      if (signal?.aborted === true) throw new StepFailure('Cancelled', 'the Python call was cancelled');
      if (late?.aborted === true)
        throw new StepFailure('Step.Timeout', `${operation} took longer than ${timeoutMs} ms in Python`);
      throw unavailable(error, functionName);
    }
  }
}

/** Said before any of the program's code has run, so the call may be made again. */
function wantsFiles({ failure }: JsonObject): boolean {
  return isJsonObject(failure ?? null) && asObject((failure as JsonObject).details).wanted === 'package';
}

/** The files of an adopted program as this process has them; a function that has unpacked them is not sent them. */
async function filesOf({ asks, payload, signal }: PythonCall): Promise<string> {
  const ask = asks?.package;
  if (ask === undefined) throw new StepFailure('Internal', 'Python wants the files of a program that has none');
  const answer = await ask(asObject(payload.package), signal ?? new AbortController().signal);
  const { archive } = asObject(answer);
  if (typeof archive !== 'string') throw new StepFailure('Internal', 'the files of this program were not found');
  return archive;
}

function asObject(value: Json | undefined): JsonObject {
  return isJsonObject(value ?? null) ? (value as JsonObject) : {};
}

function answerOf(operation: string, { FunctionError, Payload }: InvokeCommandOutput): JsonObject {
  const text = Buffer.from(Payload ?? []).toString('utf8');
  const value = parsed(text);
  if (FunctionError !== undefined) {
    const { errorType = FunctionError, errorMessage = '' } = isJsonObject(value) ? value : {};
    const said = `${String(errorType)} ${String(errorMessage)}`;
    for (const { is, as } of ENDS) if (is.test(said)) throw as(operation, String(errorType), String(errorMessage));
  }
  if (!isJsonObject(value))
    throw new StepFailure('Python.Crashed', `${operation}: the function answered no JSON object`);
  return value;
}

function unavailable(error: unknown, functionName: string): StepFailure {
  const fault = faultOf(error);
  if (fault !== null && isThrottled(fault))
    return new StepFailure('Python.Saturated', `${functionName}: too many of it run at the same time`, {
      details: { reason: 'pool_saturated' },
      retryAfterSeconds: 1,
      cause: error,
    });
  const known = asPortError(error, `invocation of ${functionName}`);
  const message = known instanceof Error ? known.message : String(known);
  return new StepFailure('Python.Unavailable', message, { cause: error });
}

function tellCall({ onCall }: PythonCall, told: Json): void {
  if (!isJsonObject(told) || !isJsonObject(told.call ?? null)) return;
  onCall?.(told.call as JsonObject, typeof told.part === 'number' ? told.part : undefined);
}

/** A failure as Python wrote it down. */
function asStepFailure({ name, message, ...rest }: Failure): StepFailure {
  return new StepFailure(name, message, rest);
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}
