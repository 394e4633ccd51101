import { DspexError } from '#lib/base/errors';
import { StepFailure } from '#lib/base/failure';
import type { Acting } from '#lib/kernel/kernel';
import { modelFromId } from '#lib/lm/registry';
import type { LanguageModelSettings } from '#lib/lm/spec';
import type { FrozenLm, ProgramVersionBody } from '#lib/program/program';
import { type LanguageModelRecord, settingsOf } from '#lib/resources/language-model/settings';

/** The models of a program and of the programs it calls, which may use one name for different models. */
export interface Models {
  /** The settings behind a name; `frozen` says which program's model of that name is meant. */
  named(name: string | undefined, frozen: FrozenLm | undefined): LanguageModelSettings;
  add(version: Frozen): Promise<void>;
}

/** What a version knows of its models: `origin` says which LanguageModel a name stood for when it was published. */
export type Frozen = Pick<ProgramVersionBody, 'lms' | 'origin'>;

/**
 * The settings behind each model name of a version: provider, model and defaults as the version froze them; endpoint,
 * secret, limits and price as the LanguageModel behind it has them now, wherever the version came from one; else as the
 * workspace's LanguageModel of that very name.
 */
export async function modelsOf(version: Frozen, acting: Acting): Promise<Models> {
  const settings = new Map<string, LanguageModelSettings>();
  const models: Models = {
    named: (name, frozen) => {
      const found = frozen === undefined ? undefined : settings.get(keyOf(name, frozen));
      if (found !== undefined) return found;
      const there = [...settings.keys()].map((key) => key.split(' ')[0]).join(', ');
      throw new StepFailure('Model.Unavailable', `the version has no model "${name ?? 'default'}"; it has [${there}]`);
    },
    add: async ({ lms, origin }) => {
      for (const [name, frozen] of Object.entries(lms)) {
        const own = modelFromId(`${frozen.provider}/${frozen.model}`);
        const now = await present([origin[`lms/${name}`]?.split('@')[0], name], own.provider, acting);
        const defaults = frozen.defaults ?? {};
        settings.set(keyOf(name, frozen), { ...own, ...now, provider: own.provider, model: own.model, defaults });
      }
    },
  };
  await models.add(version);
  return models;
}

const keyOf = (name: string | undefined, { provider, model }: FrozenLm): string =>
  `${name ?? 'default'} ${provider}/${model}`;

/** The first of these LanguageModels, by id or name, that is there. */
async function present(
  nameOrIds: readonly (string | undefined)[],
  provider: string,
  acting: Acting,
): Promise<Partial<LanguageModelSettings>> {
  for (const nameOrId of nameOrIds) {
    if (nameOrId === undefined) continue;
    const record = await acting.find<LanguageModelRecord>('LanguageModel', nameOrId).catch((error: unknown) => {
      if (DspexError.is(error) && error.status === 404) return null;
      throw error;
    });
    if (record === null) continue;
    const settings = settingsOf(record);
    // The name has been given to another provider since: its endpoint and key are not this model's.
    return settings.provider === provider ? settings : {};
  }
  return {};
}
