import type { Failure } from '#lib/base/failure';
import type { StepAnswer, StepRequest } from '#lib/compiler/contract';
import { JOIN, StepError, type StepErrorName } from '#lib/compiler/contract';
import { preview } from '#lib/compiler/preview';
import { retriedNames } from '#lib/compiler/retry';
import { holds } from '#lib/engine/inputs';
import { runBlock } from '#lib/engine/run-block';
import type { ProgramRun, Scope } from '#lib/engine/run-state';
import { runStep } from '#lib/engine/run-step';
import { undoBelow } from '#lib/engine/undo';
import type { PlanStep } from '#lib/program/plan';
import { isContainer } from '#lib/program/plan-graph';
import { lostStep, programRun, required, type Standing, type StepHost, standing } from './step-host.ts';
import { pathAt, placeOfNode, type StepPlace } from './step-places.ts';
import { itemsOf, scopeAt } from './step-scope.ts';

/**
 * One attempt of one node, by the engine; of a choice, map or parallel, its end, made from what happened inside. Asked
 * again about what has ended, it answers the same and does nothing. Throws StepError when the node failed.
 */
export async function runNode(host: StepHost, request: StepRequest): Promise<StepAnswer> {
  const now = await standing(host);
  const place = placeOfNode(host.configured.plan, required(request.node, 'a node'));
  const path = pathAt(place.pattern, request.items ?? []);
  const { step } = place;
  await recordLost(host, now, place, request);
  const scope = await scopeAt(host.configured.plan, host.input, path, now.taken.records);
  const container = isContainer(step.kind);
  const gathered = container && !(await tooMany(step, scope, request.most));
  const run = programRun(host, now, {
    ...(container ? {} : { attemptsApart: true as const }),
    ...(gathered ? { lost: lostStep(undefined) } : {}),
  });
  await waitedFor(host, now, path);
  // What stands in for it is asked for by itself. Inside something that is given up, all is undone.
  const givesUp = container && (step.optional || step.fallback.length > 0 || place.role === 'fallback');
  await runStep({ ...step, fallback: [], optional: givesUp }, scope, path, run);
  await run.drive.writer?.flush();
  return answerFor(host, step, path);
}

/** What the journal now says of a step: an answer, or the error the machine is to see. */
async function answerFor(host: StepHost, step: PlanStep, path: string): Promise<StepAnswer> {
  const { taken } = await standing(host);
  const last = taken.records.get(path)?.at(-1);
  if (last === undefined) throw new StepError('Internal', path);
  const ref = { path, attempt: last.attempt };
  if (last.status === 'skipped') return { ref, status: 'skipped' };
  if (last.status === 'succeeded')
    return { ref, status: 'succeeded', ...(host.previews ? { preview: preview(last.output) } : {}) };
  throw new StepError(errorName(step, last.failure, last.retried === true), path);
}

/** A failure that is not to be tried again, though its name is on the state's list, passes by the list. */
function errorName(step: PlanStep, failure: Failure | undefined, again: boolean): StepErrorName {
  const name = failure?.name ?? 'Internal';
  return again || !retriedNames(step.retry).includes(name) ? name : `${name}.Final`;
}

/** A stand-in is asked for because what it stands in for has failed; where that left no record, it gets one. */
async function recordLost(host: StepHost, now: Standing, { before }: StepPlace, request: StepRequest): Promise<void> {
  for (const { step, pattern } of before) {
    const path = pathAt(pattern, request.items ?? []);
    if (now.taken.records.get(path)?.at(-1)?.retried === undefined && now.taken.records.has(path)) continue;
    const scope = await scopeAt(host.configured.plan, host.input, path, now.taken.records);
    const run = programRun(host, now, { lost: lostStep(request.error) });
    await runStep({ ...step, fallback: [], optional: true }, scope, path, run);
    await run.drive.writer?.flush();
    const { taken, records } = await standing(host);
    now.taken = taken;
    now.records = records;
  }
}

/** A provider that said when to come back is not asked before, whatever the state's backoff was. */
async function waitedFor(host: StepHost, { taken }: Standing, path: string): Promise<void> {
  const last = taken.records.get(path)?.at(-1);
  const { clock, timers } = host.deps;
  if (last?.retried !== true || last.failure?.retryAfterSeconds === undefined || !clock || !timers) return;
  const milliseconds = last.endedAt + last.failure.retryAfterSeconds * 1000 - clock.now();
  if (milliseconds > 0) await new Promise<void>((resolve) => void timers(milliseconds, resolve));
}

/** More items than the machine runs itself: the step that joins them runs them. */
async function tooMany(step: PlanStep, scope: Scope, most: number | undefined): Promise<boolean> {
  if (step.kind !== 'map' || most === undefined) return false;
  try {
    return (await itemsOf(step, scope)).length > most;
  } catch {
    // Said by the engine, which reads them again.
    return false;
  }
}

/** Which way a container goes. Whatever keeps it from going any way is found again, and recorded, where it is joined. */
export async function chooseWay(host: StepHost, request: StepRequest): Promise<StepAnswer> {
  const now = await standing(host);
  const { step, pattern } = placeOfNode(host.configured.plan, required(request.node, 'a node'));
  const path = pathAt(pattern, request.items ?? []);
  const past: StepAnswer = { branch: JOIN, items: [] };
  await recordLost(host, now, placeOfNode(host.configured.plan, step.id), request);
  try {
    const scope = await scopeAt(host.configured.plan, host.input, path, now.taken.records);
    if (step.when !== undefined && !(await holds(step.when, scope))) return past;
    if (step.kind === 'parallel') return { branch: 0 };
    if (step.kind === 'map') {
      const { length } = await itemsOf(step, scope);
      return length > (request.most ?? 0) ? past : { branch: 0, items: Array.from({ length }, (_, i) => i) };
    }
    if (step.kind !== 'choice') return past;
    for (const id of step.shows) scope.nodes[id] = null;
    for (const [i, arm] of step.arms.entries()) if (await holds(arm.when, scope)) return { branch: i };
    return step.otherwise === undefined ? past : { branch: step.arms.length };
  } catch {
    return past;
  }
}

/** Undoes one node, or all below one map, if it was done and has not been undone. Throws StepError when that failed. */
export async function undoNode(host: StepHost, request: StepRequest): Promise<StepAnswer> {
  const now = await standing(host);
  const { step, pattern, role } = placeOfNode(host.configured.plan, required(request.node, 'a node'));
  const run = programRun(host, now, { lost: lostStep(request.error) });
  const scope: Scope = { input: host.input, nodes: {} };
  // Everything is taken over: this only finds out what has been done, and what of it was undone on the way.
  const ended = await runBlock(host.configured.plan, scope, '', run);
  await run.drive.writer?.flush();
  if (ended.failed?.cancelled) return { status: 'nothing' };
  if (role !== 'compensate') {
    const left = await undoBelow(`${pattern}/`, run);
    await run.drive.writer?.flush();
    if (left.length > 0) throw new StepError('Effect.Failed', left[0] ?? pattern);
    return { status: 'succeeded' };
  }
  const target = run.undo.find((one) => one.step.id === step.id);
  if (target === undefined) return { status: 'nothing' };
  const path = `${target.path}/compensate/${step.id}`;
  // The walk may have recorded what was lost.
  const apart: ProgramRun = { ...programRun(host, await standing(host)), attemptsApart: true };
  await runStep(target.step, target.scope, path, apart);
  await apart.drive.writer?.flush();
  return answerFor(host, step, path);
}
