import type { Signature } from '#lib/signature/signature';
import { MODULES } from './modules.ts';
import type { ModuleSpec } from './spec.ts';

type Asked = Record<string, Signature>;
type Made = Pick<ModuleSpec, 'type' | 'of' | 'options' | 'tools' | 'predictors'> & { asked: Asked };

// Rendering starts from the asked signature at every call, so it is derived once for each declared one. A trial's specs
// are new objects over the same parts; few differ in what matters here.
const made = new WeakMap<Signature, Made[]>();
const KEPT = 16;

/** The signature each predictor of a module sends, by DSPy's name for it; own instructions in place of the module's. */
export function predictorsOf(spec: ModuleSpec): Asked {
  const { type, of, options, tools, predictors, signature } = spec;
  const known = made.get(signature) ?? [];
  made.set(signature, known);
  for (const one of known)
    if (
      one.type === type &&
      one.of === of &&
      one.options === options &&
      one.tools === tools &&
      one.predictors === predictors
    )
      return one.asked;
  const asked: Asked = {};
  for (const [name, own] of Object.entries(MODULES[type].predictors(spec))) {
    const instructions = predictors?.[name]?.instructions;
    asked[name] = instructions === undefined ? own : { ...own, instructions };
  }
  if (known.length >= KEPT) known.shift();
  known.push({ type, of, options, tools, predictors, asked } as Made);
  return asked;
}
