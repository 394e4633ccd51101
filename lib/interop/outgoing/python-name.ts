import { KEYWORDS } from '#lib/signature/named-types';

/** Names that `dspy.Module` and the generated class use themselves. */
const TAKEN = new Set(
  (
    'acall aforward batch callbacks deepcopy dump_state forward get_lm history inspect_history load load_state ' +
    'map_named_predictors named_parameters named_predictors named_sub_modules parameters predictors reset_copy save ' +
    'set_lm self dspy json os sys metadata match case type'
  ).split(' '),
);

/** The name, or with `_` behind where Python or DSPy means something else by it. */
export function pythonName(name: string): string {
  return KEYWORDS.has(name) || TAKEN.has(name) || /^__/.test(name) ? `${name}_` : name;
}

/** `rag answers` -> `RagAnswers`. */
export function className(name: string): string {
  const words = name.normalize('NFKD').match(/[A-Za-z0-9]+/g) ?? [];
  const joined = words.map((word) => (word[0] ?? '').toUpperCase() + word.slice(1)).join('');
  return /^[A-Za-z]/.test(joined) ? joined : `Program${joined}`;
}
