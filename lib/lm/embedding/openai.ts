import type { EmbeddingModelV4 } from '@ai-sdk/provider';
import { StepFailure } from '#lib/base/failure';
import { isJsonObject, type Json } from '#lib/base/json';
import { errorReply, parseObject } from '../openai/reply.ts';
import { post, readText, targetOf } from '../openai/transport.ts';
import type { EmbeddingProviders } from './spec.ts';

const PUBLIC_ENDPOINT = 'https://api.openai.com/v1';
const DEFAULT_SECRET = 'env:OPENAI_API_KEY';
const MAX_BATCH = 128;

/** `POST /embeddings` of OpenAI and of whatever speaks its protocol; endpoint and key as for its chat models. */
export function openaiEmbeddings(env: NodeJS.ProcessEnv = process.env): NonNullable<EmbeddingProviders[string]> {
  return async (settings, { secret }): Promise<EmbeddingModelV4> => {
    const base = settings.endpoint ?? (env.OPENAI_BASE_URL || PUBLIC_ENDPOINT);
    if (!URL.canParse(base)) throw new StepFailure('Model.Refused', `the endpoint ${JSON.stringify(base)} is no URL`);
    const target = targetOf(new URL(`${base.replace(/\/+$/u, '')}/embeddings`));
    const reference = settings.secretRef ?? (settings.endpoint === undefined ? DEFAULT_SECRET : null);
    return {
      specificationVersion: 'v4',
      provider: 'openai',
      modelId: settings.model,
      maxEmbeddingsPerCall: MAX_BATCH,
      supportsParallelCalls: true,
      async doEmbed({ values, abortSignal }) {
        const key = reference === null ? null : await secret(reference);
        if (key === null && (settings.secretRef !== undefined || base === PUBLIC_ENDPOINT))
          throw new StepFailure('Model.Refused', `there is no secret ${reference} to call ${settings.model} with`);
        const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
        const body = JSON.stringify({ model: settings.model, input: values, encoding_format: 'float' });
        const reply = await post(target, headers, body, abortSignal);
        const text = await readText(reply.body, abortSignal);
        if (reply.status !== 200) throw errorReply(reply.status, reply.headers, text);
        const { data, usage } = parseObject(text);
        const tokens = isJsonObject(usage) && typeof usage.prompt_tokens === 'number' ? usage.prompt_tokens : 0;
        return { embeddings: vectorsOf(data), usage: { tokens }, warnings: [] };
      },
    };
  };
}

/** In the order of `index`, which servers need not keep. */
function vectorsOf(data: Json | undefined): number[][] {
  const rows = Array.isArray(data) ? data.filter(isJsonObject) : [];
  const vectors: number[][] = [];
  for (const [i, { index, embedding }] of rows.entries()) {
    if (!Array.isArray(embedding) || !embedding.every((value) => typeof value === 'number'))
      throw new StepFailure('Model.Transient', 'the reply is no list of embeddings');
    vectors[typeof index === 'number' ? index : i] = embedding;
  }
  return vectors;
}
