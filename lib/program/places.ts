import { isJsonObject, type Json } from '#lib/base/json';
import type { LmParameters } from '#lib/lm/spec';
import type { ModuleSpec } from '#lib/module/spec';
import type { AdapterName } from './node.ts';
import type { Place } from './place.ts';
import { predictorPlace } from './predictor-place.ts';

const number = (key: keyof LmParameters, wants: string, fits: (value: number) => boolean): Place => ({
  wants,
  apply: (spec, value) =>
    typeof value === 'number' && fits(value) ? { ...spec, config: { ...spec.config, [key]: value } } : undefined,
});
const isStringList = (value: Json): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
const ADAPTERS: readonly AdapterName[] = ['chat', 'json', 'xml'];
const IMPLEMENTATIONS: readonly ModuleSpec['implementation'][] = ['native', 'python', 'hybrid'];

/** Goes first: the other places are places of the module chosen here. */
const MODULE: Place = {
  wants: 'the name of a module of the program',
  apply: (_spec, value, { modules }) =>
    typeof value === 'string' && Object.hasOwn(modules, value) ? modules[value] : undefined,
};
const temperature = number('temperature', 'a number of at least 0', (value) => value >= 0);
const maxTokens = number('maxTokens', 'a whole number above 0', (value) => Number.isInteger(value) && value > 0);
const topP = number('topP', 'a number in (0, 1]', (value) => value > 0 && value <= 1);

const PLACES: Readonly<Record<string, Place>> = {
  module: MODULE,
  lm: {
    wants: 'the name of a language model of the program',
    apply: (spec, value, { lms }) =>
      typeof value === 'string' && Object.hasOwn(lms, value) ? { ...spec, lm: value } : undefined,
  },
  'lm.temperature': temperature,
  'lm.maxTokens': maxTokens,
  'lm.max_tokens': maxTokens,
  'lm.topP': topP,
  'lm.top_p': topP,
  'lm.seed': number('seed', 'a whole number', Number.isInteger),
  'lm.stop': {
    wants: 'a list of texts',
    apply: (spec, value) => (isStringList(value) ? { ...spec, config: { ...spec.config, stop: value } } : undefined),
  },
  adapter: {
    wants: 'chat, json or xml',
    apply: (spec, value) => {
      const adapter = ADAPTERS.find((name) => name === value);
      return adapter && { ...spec, adapter };
    },
  },
  implementation: {
    wants: 'native, python or hybrid',
    apply: (spec, value) => {
      const implementation = IMPLEMENTATIONS.find((name) => name === value);
      return implementation && { ...spec, implementation };
    },
  },
  instructions: {
    wants: 'a text',
    apply: (spec, value) =>
      typeof value === 'string' ? { ...spec, signature: { ...spec.signature, instructions: value } } : undefined,
  },
  'instructions.prefix': {
    wants: 'a text',
    apply: (spec, value) => (typeof value === 'string' ? around(spec, value, 'before') : undefined),
  },
  'instructions.suffix': {
    wants: 'a text',
    apply: (spec, value) => (typeof value === 'string' ? around(spec, value, 'after') : undefined),
  },
  demos: {
    wants: 'a list of demos, each an object of field values',
    apply: (spec, value) => (Array.isArray(value) && value.every(isJsonObject) ? { ...spec, demos: value } : undefined),
  },
};

/** The names of all places, as an error lists them. */
export const PLACE_NAMES = [...Object.keys(PLACES), 'predictors.<name>.<one of lm, adapter, instructions, demos>'];

const known = new Map<string, Place | undefined>();

/** `lm.temperature`, `predictors.react.instructions`; undefined for any other text. */
export function placeNamed(name: string): Place | undefined {
  if (Object.hasOwn(PLACES, name)) return PLACES[name];
  if (!known.has(name)) {
    if (known.size > 1000) known.clear();
    known.set(name, predictorPlace(name, PLACES));
  }
  return known.get(name);
}

// What replaces the whole goes before what changes a part of it, and a module's before its predictors'.
const ORDER = ['module', 'instructions', 'predictors.instructions'];

/** Sorts places so that a change is never overwritten by the choice of what it changes. */
export function placeOrder(place: string): number {
  const at = ORDER.indexOf(place.replace(/^predictors\..*\.(?=instructions$)/, 'predictors.'));
  if (at >= 0) return at;
  return place.startsWith('predictors.') ? ORDER.length + 1 : ORDER.length;
}

function around(spec: ModuleSpec, text: string, side: 'before' | 'after'): ModuleSpec {
  if (text === '') return spec;
  const { instructions } = spec.signature;
  const parts = side === 'before' ? [text, instructions] : [instructions, text];
  return { ...spec, signature: { ...spec.signature, instructions: parts.filter((part) => part !== '').join('\n') } };
}

/** `nodes.answer.lm.temperature` -> the node (or `*`) and the place; undefined for any other text. */
export function parsePlace(path: string): { node: string; place: string } | undefined {
  const match = /^nodes\.(\*|[a-z][a-z0-9_]{0,39})\.(.+)$/.exec(path);
  const [, node, place] = match ?? [];
  return node === undefined || place === undefined || placeNamed(place) === undefined ? undefined : { node, place };
}
