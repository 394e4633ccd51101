import type { LanguageModelV4Usage } from '@ai-sdk/provider';
import type { LmUsage } from './spec.ts';

/** Token counts as the gateway keeps them; what a provider does not report counts 0. */
export function usageOf(usage: LanguageModelV4Usage): LmUsage {
  const { inputTokens, outputTokens } = usage;
  const cached = inputTokens.cacheRead;
  return {
    inputTokens: inputTokens.total ?? 0,
    outputTokens: outputTokens.total ?? 0,
    ...(cached === undefined || cached === 0 ? {} : { cachedInputTokens: cached }),
  };
}

/** The AI SDK's shape from plain counts. */
export function sdkUsage(usage: Partial<LmUsage>): LanguageModelV4Usage {
  const { inputTokens, outputTokens, cachedInputTokens } = usage;
  const noCache = inputTokens === undefined ? undefined : inputTokens - (cachedInputTokens ?? 0);
  return {
    inputTokens: { total: inputTokens, noCache, cacheRead: cachedInputTokens, cacheWrite: undefined },
    outputTokens: { total: outputTokens, text: outputTokens, reasoning: undefined },
  };
}
