import { DspexError } from '#lib/base/errors';
import { failureOf } from '#lib/base/failure';
import { type StepAnswer, StepError, type StepOp, type StepRequest, UNAVAILABLE } from '#lib/compiler/contract';
import type { RunResult } from '#lib/engine/engine';
import { JournalBroken } from '#lib/engine/journal-writer';
import { runProgram } from '#lib/engine/run';
import { replayed } from '#lib/engine/take-over';
import { readSteps } from '#lib/resources/execution/steps';
import { executionResult } from './execution.ts';
import { actingFor } from './home.ts';
import { engineDeps, readyProgram } from './program-run.ts';
import { askFor, decided, type StepHome } from './step-approval.ts';
import { endAnswer, programEnd } from './step-end.ts';
import type { StepHost } from './step-host.ts';
import { drawLine, stepJournal } from './step-journal.ts';
import { chooseWay, runNode, undoNode } from './step-run.ts';
import { openWallet, type Wallet } from './wallet.ts';

interface Execution {
  id: string;
  state: string;
  programId: string;
  version: number;
  input: StepHost['input'];
  variables: Parameters<typeof readyProgram>[3];
  implementation: 'native' | 'python' | null;
  replayOf: { executionId: string; fromNode: string | null } | null;
  redrives: number;
  cancelRequested: boolean;
}

/**
 * What the function behind every task of a state machine does, in any home. It answers with ids, references, counts and
 * the branch a step chose; it throws a StepError, whose name is what Retry and Catch match.
 *
 *     export const handler = (event: StepRequest) => answerStep(home, event);
 */
export async function answerStep(home: StepHome, request: StepRequest): Promise<StepAnswer> {
  try {
    return await OPS[request.op](home, request);
  } catch (error) {
    throw namedError(error, request);
  }
}

/** Every error leaves under a name of the contract. */
function namedError(error: unknown, { node = '' }: StepRequest): StepError {
  if (error instanceof StepError) return error;
  const cause = error instanceof JournalBroken ? error.cause : error;
  if (DspexError.is(cause)) {
    // Another drive has taken over: whatever this machine still does, it does for nobody.
    if (cause.code === 'lease_lost') return new StepError('Cancelled', node);
    if (cause.status === 503 || cause.status === 429) return new StepError(UNAVAILABLE, node);
    return new StepError('Internal', node);
  }
  return error instanceof JournalBroken ? new StepError(UNAVAILABLE, node) : new StepError(failureOf(error).name, node);
}

type Op = (home: StepHome, request: StepRequest) => Promise<StepAnswer>;
const OPS: Record<StepOp, Op> = {
  begin,
  run: async (home, request) => {
    const { host, wallet } = await unlessCancelled(home, request);
    return runNode(host, request).finally(() => wallet?.close());
  },
  choose: async (home, request) => chooseWay((await unlessCancelled(home, request)).host, request),
  undo: async (home, request) => {
    const { host, execution, wallet } = await hostOf(home, request);
    // A cancel undoes nothing.
    if (execution.cancelRequested) return { status: 'nothing' };
    return undoNode(host, request).finally(() => wallet?.close());
  },
  ask: async (home, request) => askFor(home, (await unlessCancelled(home, request)).host, request),
  finish: async (home, request) => {
    const closed = await close(home, request);
    if (closed.error !== undefined) throw new StepError('Internal', `the program's output (${closed.error})`);
    return closed;
  },
  failed: close,
};

async function unlessCancelled(home: StepHome, request: StepRequest): Promise<Hosted> {
  const hosted = await hostOf(home, request);
  const { cancelRequested, state } = hosted.execution;
  if (cancelRequested || state !== 'running') throw new StepError('Cancelled', request.node ?? '');
  return hosted;
}

/** Takes the execution for this drive. Asked again, it changes nothing. */
async function begin(home: StepHome, request: StepRequest): Promise<StepAnswer> {
  const { run } = request;
  const acting = actingFor(home, run);
  const execution = await acting.get<Execution>('Execution', run.executionId);
  if (execution.state !== 'pending' && execution.state !== 'running') throw new StepError('Cancelled', '');
  await acting.dispatch({
    resource: 'Execution',
    action: 'begin',
    id: run.executionId,
    input: { lease: run.drive },
    as: 'system',
  });
  const { host } = await hostOf(home, request);
  const { services } = home;
  const { replayOf } = execution;
  const begun = (await readSteps(services, run.workspaceId, run.executionId)).length > 0;
  if (replayOf !== null && replayOf.fromNode !== null && !begun) {
    const records = await readSteps(services, run.workspaceId, replayOf.executionId);
    const free = records.map((one) => ({
      ...one,
      calls: one.calls.map((call) => ({ ...call, spentNanoUsd: 0 })),
      origin: 'journal' as const,
    }));
    const { records: taken } = replayed(host.configured.plan, free, replayOf.fromNode);
    await host.journal.append([...taken.values()].flat());
  }
  await drawLine(services, run);
  const missing = host.configured.input.find(({ name }) => !Object.hasOwn(execution.input, name));
  // Nothing may run; closing the execution says it in full.
  if (missing !== undefined) throw new StepError('Input.Invalid', '');
  return { status: 'begun' };
}

/** Closes the execution's record with what the engine says its end is; a record that is closed stays as it is. */
async function close(home: StepHome, request: StepRequest): Promise<StepAnswer> {
  const { run, error } = request;
  const acting = actingFor(home, run);
  const execution = await acting.get<Execution>('Execution', run.executionId);
  if (execution.state !== 'pending' && execution.state !== 'running') {
    const { state, failure } = execution as Execution & { failure: { name: string } | null };
    return {
      status: state as RunResult['status'],
      ...(state === 'completed' ? {} : { error: failure?.name ?? 'Cancelled' }),
    };
  }
  const { host } = await hostOf(home, request);
  const ended = execution.cancelRequested ? await cancelledEnd(host) : await programEnd(host, error);
  await home.services.gateway.flush();
  await acting.dispatch({
    resource: 'Execution',
    action: 'finish',
    id: run.executionId,
    input: { lease: run.drive, status: ended.status, result: executionResult(ended) },
    as: 'system',
  });
  return endAnswer(ended);
}

/** A cancelled run ends where it is: nothing is run, nothing is undone. */
async function cancelledEnd(host: StepHost): Promise<RunResult> {
  const stop = new AbortController();
  stop.abort();
  const { earlier, current } = await host.journal.read();
  const records = [...earlier, ...current];
  const journal = { read: async () => records, append: async () => {} };
  return runProgram(
    host.configured,
    host.input,
    { ...host.deps, journal },
    { mode: { kind: 'resume' }, signal: stop.signal },
  );
}

interface Hosted {
  host: StepHost;
  execution: Execution;
  /** Pays for the step's calls; to be closed by whoever runs one. */
  wallet: Wallet | null;
}

async function hostOf(home: StepHome, { run }: StepRequest): Promise<Hosted> {
  const { workspaceId, executionId } = run;
  const acting = actingFor(home, run);
  const execution = await acting.get<Execution>('Execution', executionId);
  const { configured, models } = await readyProgram(
    acting,
    execution.programId,
    execution.version,
    execution.variables,
  );
  const wallet = await openWallet(home, { workspaceId, programId: execution.programId }, executionId);
  const host: StepHost = {
    configured,
    input: execution.input,
    runId: executionId,
    redrive: execution.redrives > 0,
    deps: {
      ...engineDeps(home, acting, models, { implementation: execution.implementation, purse: wallet }),
      approvals: decided(home.services, workspaceId, executionId),
    },
    journal: stepJournal(home.services, run, () => home.clock.now()),
    previews: home.previews ?? true,
  };
  return { host, execution, wallet };
}
