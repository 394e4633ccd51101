import * as z from 'zod';
import { publisher } from '#lib/aws/sfn/publisher';
import { DspexError } from '#lib/base/errors';
import { systemOf } from '#lib/work/home';
import { type MachineMade, makeMachine } from '../aws-house/machines.ts';
import { annotate, logger, observed, said } from '../aws-house/observed.ts';
import { aws } from '../aws-house/once.ts';
import { variable } from '../aws-house/variables.ts';

const Asked = z.object({ workspaceId: z.string(), programId: z.string(), version: z.number() });
/** From the bus when a version is published, so that its machine is there before its first run. */
const Published = z.object({
  detail: z.object({ workspaceId: z.string(), subject: z.string(), data: z.object({ version: z.number() }) }),
});
const Event = z.union([
  Asked,
  Published.transform(({ detail }) => ({
    ...{ workspaceId: detail.workspaceId, programId: detail.subject, version: detail.data.version },
  })),
]);

/** Makes the state machine of a version and answers its ARN. The only function that may change machines. */
export const handler = observed('compile', async (event: unknown): Promise<MachineMade> => {
  const of = Event.parse(event);
  annotate({ program: of.programId, version: of.version, workspace: of.workspaceId });
  const { env } = process;
  const house = { roleArn: variable(env, 'machineRole'), arnPrefix: variable(env, 'machineArns') };
  const tags = { 'dspex:stage': variable(env, 'stage') };
  const parts = {
    acting: aws().kernel.acting(systemOf({ ...of, principal: 'system' })),
    store: aws().home.store,
    publish: publisher({}, house, tags),
    stepFunction: variable(env, 'stepFunction'),
    prefix: variable(env, 'machinePrefix'),
  };
  try {
    return { arn: await makeMachine(parts, of) };
  } catch (error) {
    // Asking again would not help; whoever asked is told why.
    if (!DspexError.is(error) || error.status >= 500) throw error;
    logger.warn('no machine', said(error));
    return { refused: { code: error.code, message: error.message } };
  }
});
