import { DspexError } from '#lib/base/errors';
import { type Failure, failureOf } from '#lib/base/failure';
import { newId } from '#lib/base/id';
import type { JsonObject } from '#lib/base/json';
import type { RunOptions, RunResult } from '#lib/engine/engine';
import { JournalBroken } from '#lib/engine/journal-writer';
import { runProgram } from '#lib/engine/run';
import type { StepRecord } from '#lib/engine/step';
import { totals } from '#lib/engine/totals';
import { readSteps } from '#lib/resources/execution/steps';
import { topicOf } from '#lib/resources/watch';
import type { Assignment } from '#lib/variable/variable';
import { approvalsOf } from './approvals.ts';
import { isSimulated } from './example-run.ts';
import { actingFor, type Hold, type Home, type Origin } from './home.ts';
import { storeJournal } from './journal.ts';
import { engineDeps, readyProgram } from './program-run.ts';
import { openWallet } from './wallet.ts';

interface ExecutionRecord {
  id: string;
  state: string;
  programId: string;
  version: number;
  input: JsonObject;
  variables: Assignment;
  implementation: 'native' | 'python' | null;
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
  if (isOver(found)) return;
  try {
    await dispatch('begin', { lease });
  } catch (error) {
    // Cancelled between the look and the begin.
    if (isOver(await acting.get<ExecutionRecord>('Execution', id))) return;
    throw error;
  }

  const cancel = new AbortController();
  const unwatch = await watchCancel(home, acting, id, cancel);
  try {
    const signal = AbortSignal.any([hold.signal, cancel.signal]);
    const result = await run(home, message, found, lease, signal);
    // A lost hold looks like a cancel from inside; only a requested one may end the execution.
    if (result.status === 'cancelled' && !cancel.signal.aborted) return;
    await home.services.gateway.flush();
    await dispatch('finish', { lease, status: result.status, result: executionResult(result) });
  } catch (error) {
    if (isLeaseLost(error) || hold.signal.aborted) return;
    // Neither is the program's fault: the run goes on from its journal when the message comes again.
    if (error instanceof JournalBroken || (DspexError.is(error) && error.status === 503)) throw outage(error);
    await endFailed(home, message, lease, failureOf(error));
  } finally {
    unwatch();
  }
}

const isOver = ({ state }: ExecutionRecord): boolean => state !== 'pending' && state !== 'running';

function isLeaseLost(error: unknown): boolean {
  if (error instanceof JournalBroken) return isLeaseLost(error.cause);
  return DspexError.is(error) && error.code === 'lease_lost';
}

/** What broke the journal, when that says more about when to try again. */
const outage = (error: unknown): unknown =>
  error instanceof JournalBroken && DspexError.is(error.cause) ? error.cause : error;

/** Says that a run failed outside its program, with what its steps have cost until then. */
async function endFailed(
  home: Home,
  origin: Origin & { executionId: string },
  lease: string,
  { name, message, retryable }: Failure,
): Promise<void> {
  const { executionId: id, workspaceId } = origin;
  const { usage, cacheHits, ...sums } = totals(await readSteps(home.services, workspaceId, id));
  const { calls, inputTokens, outputTokens } = usage;
  const failure = { name, message, retryable };
  const result = { failure, usage: { calls, inputTokens, outputTokens, cacheHits }, ...sums };
  try {
    await actingFor(home, origin).dispatch({
      resource: 'Execution',
      action: 'finish',
      id,
      input: { lease, status: 'failed', result },
      as: 'system',
    });
  } catch (error) {
    if (!isLeaseLost(error)) throw error;
  }
}

/** Nobody will drive it again: its deliveries are used up. Does nothing when it has ended after all. */
export async function giveUpExecution(
  home: Home,
  origin: Origin & { executionId: string },
  reason: string,
): Promise<void> {
  const { executionId: id } = origin;
  const acting = actingFor(home, origin);
  if (isOver(await acting.get<ExecutionRecord>('Execution', id))) return;
  const lease = newId('lea', home.clock.now());
  await acting.dispatch({ resource: 'Execution', action: 'begin', id, input: { lease }, as: 'system' });
  await endFailed(home, origin, lease, { name: 'Internal', message: reason, retryable: false });
}

async function run(
  home: Home,
  origin: Origin & { executionId: string },
  record: ExecutionRecord,
  lease: string,
  signal: AbortSignal,
): Promise<RunResult> {
  const acting = actingFor(home, origin, signal);
  const { id } = record;
  const { workspaceId } = origin;
  const { configured, models } = await readyProgram(acting, record.programId, record.version, record.variables);
  const wallet = await openWallet(home, { workspaceId, programId: record.programId }, id);
  const topic = topicOf('Execution', id);
  const deps = {
    ...engineDeps(home, acting, models, { implementation: record.implementation, purse: wallet }),
    approvals: approvalsOf(home.services, workspaceId, id),
    journal: storeJournal(home.services, workspaceId, id, lease),
    onDelta: (delta: { path: string; nodeId: string; field: string; text: string }) =>
      home.services.live.publish(topic, { event: 'delta', data: { ...delta } }),
  };
  const mode = await modeOf(home, workspaceId, record);
  try {
    return await runProgram(configured, record.input, deps, { runId: id, mode, signal });
  } finally {
    await wallet?.close();
  }
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

/** What a result leaves on the execution's record. */
export function executionResult(result: RunResult): JsonObject {
  const { usage, output, failure } = result;
  return {
    output: output ?? null,
    failure: (failure ?? null) as unknown as JsonObject | null,
    degraded: result.degraded,
    simulated: isSimulated(result),
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
