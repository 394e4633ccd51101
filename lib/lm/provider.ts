import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { LanguageModelSettings } from './spec.ts';

/**
 * A provider is a function from settings to an AI SDK language model, so any `@ai-sdk/*` package plugs in. It is asked
 * once per distinct settings; the secret is read at each call.
 */
export type Provider = (settings: LanguageModelSettings, context: ProviderContext) => Promise<LanguageModelV4>;

export interface ProviderContext {
  /** The value behind `reference`; null when there is none. What was read is redacted from every error of this model. */
  secret(reference: string): Promise<string | null>;
}

/** By the name settings use: `openai`, `embedded`. There is no fallback: an unknown name is an error. */
export type Providers = Readonly<Record<string, Provider>>;

/**
 * What our own providers may tell beyond the AI SDK's result, in `providerMetadata.dspex`: their own measure of the
 * duration (without waiting for a turn), and whether the answer is made up.
 */
export interface OwnMetadata {
  durationMs?: number;
  simulated?: boolean;
}
