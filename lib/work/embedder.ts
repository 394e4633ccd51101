import { DspexError } from '#lib/base/errors';
import { StepFailure } from '#lib/base/failure';
import { checksum } from '#lib/base/hash';
import type { Acting } from '#lib/kernel/kernel';
import type { Embeddings } from '#lib/lm/embedding/spec';
import { modelFromId } from '#lib/lm/registry';
import type { LanguageModelSettings } from '#lib/lm/spec';
import { type LanguageModelRecord, settingsOf } from '#lib/resources/language-model/settings';
import type { CorporaHome } from './corpora.ts';

/** Embeds for corpora: the embedder is a LanguageModel's name or `provider/model`, read as it is now. */
export function embedderOf(
  embeddings: Embeddings,
  acting: (workspaceId: string) => Pick<Acting, 'find'>,
): CorporaHome['embed'] {
  return async (workspaceId, embedder, texts, signal, purse) => {
    const model = await settingsNamed(embedder, acting(workspaceId));
    const answer = await embeddings.embed({
      ...{ workspaceId, model, texts },
      ...(signal === undefined ? {} : { signal }),
      ...(purse === undefined ? {} : { purse }),
    });
    const { vectors, usage, costNanoUsd, spentNanoUsd, priceVersion, durationMs, attempts, asked } = answer;
    return {
      vectors,
      call: {
        key: checksum({ embedding: true, model: model.model, texts }),
        model: `${model.provider}/${model.model}`,
        source: asked > 0 ? 'provider' : 'store',
        ...{ usage, costNanoUsd, spentNanoUsd, priceVersion, durationMs, attempts, sample: 0 },
      },
    };
  };
}

async function settingsNamed(embedder: string, acting: Pick<Acting, 'find'>): Promise<LanguageModelSettings> {
  try {
    return settingsOf(await acting.find<LanguageModelRecord>('LanguageModel', embedder));
  } catch (error) {
    if (!DspexError.is(error) || error.status !== 404) throw error;
  }
  try {
    return modelFromId(embedder);
  } catch (error) {
    throw new StepFailure('Model.Unavailable', `there is no embedder "${embedder}": ${(error as Error).message}`);
  }
}
