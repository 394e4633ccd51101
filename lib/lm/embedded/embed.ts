import type { LlamaEmbeddingContext, LlamaModel } from './llama.ts';

// A passage of a corpus; the context costs memory only once somebody embeds.
const CONTEXT_TOKENS = 1024;

/** Vectors of texts by the model's own hidden state, one text after the other: the runtime has one place for it. */
export function createEmbedder(model: LlamaModel) {
  let opening: Promise<LlamaEmbeddingContext> | null = null;
  let last: Promise<unknown> = Promise.resolve();
  return async (
    texts: readonly string[],
    signal?: AbortSignal,
  ): Promise<{ vectors: number[][]; inputTokens: number }> => {
    const work = async () => {
      opening ??= model.createEmbeddingContext({ contextSize: CONTEXT_TOKENS, threads: 1 });
      const context = await opening;
      const vectors: number[][] = [];
      let inputTokens = 0;
      for (const text of texts) {
        signal?.throwIfAborted();
        const tokens = model.tokenize(text, false).slice(0, CONTEXT_TOKENS - 2);
        inputTokens += tokens.length;
        vectors.push([...(await context.getEmbeddingFor(tokens)).vector]);
      }
      return { vectors, inputTokens };
    };
    const turn = last.then(work, work);
    last = turn.catch(() => {});
    return turn;
  };
}
