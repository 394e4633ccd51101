import { type Failure, failureOf } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import type { PlanStep } from '#lib/program/plan';
import { isContainer } from '#lib/program/plan-graph';
import { attempt } from './attempt.ts';
import { holds, inputsOf } from './inputs.ts';
import { PERFORM } from './kinds.ts';
import { triesAgain, waitMs } from './retry.ts';
import type { Ended, Failed, Performed, ProgramRun, Scope } from './run-state.ts';
import type { StepRecord } from './step.ts';
import { sleep } from './timers.ts';
import { undoBelow } from './undo.ts';

/**
 * Brings one step to its end: skipped, done, done by a fallback, given up because it is optional, or failed for good.
 * The value then stands in `scope.nodes`.
 */
export async function runStep(step: PlanStep, scope: Scope, path: string, run: ProgramRun): Promise<Ended> {
  const held = step.when === undefined || (await condition(step, step.when, scope, path, run));
  if (held === false) {
    setNothing(step, scope);
    return { latencyMs: 0 };
  }
  const primary = await runOnce(step, scope, path, run, held === true ? undefined : held);
  if (primary.failed === undefined || primary.failed.cancelled) return primary;
  let { latencyMs } = primary;
  if (step.fallback.length > 0 || step.optional) await undoBelow(`${path}/`, run);
  for (const other of step.fallback) {
    const ended = await runOnce(other, scope, `${path}/fallback/${other.id}`, run);
    latencyMs += ended.latencyMs;
    if (ended.failed?.cancelled) return { ...ended, latencyMs };
    if (ended.failed === undefined) {
      scope.nodes[step.id] = scope.nodes[other.id] ?? null;
      run.drive.degraded = true;
      return { latencyMs };
    }
    await undoBelow(`${path}/fallback/${other.id}/`, run);
  }
  if (!step.optional) return { ...primary, latencyMs };
  setNothing(step, scope);
  return { latencyMs };
}

/** Whether the step's condition lets it run; a condition that cannot be computed is the step's failure. */
async function condition(
  step: PlanStep,
  when: string,
  scope: Scope,
  path: string,
  run: ProgramRun,
): Promise<boolean | Failure> {
  const last = run.taken.records.get(path)?.at(-1);
  if (last !== undefined) return last.status !== 'skipped';
  const at = run.drive.clock.now();
  try {
    if (await holds(when, scope)) return true;
  } catch (error) {
    return failureOf(error);
  }
  record(run, { ...blank(step, path, 1, at), status: 'skipped', endedAt: at, reason: `${when} is not true` });
  return false;
}

/** One step without its fallbacks: all its attempts. */
async function runOnce(
  step: PlanStep,
  scope: Scope,
  path: string,
  run: ProgramRun,
  unconditional?: Failure,
): Promise<Ended> {
  const { drive, taken } = run;
  const earlier = taken.records.get(path);
  const container = isContainer(step.kind);
  let latencyMs = 0;
  let number = (taken.attempts.get(path) ?? 0) + 1;
  const first = number;
  if (earlier !== undefined && !container) {
    for (const one of earlier) latencyMs += one.latencyMs;
    const last = earlier.at(-1);
    if (last?.status === 'succeeded') return done(step, last.output, latencyMs, scope, path, run);
    if (last?.status === 'failed' && last.retried !== true && last.failure !== undefined)
      return { latencyMs, failed: { failure: last.failure, path, cancelled: false } };
    if (last !== undefined) number = last.attempt + 1;
  }
  const hopeless = unconditional ?? (container ? undefined : run.lost?.(path));
  const [inputs, broken] = hopeless === undefined ? await prepare(step, scope) : [NO_INPUTS, hopeless];
  const perform = PERFORM[step.kind];
  for (; ; number++) {
    const startedAt = drive.clock.now();
    if (step.effectful && !container) await drive.writer?.flush();
    const performed: Performed =
      broken === undefined
        ? await attempt(
            (signal) => perform(step, inputs, { run, scope, path, attempt: number, signal }),
            step.timeoutSeconds,
            container ? undefined : drive.signal,
            drive.timers,
          )
        : { output: null, failure: broken };
    const { failure } = performed;
    const cancelled = failure !== undefined && (performed.failedAt?.cancelled ?? drive.signal?.aborted ?? false);
    const made: StepRecord = {
      ...blank(step, path, number, startedAt),
      status: failure === undefined ? 'succeeded' : cancelled ? 'cancelled' : 'failed',
      endedAt: drive.clock.now(),
      inputs,
      output: performed.output,
      calls: performed.calls ?? [],
    };
    made.latencyMs = performed.latencyMs ?? made.endedAt - made.startedAt;
    latencyMs += made.latencyMs;
    if (performed.implementation !== undefined) made.implementation = performed.implementation;
    if (performed.routing !== undefined) made.routing = performed.routing;
    if (performed.parts !== undefined) made.parts = performed.parts;
    if (performed.reason !== undefined) made.reason = performed.reason;
    // What is taken over of a container are the steps inside; its own record, made from them again, is kept once.
    const isNews = !container || earlier?.at(-1)?.status !== made.status;
    if (failure === undefined) {
      if (isNews) record(run, made);
      if (step.effectful && !container) await drive.writer?.flush();
      return done(step, performed.output, latencyMs, scope, path, run);
    }
    made.failure = failure;
    const again =
      !container && !cancelled && broken === undefined && triesAgain(step.retry, failure, number - first + 1);
    if (again) made.retried = true;
    if (isNews) record(run, made);
    if (!again) return { latencyMs, failed: whereFailed(performed, failure, path, cancelled) };
    if (run.attemptsApart) return { latencyMs, again: failure };
    await sleep(waitMs(step.retry, failure, number - first + 1, drive.random), drive.timers, drive.signal);
  }
}

function whereFailed(performed: Performed, failure: Failure, path: string, cancelled: boolean): Failed {
  return performed.failedAt ?? { failure, path, cancelled };
}

const NO_INPUTS: JsonObject = Object.freeze({});

/** A step's inputs, or why they cannot be computed. */
async function prepare(step: PlanStep, scope: Scope): Promise<[inputs: JsonObject, broken: Failure | undefined]> {
  try {
    if (step.inputs.length === 0) return [NO_INPUTS, undefined];
    const inputs = inputsOf(step.inputs, scope);
    return [inputs instanceof Promise ? await inputs : inputs, undefined];
  } catch (error) {
    return [NO_INPUTS, failureOf(error)];
  }
}

function done(
  step: PlanStep,
  output: StepRecord['output'],
  latencyMs: number,
  scope: Scope,
  path: string,
  run: ProgramRun,
): Ended {
  scope.nodes[step.id] = output;
  if (step.kind === 'transaction') Object.assign(scope.nodes, output);
  const actions = step.kind === 'transaction' ? step.actions : [step];
  for (const one of actions)
    if (one.compensate !== undefined) {
      run.undo.push({ path: step.kind === 'transaction' ? `${path}/${one.id}` : path, step: one.compensate, scope });
    }
  return { latencyMs };
}

function setNothing(step: PlanStep, scope: Scope): void {
  scope.nodes[step.id] = null;
  for (const id of step.shows) scope.nodes[id] = null;
}

export function record(run: ProgramRun, made: StepRecord): void {
  const { drive } = run;
  drive.records.push(made);
  drive.writer?.add(made);
  drive.deps.onStep?.(made);
}

function blank(step: PlanStep, path: string, number: number, startedAt: number): StepRecord {
  return {
    path,
    nodeId: step.id,
    kind: step.kind,
    attempt: number,
    status: 'succeeded',
    startedAt,
    endedAt: startedAt,
    inputs: null,
    output: null,
    calls: [],
    latencyMs: 0,
    origin: 'run',
  };
}
