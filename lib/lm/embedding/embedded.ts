import type { EmbeddingModelV4 } from '@ai-sdk/provider';
import { StepFailure } from '#lib/base/failure';
import type { Embedded } from '../embedded/embedded.ts';
import { embeddedModelId } from '../embedded/wheel.ts';
import type { EmbeddingProviders } from './spec.ts';

/** The embedded model as an embedder: no key, no server, no cost. It was made to talk, so its vectors are rough. */
export function embeddedEmbeddings(
  open: () => Promise<Pick<Embedded, 'embed'>>,
  env: NodeJS.ProcessEnv = process.env,
): NonNullable<EmbeddingProviders[string]> {
  return async ({ model }): Promise<EmbeddingModelV4> => {
    const here = embeddedModelId(env);
    if (model !== here) throw new StepFailure('Model.Unavailable', `the embedded model here is ${here}, not ${model}`);
    return {
      specificationVersion: 'v4',
      provider: 'embedded',
      modelId: here,
      maxEmbeddingsPerCall: 16,
      supportsParallelCalls: false,
      doEmbed: async ({ values, abortSignal }) => {
        const { vectors, inputTokens } = await (await open()).embed(values, abortSignal);
        return { embeddings: vectors, usage: { tokens: inputTokens }, warnings: [] };
      },
    };
  };
}
