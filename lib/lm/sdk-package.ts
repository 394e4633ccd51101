import type { LanguageModelV4 } from '@ai-sdk/provider';
import { StepFailure } from '#lib/base/failure';

/** Loads an optional AI SDK package when it is first used, or says how to get it. */
export async function loadPackage<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    const why = missing ? 'is not installed: run `npm install' : 'could not be loaded: run `npm install';
    throw new StepFailure('Model.Unavailable', `the package ${name} ${why} ${name}\``, { cause: error });
  }
}

/**
 * A model that is made anew when its secret changes, and not otherwise: AI SDK packages take the key when a model is
 * made, and we promise to read it at each call.
 */
export function perSecret(
  modelId: string,
  provider: string,
  secret: () => Promise<string | null>,
  make: (secret: string | null) => LanguageModelV4,
): LanguageModelV4 {
  let made: { secret: string | null; model: LanguageModelV4 } | null = null;
  const current = async () => {
    const value = await secret();
    if (made === null || made.secret !== value) made = { secret: value, model: make(value) };
    return made.model;
  };
  return {
    specificationVersion: 'v4',
    provider,
    modelId,
    supportedUrls: { 'image/*': [/^https:/u] },
    doGenerate: async (options) => (await current()).doGenerate(options),
    doStream: async (options) => (await current()).doStream(options),
  };
}
