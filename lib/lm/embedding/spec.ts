import type { EmbeddingModelV4 } from '@ai-sdk/provider';
import type { Purse } from '../budget/purse.ts';
import type { ProviderContext } from '../provider.ts';
import type { LanguageModelSettings, LmUsage } from '../spec.ts';

export interface EmbedRequest {
  workspaceId: string;
  /** The model that embeds; its `defaults` mean nothing here. */
  model: LanguageModelSettings;
  texts: readonly string[];
  timeoutSeconds?: number;
  /** Pays for every try of a batch; absent, nothing is drawn. */
  purse?: Purse;
  signal?: AbortSignal;
}

export interface EmbedAnswer {
  /** One vector a text, in order, all of one length. */
  vectors: Float32Array[];
  /** What the vectors took originally, those from the cache included. */
  usage: LmUsage;
  costNanoUsd: number | null;
  /** What was paid now. */
  spentNanoUsd: number | null;
  priceVersion: string | null;
  /** Texts that were not in the cache. */
  asked: number;
  /** Calls of the provider made now, retries included. */
  attempts: number;
  durationMs: number;
}

/** Texts to vectors, each text paid for once. Throws StepFailure. */
export interface Embeddings {
  embed(request: EmbedRequest): Promise<EmbedAnswer>;
  /** Writes the vectors that still wait for their group. */
  flush(): Promise<void>;
}

/** By the provider's name, as for language models. */
export type EmbeddingProviders = Readonly<
  Record<string, (settings: LanguageModelSettings, context: ProviderContext) => Promise<EmbeddingModelV4>>
>;
