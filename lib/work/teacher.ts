import { DspexError } from '#lib/base/errors';
import type { Acting } from '#lib/kernel/kernel';
import { modelFromId } from '#lib/lm/registry';
import type { LanguageModelSettings } from '#lib/lm/spec';
import type { ProgramVersionBody } from '#lib/program/program';
import { type LanguageModelRecord, settingsOf } from '#lib/resources/language-model/settings';
import type { Models } from './models.ts';

/**
 * The model that writes and shows how it is done: named in the strategy's configuration, one of the program's by its
 * name there, else a LanguageModel of the workspace, else `provider/model`. Without a name it is the program's own.
 */
export async function teacherOf(
  config: { teacher?: unknown },
  body: Pick<ProgramVersionBody, 'lms' | 'graph'>,
  models: Models,
  acting: Acting,
): Promise<LanguageModelSettings> {
  const { teacher } = config;
  const own = typeof teacher === 'string' ? teacher : (body.graph.defaults?.lm ?? 'default');
  if (Object.hasOwn(body.lms, own)) return models.named(own, body.lms[own]);
  if (typeof teacher === 'string') {
    const record = await acting.find<LanguageModelRecord>('LanguageModel', teacher).catch((error: unknown) => {
      if (DspexError.is(error) && error.status === 404) return null;
      throw error;
    });
    return record === null ? modelFromId(teacher) : settingsOf(record);
  }
  const [first] = Object.entries(body.lms);
  return models.named(first?.[0], first?.[1]);
}

/** The same models, all of them played by one. */
export const allPlayedBy = (teacher: LanguageModelSettings, models: Models): Models => ({
  ...models,
  named: () => teacher,
});
