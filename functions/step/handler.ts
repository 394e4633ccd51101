import type { StepAnswer, StepRequest } from '#lib/compiler/contract';
import { answerStep } from '#lib/work/step';
import { annotate, observed } from '../aws-house/observed.ts';
import { aws } from '../aws-house/once.ts';
import { programOf } from '../aws-house/program-of.ts';

/** Behind every task of every state machine. What it throws has the name that Retry and Catch match. */
export const handler = observed('step', async (request: StepRequest): Promise<StepAnswer> => {
  const { run, op, node } = request;
  annotate({ execution: run.executionId, workspace: run.workspaceId, op, node });
  try {
    annotate(await programOf(aws(), run));
    return await answerStep(aws().work, request);
  } finally {
    await aws().flush();
  }
});
