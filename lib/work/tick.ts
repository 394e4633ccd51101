import type { DspexError } from '#lib/base/errors';
import { isJsonObject, type JsonObject } from '#lib/base/json';
import type { Acting } from '#lib/kernel/kernel';
import { addWork, examplesToRun } from '#lib/optimizer/drive';
import type { Trial } from '#lib/optimizer/spec';
import { capOf, ledgerOf } from '#lib/resources/budget/ledgers';
import { MEASUREMENT } from '#lib/resources/optimization/budget';
import { topicOf } from '#lib/resources/watch';
import { materialize } from '#lib/variable/candidates';
import { endingNow, stopOf, tooDear } from './affordable.ts';
import { confirm } from './confirm.ts';
import { closeGeneration, startGeneration } from './generation.ts';
import { generationsOf } from './generations.ts';
import { actingFor, type Home, type Origin } from './home.ts';
import {
  isOver,
  type OptimizationRecord,
  type Progress,
  type SliceResult,
  slicesOf,
  type Told,
  type TrialWork,
  told,
  trialsOf,
} from './optimization.ts';
import { progressOf } from './progress.ts';
import { forget } from './recorded.ts';
import { isTooLate } from './too-late.ts';

/**
 * One turn of an optimization: take the lock, close trials whose slices are all in, ask for more, or measure the winner.
 * Every step can be done twice, by two workers at once, or be cut off: what the records say decides what comes next.
 */
export async function takeTurn(home: Home, message: Origin & { optimizationId: string }): Promise<void> {
  const acting = actingFor(home, message);
  const read = () => acting.get<OptimizationRecord>('Optimization', message.optimizationId);
  try {
    await turn(home, acting, read);
  } catch (error) {
    if (!isTooLate(error)) throw error;
    // It ended while we were at it: then nothing was left to do.
    if (!isOver(await read())) throw error;
  }
  const record = await read();
  if (!isOver(record)) return;
  forget(home.services, acting.workspaceId, record.id);
  await closeLeftTrials(acting, record.id);
  // Of a search that was cancelled nothing is measured.
  if (capOf(record.budget) !== null)
    await ledgerOf(home.services.store, acting.workspaceId, record.id).release(MEASUREMENT);
}

/** No slice of an optimization that is over counts any more, so its trials are over, too. */
async function closeLeftTrials(acting: Acting, optimizationId: string): Promise<void> {
  const nothing = { quality: null, costNanoUsd: null, latencyMs: null, failures: 0 };
  const input = { ...nothing, status: 'failed', failure: 'the optimization ended before this trial' };
  for (const { id, state } of await trialsOf(acting, optimizationId)) {
    if (state !== 'running') continue;
    await closeTrial(acting, id, input);
  }
  for (const { id, state } of await generationsOf(acting, optimizationId))
    if (state === 'running') await closeGeneration(acting, id, 'the optimization ended before this answer');
}

/** Nobody will take its turns any more: their deliveries are used up. Does nothing when it has ended after all. */
export async function giveUpOptimization(
  home: Home,
  origin: Origin & { optimizationId: string },
  reason: string,
): Promise<void> {
  const acting = actingFor(home, origin);
  const { optimizationId } = origin;
  if (!isOver(await acting.get<OptimizationRecord>('Optimization', optimizationId)))
    await acting.dispatch({
      resource: 'Optimization',
      action: 'finish',
      id: optimizationId,
      input: { status: 'failed', result: null, failure: reason },
      as: 'system',
    });
  await closeLeftTrials(acting, optimizationId);
}

async function turn(home: Home, acting: Acting, read: () => Promise<OptimizationRecord>): Promise<void> {
  let record = await read();
  if (record.state === 'queued') {
    if (!(await begin(acting, record))) return;
    record = await read();
  }
  if (record.state !== 'running') return;
  const ledger = capOf(record.budget) === null ? null : ledgerOf(home.services.store, acting.workspaceId, record.id);
  await ledger?.sweep(home.clock.now());
  if (record.progress.phase === 'confirm') return confirm(home, acting, record);

  let now = await told(home.services, acting, record);
  await closeTrials(acting, now);
  const hopeless = modelTrouble(now.history.trials);
  if (hopeless !== null) {
    const input = { status: 'failed', result: null, failure: hopeless };
    await acting.dispatch({ resource: 'Optimization', action: 'finish', id: record.id, input, as: 'system' });
    return;
  }
  const balance = async () => ((await ledger?.state()) ?? null) as JsonObject | null;
  const stopped = async (reason: string) => {
    await closeUnfinished(acting, now, reason);
    const progress = { ...progressOf(now), budget: await balance(), phase: 'confirm' as const };
    await advance(acting, record, progress, endingNow(now, reason));
    return confirm(home, acting, await read());
  };
  const stop = stopOf(record, now, home.clock.now());
  // What is under way ends first, each part by itself: what it has spent is to be counted.
  if (stop !== null) return isAtRest(now) ? stopped(stop) : undefined;
  const running =
    now.history.trials.filter((trial) => trial.state === 'running').length +
    now.generations.filter(({ state }) => state === 'running').length;
  const ask = await now.strategy.ask(now.history, Math.max(0, record.parallelism - running));
  if ('done' in ask) {
    const progress = { ...progressOf(now), budget: await balance(), phase: 'confirm' as const };
    await advance(acting, record, progress, ask.done);
    return confirm(home, acting, await read());
  }
  for (const work of ask.work) {
    const short = work.kind === 'trial' ? tooDear(record, now, work) : null;
    if (short !== null) {
      if (running === 0 && work === ask.work[0]) return stopped(short);
      break;
    }
    if (work.kind === 'trial') await startTrial(acting, record, now, work);
    else await startGeneration(acting, record.id, work);
  }
  now = await told(home.services, acting, record);
  const progress = { ...progressOf(now), budget: await balance(), phase: 'search' as const };
  await advance(acting, record, progress);
  home.services.live.publish(topicOf('Optimization', record.id), { event: 'progress', data: progress });
}

/** Has everything that was begun come to its end, with a result or without? */
const isAtRest = ({ trials, generations }: Told): boolean =>
  trials.every(({ state, slices, closedSlices }) => state !== 'running' || closedSlices >= slices) &&
  generations.every(({ state }) => state !== 'running');

/** Trials that were not seen to their end are none: they have no score, and no search hears of them. */
async function closeUnfinished(acting: Acting, { trials, slices, history }: Told, reason: string): Promise<void> {
  const nothing = { quality: null, costNanoUsd: null, latencyMs: null, failures: 0 };
  for (const { id, state, work } of trials) {
    if (state !== 'running' || history.trials.find((trial) => trial.id === work.id)?.state !== 'running') continue;
    const spent = spentOn(slices, work.id);
    await closeTrial(acting, id, { ...nothing, status: 'failed', failure: `not finished: ${reason}`, spent });
  }
}

/** What the calls of a trial were and cost; as its slices' rows say. */
function spentOn(slices: readonly SliceResult[], trialId: string): JsonObject {
  const own = slices.filter(({ trial }) => trial === trialId);
  const paid = own.map(({ spentNanoUsd }) => spentNanoUsd);
  return {
    calls: own.reduce((sum, { calls, cachedCalls }) => sum + calls - cachedCalls, 0),
    tokens: own.reduce((sum, { tokens }) => sum + tokens, 0),
    nanoUsd: paid.includes(null) ? null : paid.reduce<number>((sum, part) => sum + (part ?? 0), 0),
  };
}

// No such model here, or a request it will never take: other values of the variables do not change that.
const HOPELESS: ReadonlySet<string> = new Set(['Model.Unavailable', 'Model.Refused']);

/** Why a search whose very first trial failed on every example for lack of a model had better not go on. */
function modelTrouble([first]: readonly Trial[]): string | null {
  if (first?.state !== 'completed' || first.outcomes.length === 0) return null;
  if (!first.outcomes.every(({ failure }) => failure !== undefined && HOPELESS.has(failure.name))) return null;
  return `the model cannot be used: ${first.outcomes[0]?.failure?.message}`;
}

/** False while another optimization holds the program: its end gives this one its turn. */
async function begin(acting: Acting, record: OptimizationRecord): Promise<boolean> {
  try {
    await acting.dispatch({ resource: 'Optimization', action: 'begin', id: record.id, as: 'system' });
    return true;
  } catch (error) {
    if (!isTooLate(error)) throw error;
    return (error as DspexError).code !== 'program_locked';
  }
}

async function startTrial(
  acting: Acting,
  record: OptimizationRecord,
  { history, strategy }: Told,
  work: TrialWork,
): Promise<void> {
  const slices = slicesOf(work, examplesToRun(history, work));
  const values = materialize(strategy.space(addWork(history, work)), work.assignment);
  const input = {
    optimizationId: record.id,
    number: Number(work.id.slice(1)),
    work: work as unknown as JsonObject,
    name: work.id,
    assignment: shown(values, work.assignment),
    candidates: meant(values, work.assignment),
    origin: work.origin,
    parent: work.parent ?? null,
    examples: work.exampleIds.length,
    slices: slices.map(({ sliceId }) => sliceId),
  };
  try {
    await acting.dispatch({ resource: 'Trial', action: 'create', input, as: 'system' });
  } catch (error) {
    // Another turn has begun this very trial.
    if (!isTooLate(error)) throw error;
  }
}

/** Values as people read them; a candidate stays named, its content may be long. */
function shown(values: JsonObject, named: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, isJsonObject(named[name]) ? (named[name] ?? null) : value]),
  );
}

/** What the named candidates are. */
function meant(values: JsonObject, named: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([name]) => isJsonObject(named[name] ?? null)));
}

async function closeTrials(acting: Acting, { history, trials, slices }: Told): Promise<void> {
  for (const record of trials) {
    const trial = history.trials.find(({ id }) => id === record.work.id);
    if (record.state !== 'running' || trial === undefined || trial.state === 'running') continue;
    await closeTrial(acting, record.id, { ...closing(trial), spent: spentOn(slices, trial.id) });
  }
}

async function closeTrial(acting: Acting, id: string, input: JsonObject): Promise<void> {
  try {
    await acting.dispatch({ resource: 'Trial', action: 'close', id, input, as: 'system' });
  } catch (error) {
    // Another turn has closed it.
    if (!isTooLate(error)) throw error;
  }
}

function closing(trial: Trial): JsonObject {
  const { quality, costNanoUsd, latencyMs, tokens } = trial.objectives;
  return {
    status: trial.state === 'failed' ? 'failed' : 'completed',
    quality: quality ?? null,
    costNanoUsd: costNanoUsd === undefined ? null : Math.round(costNanoUsd),
    latencyMs: latencyMs ?? null,
    tokens: tokens ?? null,
    failures: trial.failures,
    failure: trial.failure?.message ?? null,
  };
}

async function advance(
  acting: Acting,
  record: OptimizationRecord,
  progress: Progress,
  done?: { winner: string | null; reason: string },
): Promise<void> {
  const { baselineEvaluation, optimizedEvaluation } = record;
  await acting.dispatch({
    resource: 'Optimization',
    action: 'advance',
    id: record.id,
    input: {
      progress,
      baselineEvaluation,
      optimizedEvaluation,
      winner: done?.winner ?? null,
      reason: done?.reason ?? null,
    },
    as: 'system',
  });
}
