import { evaluateSlice } from '#lib/work/slice';
import { aws } from '../aws-house/once.ts';
import { worker } from '../aws-house/worker.ts';

/** Measures slices of trials: many examples at a time, in this process. */
export const handler = worker('slice', aws, ({ work }) => ({
  slice: (message, hold) => evaluateSlice(work, message, hold),
}));
