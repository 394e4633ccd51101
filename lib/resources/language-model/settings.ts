import { modelFromId } from '#lib/lm/registry';
import type { LanguageModelSettings, LmParameters } from '#lib/lm/spec';

/** A LanguageModel record as far as a call needs it. */
export interface LanguageModelRecord {
  id: string;
  name: string;
  model: string;
  endpoint: string | null;
  secretRef: string | null;
  defaults: Stored<LmParameters>;
  priceOverride: { inputNanoUsdPerToken: number; outputNanoUsdPerToken: number } | null;
  limits: Stored<NonNullable<LanguageModelSettings['limits']>>;
}

// A decoded optional member may be present and undefined.
type Stored<T> = { [K in keyof T]?: T[K] | undefined };

/** `openai/gpt-4o-mini` is provider `openai`, model `gpt-4o-mini`; a model id may itself hold slashes. What a version freezes. */
export function splitModelId(id: string): { provider: string; model: string } {
  const slash = id.indexOf('/');
  return { provider: id.slice(0, slash), model: id.slice(slash + 1) };
}

export function settingsOf(record: LanguageModelRecord): LanguageModelSettings {
  return {
    ...modelFromId(record.model),
    defaults: defined(record.defaults),
    limits: defined(record.limits),
    ...(record.endpoint === null ? {} : { endpoint: record.endpoint }),
    ...(record.secretRef === null ? {} : { secretRef: record.secretRef }),
    ...(record.priceOverride === null ? {} : { priceOverride: record.priceOverride }),
  };
}

/** Without the members that are undefined. */
export function defined<T extends object>(value: Stored<T>): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
