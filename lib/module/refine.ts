import { isJsonObject } from '#lib/base/json';
import type { Values } from '#lib/signature/signature';
import { drawBest, type Lesson } from './best-of-n.ts';
import type { ModuleKind, Run } from './forward.ts';
import { FEEDBACK, feedbackInputs } from './offer-feedback.ts';
import { plainOf } from './plain.ts';

const OFFER = 'offer_feedback';

/** dspy.Refine: BestOfN, with advice for each predictor between the draws, given as one more input. */
export const refine: ModuleKind = {
  doc: 'As best_of_n; after each miss a model gives advice, which the next draw sees as a hint.',
  apart: [OFFER],
  predictors: (spec) => ({ [OFFER]: FEEDBACK, ...plainOf(spec).predictors(spec) }),
  face: (spec) => plainOf(spec).face?.(spec) ?? spec.signature,
  forward: (run) => {
    let advice: Values = {};
    const learn = async (draw: Run, outputs: Values, reward: number): Promise<void> => {
      // The advice is asked for once, at the model's own temperature, whichever draw it is about.
      const said = (await run.predict(OFFER, feedbackInputs(draw, outputs, reward))).advice;
      advice = isJsonObject(said) ? said : {};
    };
    const hint = (predictor: string): string => {
      const own = Object.hasOwn(advice, predictor) ? advice[predictor] : undefined;
      return typeof own === 'string' ? own : 'N/A';
    };
    return drawBest(run, (): Lesson => (Object.keys(advice).length === 0 ? { learn } : { hint, learn }));
  },
};
