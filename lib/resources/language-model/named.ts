import { DspexError } from '#lib/base/errors';
import { modelFromId } from '#lib/lm/registry';
import type { LanguageModelSettings } from '#lib/lm/spec';
import type { Context } from '../define.ts';
import { type LanguageModelRecord, settingsOf } from './settings.ts';

/** The workspace's LanguageModel of that name or id, else `provider/model`; throws InvalidInput when it is neither. */
export async function modelNamed(name: string, { find }: Pick<Context, 'find'>): Promise<LanguageModelSettings> {
  try {
    return settingsOf(await find<LanguageModelRecord>('LanguageModel', name));
  } catch (error) {
    if (!DspexError.is(error) || error.status !== 404) throw error;
    return modelFromId(name);
  }
}
