import { aws } from '../aws-house/once.ts';
import { startRun } from '../aws-house/start-run.ts';
import { worker } from '../aws-house/worker.ts';

/** Starts the state machine of each run that is not driven elsewhere. */
export const handler = worker('start', aws, (house) => ({ execution: (message) => startRun(house, message) }));
