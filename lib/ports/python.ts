import type { FailureName } from '#lib/base/failure';
import type { Json, JsonObject } from '#lib/base/json';

/**
 * Where Python runs: worker processes beside this one, or a function elsewhere. Operations are named by the host in
 * `python-lambda/dspex_host/operations`; a payload and a result are JSON.
 */
export interface Python {
  /**
   * Throws StepFailure: `Python.Unavailable` (no Python here, and why), `Python.Saturated` (queue full or waited too
   * long; `details.reason` is `pool_saturated` or `queue_timeout`), `Python.Crashed` (the process died), `Python.Raised`
   * (the code raised; `details.type` is the exception's class), `Module.Unsupported`, `Step.Timeout`, `Cancelled`, or
   * what a model call it made failed with.
   */
  call(request: PythonCall): Promise<JsonObject>;
  status(): PythonStatus;
}

export interface PythonCall {
  /** `describe`, `health`, `run_module`, ... */
  operation: string;
  payload: JsonObject;
  /** From the moment a worker begins; a worker that is late is killed. Absent = the runtime's own limit. */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** What the operation tells while it runs. */
  onProgress?: (progress: Json) => void;
  /** Answers the model calls of this operation; without it they fail with `Model.Unavailable`. */
  lm?: PythonLm;
  /** Where `lm` cannot be called back (a function elsewhere): for whom the operation asks, and which models by which names. */
  mandate?: { workspaceId: string; models(): { [name: string]: JsonObject } };
  /** Told of the model calls that were made under the mandate, as the gateway recorded them. */
  onCall?: (call: JsonObject, part: number | undefined) => void;
  /** Answers whatever else this operation asks, by kind: `tool`, `reward`. */
  asks?: { [kind: string]: PythonAsk };
  /** How long it may wait for a worker. Absent = the runtime's own limit, which is short: a caller may be waiting, too. */
  waitMs?: number;
  /** Packages it needs beside the runtime's own. Throws `Python.Unavailable` where they cannot be had. */
  packages?: PythonPackages;
  /** The operation may be begun again when its process dies under it: its only effects are model calls. Default false. */
  repeatable?: boolean;
}

/** A hashed lock (`name==version --hash=sha256:...`); calls of one key share an environment. */
export interface PythonPackages {
  /** SHA-256 of the lock. */
  key: string;
  lock(): Promise<string>;
}

/** Python's door to the models. Throws StepFailure, which Python sees as an exception of DSPy's own. */
export type PythonLm = (request: PythonLmRequest, signal: AbortSignal) => Promise<PythonLmAnswer>;

/** Throws StepFailure, which the operation sees as an exception. */
export type PythonAsk = (request: JsonObject, signal: AbortSignal) => Promise<Json>;

/** One model call as DSPy makes it, in OpenAI's words; `sample` is DSPy's `rollout_id`. */
export interface PythonLmRequest {
  /** What the LM object was made with: a name of the caller's, or what a user's own `dspy.LM("openai/...")` says. */
  model: string;
  messages: JsonObject[];
  /** Sampling settings by OpenAI's names (`max_tokens`, `top_p`, ...); absent ones are the model's defaults. */
  parameters: JsonObject;
  /** `{type: 'json_object'}` or `{type: 'json_schema', json_schema: {name, schema, strict}}`. */
  responseFormat?: JsonObject;
  tools?: JsonObject[];
  sample: number;
  /** `false` when the program switched the cache off for this call. */
  cache: boolean;
  /** The predictor that asks, by its path in the program (`generate.predict`), where it is known. */
  predictor?: string;
  /** The number of the part it belongs to, where the operation tells parts (progress `{part: {id, ...}}`). */
  part?: number;
}

export interface PythonLmAnswer {
  text: string;
  finishReason: string;
  toolCalls?: JsonObject[];
  usage: { inputTokens: number; outputTokens: number };
  costNanoUsd: number | null;
}

export interface PythonStatus {
  /** `cold`: nothing was asked of it yet. `preparing`: the environment is being made. */
  state: 'cold' | 'preparing' | 'ready' | 'unavailable' | 'closed';
  /** Why it is unavailable. */
  reason?: string;
  workers: { starting: number; idle: number; busy: number };
  queued: number;
  /** Since the start: calls made, worker processes begun, and how many of those were ended or lost, by reason. */
  counts: { calls: number; started: number; ended: { [reason: string]: number } };
}

/** What a call over this port may fail with besides the failures of its model calls. */
export const PYTHON_FAILURES = [
  'Python.Unavailable',
  'Python.Saturated',
  'Python.Crashed',
  'Python.Raised',
  'Module.Unsupported',
] as const satisfies readonly FailureName[];
