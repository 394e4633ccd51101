import { predictorsOf } from '#lib/module/asked';
import type { ModuleSpec, PredictorSettings } from '#lib/module/spec';
import type { Place } from './place.ts';

/** What may follow a predictor's name. */
const OWN = /^(?:lm(?:\.\w+)?|adapter|instructions(?:\.(?:prefix|suffix))?|demos)$/;

/**
 * `predictors.extract.predict.demos`: a place of one predictor, by the name DSPy gives it. Names have dots, so the longest
 * place at the end counts. Undefined when the text is none.
 */
export function predictorPlace(text: string, places: Readonly<Record<string, Place>>): Place | undefined {
  if (!text.startsWith('predictors.')) return undefined;
  const parts = text.slice('predictors.'.length).split('.');
  for (let at = 1; at < parts.length; at++) {
    const place = parts.slice(at).join('.');
    const own = OWN.test(place) && Object.hasOwn(places, place) ? places[place] : undefined;
    if (own !== undefined) return within(parts.slice(0, at).join('.'), own);
  }
  return undefined;
}

function within(name: string, place: Place): Place {
  return {
    wants: place.wants,
    on: (spec) => Object.hasOwn(predictorsOf(spec), name),
    apply: (spec, value, known) => {
      const asked = predictorsOf(spec)[name];
      if (asked === undefined) return undefined;
      const settings = spec.predictors?.[name] ?? {};
      // The place changes a module that is nothing but this predictor; what came of it are the predictor's settings.
      const alone: ModuleSpec = {
        type: 'predict',
        implementation: spec.implementation,
        ...{ signature: asked, demos: settings.demos ?? [], config: settings.config ?? {} },
      };
      const changed = place.apply(alone, value, known);
      if (changed === undefined) return undefined;
      const own: PredictorSettings = {
        ...settings,
        ...(changed.signature === asked ? {} : { instructions: changed.signature.instructions }),
        ...(changed.demos === alone.demos ? {} : { demos: changed.demos }),
        ...(changed.config === alone.config ? {} : { config: changed.config }),
        ...(changed.lm === undefined ? {} : { lm: changed.lm }),
        ...(changed.adapter === undefined ? {} : { adapter: changed.adapter }),
      };
      return { ...spec, predictors: { ...spec.predictors, [name]: own } };
    },
  };
}
