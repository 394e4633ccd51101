import { DspexError } from '#lib/base/errors';
import { failureOf } from '#lib/base/failure';
import { newId } from '#lib/base/id';
import type { JsonObject } from '#lib/base/json';
import type { RunOptions, RunResult } from '#lib/engine/engine';
import { runProgram } from '#lib/engine/run';
import type { StepRecord } from '#lib/engine/step';
import { readSteps } from '#lib/resources/execution/steps';
import { topicOf } from '#lib/resources/watch';
import type { Assignment } from '#lib/variable/variable';
import { approvalsOf } from './approvals.ts';
import { actingFor, type Hold, type Home, type Origin } from './home.ts';
import { storeJournal } from './journal.ts';
import { engineDeps, readyProgram } from './program-run.ts';

interface ExecutionRecord {
  id: string;
  state: string;
  programId: string;
  version: number;
  input: JsonObject;
  variables: Assignment;
  replayOf: { executionId: string; fromNode: string | null } | null;
  redrives: number;
  cancelRequested: boolean;
}

/**
 * Drives one execution to its end, from wherever an earlier driver left it. Delivered twice, or after a crash, it does
 * no step again that the journal holds; a driver whose hold is lost leaves without a word, another one has taken over.
 */
export async function driveExecution(home: Home, message: Origin & { executionId: string }, hold: Hold): Promise<void> {
  const acting = actingFor(home, message);
  const { executionId: id } = message;
  const lease = newId('lea', home.clock.now());
  const dispatch = (action: string, input: JsonObject) =>
    acting.dispatch({ resource: 'Execution', action, id, input, as: 'system' });
  const found = await acting.get<ExecutionRecord>('Execution', id);
  if (found.state !== 'pending' && found.state !== 'running') return;
  await dispatch('begin', { lease });

  const cancel = new AbortController();
  const unwatch = await watchCancel(home, acting, id, cancel);
  try {
    const signal = AbortSignal.any([hold.signal, cancel.signal]);
    const result = await run(home, message, found, signal);
    // A lost hold looks like a cancel from inside; only a requested one may end the execution.
    if (result.status === 'cancelled' && !cancel.signal.aborted) return;
    await home.services.gateway.flush();
    await dispatch('finish', { lease, status: result.status, result: resultOf(result) });
  } catch (error) {
    if (DspexError.is(error) && error.code === 'lease_lost') return;
    if (hold.signal.aborted) return;
    const { name, message: text, retryable } = failureOf(error);
    await dispatch('finish', { lease, status: 'failed', result: { failure: { name, message: text, retryable } } });
  } finally {
    unwatch();
  }
}

async function run(
  home: Home,
  origin: Origin & { executionId: string },
  record: ExecutionRecord,
  signal: AbortSignal,
): Promise<RunResult> {
  const acting = actingFor(home, origin, signal);
  const { id } = record;
  const { workspaceId } = origin;
  const { configured, models } = await readyProgram(acting, record.programId, record.version, record.variables);
  const topic = topicOf('Execution', id);
  const deps = {
    ...engineDeps(home, acting, models),
    approvals: approvalsOf(home.services, workspaceId, id),
    journal: storeJournal(home.services, workspaceId, id),
    onDelta: (delta: { path: string; nodeId: string; field: string; text: string }) =>
      home.services.live.publish(topic, { event: 'delta', data: { ...delta } }),
  };
  const mode = await modeOf(home, workspaceId, record);
  return runProgram(configured, record.input, deps, { runId: id, mode, signal });
}

async function modeOf(
  home: Home,
  workspaceId: string,
  record: ExecutionRecord,
): Promise<NonNullable<RunOptions['mode']>> {
  if (record.redrives > 0) return { kind: 'redrive' };
  const { replayOf } = record;
  const begun = (await readSteps(home.services, workspaceId, record.id)).length > 0;
  if (replayOf === null || replayOf.fromNode === null || begun) return { kind: begun ? 'resume' : 'start' };
  const records: StepRecord[] = await readSteps(home.services, workspaceId, replayOf.executionId);
  return { kind: 'replay', from: replayOf.fromNode, records };
}

/** Aborts `cancel` once the record says so: news come at once where they can, and every look at the record counts. */
async function watchCancel(
  home: Home,
  acting: ReturnType<typeof actingFor>,
  id: string,
  cancel: AbortController,
): Promise<() => void> {
  const look = async (): Promise<void> => {
    const { cancelRequested } = await acting.get<ExecutionRecord>('Execution', id);
    if (cancelRequested) cancel.abort(new DOMException('cancelled by request', 'AbortError'));
  };
  const unsubscribe = home.services.live.subscribe(topicOf('Execution', id), (news) => {
    if (news.event === 'changed') look().catch(() => {});
  });
  await look();
  return unsubscribe;
}

function resultOf(result: RunResult): JsonObject {
  const { usage, output, failure } = result;
  return {
    output: output ?? null,
    failure: (failure ?? null) as unknown as JsonObject | null,
    degraded: result.degraded,
    simulated: result.steps.some((step) => step.calls.some((call) => call.model.startsWith('scripted/'))),
    usage: {
      calls: usage.calls,
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
      cacheHits: result.cacheHits,
    },
    costNanoUsd: result.costNanoUsd,
    spentNanoUsd: result.spentNanoUsd,
    latencyMs: result.latencyMs,
  };
}
