import type { Json } from '#lib/base/json';
import { endpointOf } from '#lib/lm/endpoint';
import type { LanguageModelSettings } from '#lib/lm/spec';
import type { FrozenLm } from '#lib/program/program';
import type { Models } from './models.ts';

/** What of a model's settings can change an answer: not its limits, its secret or its price. */
export function identity({ provider, model, defaults, ...settings }: LanguageModelSettings): Json {
  const endpoint = endpointOf({ provider, model, ...settings }) ?? null;
  return { provider, model, endpoint, defaults: { ...(defaults as { [key: string]: Json }) } };
}

/** The same of a model by its name in a program; null where the program has none of that name. */
export function identityOf(models: Models, name: string | undefined, frozen: FrozenLm | undefined): Json {
  return frozen === undefined ? null : identity(models.named(name, frozen));
}
