import { DspexError } from '#lib/base/errors';
import { StepFailure } from '#lib/base/failure';
import type { Acting } from '#lib/kernel/kernel';
import { modelFromId } from '#lib/lm/registry';
import type { LanguageModelSettings } from '#lib/lm/spec';
import type { FrozenLm } from '#lib/program/program';
import { type LanguageModelRecord, settingsOf } from '#lib/resources/language-model/settings';

export type ModelByName = (name: string | undefined) => LanguageModelSettings;

/**
 * The settings behind each model name of a version: provider, model and defaults as the version froze them; endpoint,
 * secret, limits and price as the workspace's LanguageModel of that name has them now.
 */
export async function modelsOf(lms: Record<string, FrozenLm>, acting: Acting): Promise<ModelByName> {
  const settings = new Map<string, LanguageModelSettings>();
  for (const [name, frozen] of Object.entries(lms)) {
    const own = modelFromId(`${frozen.provider}/${frozen.model}`);
    const now = await present(name, own.provider, acting);
    settings.set(name, { ...own, ...now, provider: own.provider, model: own.model, defaults: frozen.defaults ?? {} });
  }
  return (name) => {
    const found = settings.get(name ?? 'default') ?? (name === undefined ? settings.values().next().value : undefined);
    if (found === undefined) {
      throw new StepFailure(
        'Model.Unavailable',
        `the version has no model "${name ?? 'default'}"; it has [${[...settings.keys()].join(', ')}]`,
      );
    }
    return found;
  };
}

async function present(name: string, provider: string, acting: Acting): Promise<Partial<LanguageModelSettings>> {
  const record = await acting.find<LanguageModelRecord>('LanguageModel', name).catch((error: unknown) => {
    if (DspexError.is(error) && error.status === 404) return null;
    throw error;
  });
  if (record === null) return {};
  const settings = settingsOf(record);
  // The name has been given to another provider since: its endpoint and key are not this model's.
  return settings.provider === provider ? settings : {};
}
