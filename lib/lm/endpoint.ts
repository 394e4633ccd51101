import type { LanguageModelSettings } from './spec.ts';

/**
 * Where a model's calls really go when that is not its provider's own address: what its settings say, else
 * `OPENAI_BASE_URL`. A model somewhere else is another model: it has its own answers, and no listed price.
 */
export function endpointOf(settings: LanguageModelSettings, env: NodeJS.ProcessEnv = process.env): string | undefined {
  return settings.endpoint ?? (settings.provider === 'openai' ? env.OPENAI_BASE_URL || undefined : undefined);
}
