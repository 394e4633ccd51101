import { carryOutJob } from '#lib/work/job';
import { takeTurn } from '#lib/work/tick';
import { aws } from '../aws-house/once.ts';
import { worker } from '../aws-house/worker.ts';

/** Evaluations and scores, and the turns of optimizations. */
export const handler = worker('job', aws, ({ work }) => ({
  job: (message, hold) => carryOutJob(work, message, hold),
  tick: (message) => takeTurn(work, message),
}));
