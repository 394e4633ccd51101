import type { Json, JsonObject } from '#lib/base/json';
import type { LmParameters } from '#lib/lm/spec';
import type { FrozenLm } from '#lib/program/program';
import { ExactFloat } from '#lib/signature/exact-number';

/** DSPy's name of a setting -> ours. */
const SETTINGS: Record<string, keyof LmParameters> = {
  temperature: 'temperature',
  max_tokens: 'maxTokens',
  max_completion_tokens: 'maxTokens',
  top_p: 'topP',
  seed: 'seed',
  stop: 'stop',
};

/** What `LM.dump_state` writes for a model nobody set up specially; such members say nothing. */
const USUAL: JsonObject = {
  _dspy_lm_class: 'dspy.clients.lm.LM',
  model_type: 'chat',
  cache: true,
  num_retries: 3,
  finetuning_model: null,
  launch_kwargs: {},
  train_kwargs: {},
};

/** A model as a version can hold it, and the names of the members it cannot. Values are not named: they may be secret. */
export function lmFromState(state: JsonObject): { lm: FrozenLm | undefined; lost: string[] } {
  const defaults: Record<string, unknown> = {};
  const lost: string[] = [];
  for (const [name, value] of Object.entries(state)) {
    if (name === 'model' || value === null) continue;
    const ours = SETTINGS[name];
    if (ours === 'stop' && typeof value === 'string') defaults.stop = [value];
    else if (ours !== undefined && fits(ours, value)) defaults[ours] = value;
    else if (JSON.stringify(USUAL[name]) !== JSON.stringify(value)) lost.push(name);
  }
  const { model } = state;
  const slash = typeof model === 'string' ? model.indexOf('/') : -1;
  if (typeof model !== 'string' || slash <= 0 || slash === model.length - 1) return { lm: undefined, lost };
  return { lm: { provider: model.slice(0, slash), model: model.slice(slash + 1), defaults }, lost };
}

function fits(name: keyof LmParameters, value: unknown): boolean {
  return name === 'stop'
    ? Array.isArray(value) && value.every((item) => typeof item === 'string')
    : typeof value === 'number' && Number.isFinite(value);
}

/**
 * The model as `dspy.LM.dump_state` writes it, in its order; `base` is what was saved before, whose other members are
 * kept.
 */
export function lmToState(lm: FrozenLm, base?: Record<string, unknown> | null): Record<string, unknown> {
  const { finetuning_model, launch_kwargs, train_kwargs, ...first } = { ...USUAL, ...base };
  const others = Object.entries(first).filter(([name]) => !Object.hasOwn(SETTINGS, name));
  const { _dspy_lm_class, model: _, model_type, cache, num_retries, ...own } = Object.fromEntries(others);
  return {
    _dspy_lm_class,
    model: `${lm.provider}/${lm.model}`,
    ...{ model_type, cache, num_retries },
    ...{ temperature: null, max_tokens: null },
    ...floats(lmKeywords(lm.defaults ?? {})),
    ...own,
    ...{ finetuning_model, launch_kwargs, train_kwargs },
  };
}

/** In Python these are floats, so they are written as such: `0.0`. */
function floats({ temperature, top_p, ...rest }: JsonObject): Record<string, unknown> {
  const exact = (value: Json | undefined) => (typeof value === 'number' ? new ExactFloat(value) : undefined);
  const both = { temperature: exact(temperature), ...rest, top_p: exact(top_p) };
  return Object.fromEntries(Object.entries(both).filter(([, value]) => value !== undefined));
}

/** Settings by DSPy's names, as keyword arguments of `dspy.LM` and `dspy.Predict`. */
export function lmKeywords({ temperature, maxTokens, topP, seed, stop }: LmParameters): JsonObject {
  const all = { temperature, max_tokens: maxTokens, top_p: topP, seed, stop };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as JsonObject;
}
