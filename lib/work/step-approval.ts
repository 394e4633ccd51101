import { StepFailure } from '#lib/base/failure';
import { type StepAnswer, StepError, type StepRequest } from '#lib/compiler/contract';
import type { Decision, EngineDeps } from '#lib/engine/engine';
import { holds, inputsOf, valueOfExpression } from '#lib/engine/inputs';
import { decisionKey } from '#lib/resources/execution/decision';
import { rowKey } from '#lib/resources/rows';
import type { Services } from '#lib/resources/services';
import { topicOf } from '#lib/resources/watch';
import type { Home } from './home.ts';
import { required, type StepHost, standing } from './step-host.ts';
import { pathAt, placeOfNode } from './step-places.ts';
import { scopeAt } from './step-scope.ts';

/** What steps need of a home whose executions are driven by state machines. */
export interface StepHome extends Home {
  tasks: WaitingTasks;
  /** False where outputs may not stand in a machine's history; default true. */
  previews?: boolean;
}

/** Machines that wait for a token. A token is a secret: it is kept sealed, and never logged. */
export interface WaitingTasks {
  seal(token: string): Promise<string>;
  open(sealed: string): Promise<string>;
  /** The machine goes on. Waking one that no longer waits does nothing. */
  wake(token: string): Promise<void>;
}

const tokenKey = (workspaceId: string, executionId: string, path: string) =>
  rowKey({ workspaceId, resource: 'Execution', id: executionId, kind: 'token' }, path);

/** Shows an approval's question and keeps the token; where there is nothing to wait for, the machine is woken at once. */
export async function askFor(home: StepHome, host: StepHost, request: StepRequest): Promise<StepAnswer> {
  const { workspaceId, executionId } = request.run;
  const token = required(request.token, 'a token');
  const { step, pattern } = placeOfNode(host.configured.plan, required(request.node, 'a node'));
  const path = pathAt(pattern, request.items ?? []);
  const { services, tasks } = home;
  const isDecided = async (): Promise<boolean> =>
    (await services.store.get(decisionKey(workspaceId, executionId, path))) !== null;
  const question = await questionOf(host, step, path);
  if (question === null || (await isDecided())) {
    await tasks.wake(token);
    return { status: 'nothing' };
  }
  await services.store.transact([
    { put: { ...tokenKey(workspaceId, executionId, path), data: { token: await tasks.seal(token) } } },
  ]);
  services.live.publish(topicOf('Execution', executionId), {
    event: 'approval',
    data: { nodeId: step.id, path, ...question },
  });
  // Decided between the look and the keeping: nobody else would wake it.
  if (await isDecided()) await wakeApproval(home, { workspaceId, executionId, path });
  return { status: 'waiting' };
}

/** To be called when a decision on an approval has been recorded (`Execution.decide`). */
export async function wakeApproval(
  { services, tasks }: Pick<StepHome, 'services' | 'tasks'>,
  { workspaceId, executionId, path }: { workspaceId: string; executionId: string; path: string },
): Promise<void> {
  const item = await services.store.get(tokenKey(workspaceId, executionId, path));
  if (item !== null) await tasks.wake(await tasks.open(String(item.data.token)));
}

/** Null when there is nothing to ask: it has ended, is skipped, or its question cannot be made, which its end will say. */
async function questionOf(host: StepHost, step: ReturnType<typeof placeOfNode>['step'], path: string) {
  if (step.kind !== 'approval') throw new StepError('Internal', path);
  const { taken } = await standing(host);
  const last = taken.records.get(path)?.at(-1);
  if (last !== undefined && last.retried !== true) return null;
  try {
    const scope = await scopeAt(host.configured.plan, host.input, path, taken.records);
    if (step.when !== undefined && !(await holds(step.when, scope))) return null;
    const message = step.message === undefined ? step.title : await valueOfExpression(step.message, scope);
    const inputs = await inputsOf(step.inputs, scope);
    return { message: typeof message === 'string' ? message : JSON.stringify(message ?? step.id), inputs };
  } catch {
    return null;
  }
}

/** Decisions as they are by now: a machine that goes on without one has waited long enough. */
export function decided(
  services: Services,
  workspaceId: string,
  executionId: string,
): NonNullable<EngineDeps['approvals']> {
  return {
    decide: async (_request, { path }) => {
      const item = await services.store.get(decisionKey(workspaceId, executionId, path));
      if (item === null) throw new StepFailure('Step.Timeout', 'Nobody decided in time', { retryable: false });
      return item.data as unknown as Decision;
    },
  };
}
