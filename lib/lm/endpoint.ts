import type { LanguageModelSettings } from './spec.ts';

/**
 * Where a model's calls really go when that is not its provider's own address: what its settings say, else
 * `OPENAI_BASE_URL`. A model somewhere else is another model: it has its own answers, and no listed price.
 */
export function endpointOf(settings: LanguageModelSettings, env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (settings.endpoint !== undefined || settings.provider !== 'openai') return settings.endpoint;
  if (env !== process.env) return env.OPENAI_BASE_URL || undefined;
  // A look into the process's environment costs a microsecond, and a call looks three times.
  const known = found.get(settings);
  if (known !== undefined) return known.endpoint;
  const endpoint = env.OPENAI_BASE_URL || undefined;
  found.set(settings, { endpoint });
  return endpoint;
}

const found = new WeakMap<LanguageModelSettings, { endpoint: string | undefined }>();
