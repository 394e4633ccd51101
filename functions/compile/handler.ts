import * as z from 'zod';
import { publisher } from '#lib/aws/sfn/publisher';
import { systemOf } from '#lib/work/home';
import { makeMachine } from '../aws-house/machines.ts';
import { annotate, observed } from '../aws-house/observed.ts';
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
export const handler = observed('compile', async (event: unknown): Promise<{ arn: string }> => {
  const of = Event.parse(event);
  annotate({ program: of.programId, version: of.version, workspace: of.workspaceId });
  const { env } = process;
  const house = { roleArn: variable(env, 'machineRole'), arnPrefix: variable(env, 'machineArns') };
  const tags = { 'dspex:stage': variable(env, 'stage') };
  const arn = await makeMachine(
    {
      acting: aws().kernel.acting(systemOf({ ...of, principal: 'system' })),
      store: aws().home.store,
      publish: publisher({}, house, tags),
      stepFunction: variable(env, 'stepFunction'),
      prefix: variable(env, 'machinePrefix'),
    },
    of,
  );
  return { arn };
});
