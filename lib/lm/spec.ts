import type { Json, JsonObject } from '#lib/base/json';
import type { Purse } from './budget/purse.ts';

/** What an adapter renders and a provider receives; OpenAI's chat shape, which is also what DSPy's adapters make. */
export interface Message {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: string | ContentPart[];
  /** On an assistant turn: the calls it asked for, in OpenAI's shape. */
  tool_calls?: JsonObject[];
  /** On a tool turn: the call this answers. */
  tool_call_id?: string;
}
export type ContentPart = { type: 'text'; text: string } | { type: string; [key: string]: Json };

/** Sampling settings by DSPy's meaning; a setting that is absent is not sent. */
export interface LmParameters {
  temperature?: number;
  maxTokens?: number;
  topP?: number;
  stop?: string[];
  seed?: number;
  /**
   * What inputs of this module usually look like, by field and without answers. A model that weighs options against its own
   * bias measures the bias on them; no wire carries them, and other models read nothing of them.
   */
  typicalInputs?: Record<string, string>[];
}

export type ResponseFormat =
  | { type: 'json_object' }
  | { type: 'json_schema'; name: string; schema: JsonObject; strict: boolean };

/** A configured model as a call sees it. Secrets are named, never held. */
export interface LanguageModelSettings {
  /** `openai`, `anthropic`, `bedrock`, `embedded`, `scripted`. */
  provider: string;
  model: string;
  endpoint?: string;
  secretRef?: string;
  defaults?: LmParameters;
  /** Nano-USD per token, exact (fractions allowed); overrides the price table. */
  priceOverride?: { inputNanoUsdPerToken: number; outputNanoUsdPerToken: number };
  limits?: { concurrency?: number; timeoutSeconds?: number; maxRetries?: number };
}

export interface LmRequest {
  workspaceId: string;
  model: LanguageModelSettings;
  messages: readonly Message[];
  parameters: LmParameters;
  responseFormat?: ResponseFormat;
  tools?: JsonObject[];
  /** Numbers repeated draws of one prompt (DSPy's `rollout_id`); part of the cache key, never sent. Default 0. */
  sample?: number;
  /** `false` neither reads nor writes the cache. Default true. */
  cache?: boolean;
  timeoutSeconds?: number;
  /** Pays for each try that reaches a provider; without it nobody asks. */
  purse?: Purse;
  signal?: AbortSignal;
  /** Called with each piece of text as it arrives; on a cache hit once, with all of it. */
  onDelta?: (text: string) => void;
}

export interface LmUsage {
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens?: number;
}

export interface LmAnswer {
  text: string;
  finishReason: 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'other';
  toolCalls?: JsonObject[];
  usage: LmUsage;
  /** What the original call cost, also on a hit; `null` when no price is known, never 0 for lack of one. */
  costNanoUsd: number | null;
  /** The price table (and its version) `costNanoUsd` was computed with. */
  priceVersion: string | null;
  /** What was paid now: 0 on a hit. */
  spentNanoUsd: number | null;
  /** Where the answer came from. `flight` = another identical call under way. */
  source: 'provider' | 'memory' | 'store' | 'flight';
  /** How long the provider took originally, also on a hit. */
  durationMs: number;
  /** The cache key, by which a call is recognised wherever it is recorded. */
  key: string;
  /** Provider calls made for this answer now, retries included: 0 on a hit. */
  attempts: number;
  /** True when no model wrote this: a scripted stand-in did. Kept on a hit, so that no output can hide it. */
  simulated?: boolean;
}

/** The one door to the models. Throws StepFailure (`Model.*`, `Step.Timeout`, `Cancelled`, `Budget.Exceeded`). */
export interface Gateway {
  complete(request: LmRequest): Promise<LmAnswer>;
}
