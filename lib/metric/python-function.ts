import { StepFailure } from '#lib/base/failure';
import type { MetricHands, PythonSpec, ScoreFunction } from './spec.ts';

/** A user's own `metric(example, prediction, trace=None)`, called where Python runs; true is 1 and false is 0. */
export function pythonFunction(spec: PythonSpec, { python }: MetricHands): ScoreFunction {
  return async (labels, outputs, inputs = {}) => {
    if (python === undefined)
      throw new StepFailure('Module.Unsupported', `${spec.entry} is a Python function, and Python does not run here`);
    return python(spec, { inputs, labels }, outputs);
  };
}
