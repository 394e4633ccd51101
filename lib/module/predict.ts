import type { ModuleKind } from './forward.ts';

/** dspy.Predict: one call that fills in the outputs. */
export const predict: ModuleKind = {
  doc: 'One call that fills in the outputs.',
  predictors: ({ signature }) => ({ self: signature }),
  forward: (run) => run.predict('self', run.inputs),
};
