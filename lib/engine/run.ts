import { systemClock } from '#lib/base/clock';
import { type Failure, StepFailure } from '#lib/base/failure';
import type { Json, JsonObject } from '#lib/base/json';
import type { ConfiguredProgram } from '#lib/program/configured';
import type { ProgramPlan } from '#lib/program/plan';
import { neededNodes } from '#lib/program/prune';
import type { EngineDeps, RunOptions, RunResult } from './engine.ts';
import { valueOfExpression } from './inputs.ts';
import { nullJournal } from './journal.ts';
import { JournalWriter } from './journal-writer.ts';
import { runBlock } from './run-block.ts';
import type { Drive, Ended, Failed, Performed, Place, ProgramRun, Scope } from './run-state.ts';
import { runStep } from './run-step.ts';
import type { StepRecord } from './step.ts';
import { NOTHING, redriven, replayed, resumed, type TakenOver } from './take-over.ts';
import { systemTimers } from './timers.ts';
import { totals } from './totals.ts';
import { undoBelow } from './undo.ts';

const MAX_PROGRAMS_DEEP = 8;

/**
 * Runs a configured program once. Resolves for every outcome of the program, failures included; rejects only when the
 * journal cannot be read or written, so that whoever drives the run knows to drive it again.
 */
export async function runProgram(
  configured: ConfiguredProgram,
  input: JsonObject,
  deps: EngineDeps,
  options: RunOptions = {},
): Promise<RunResult> {
  const { journal = nullJournal } = deps;
  const drive = newDrive(deps, options);
  const { writer } = drive;
  const { mode = { kind: 'start' } } = options;
  let taken = NOTHING;
  if (mode.kind === 'replay') {
    taken = replayed(configured.plan, mode.records.map(freeOfCharge), mode.from);
    for (const records of taken.records.values())
      for (const record of records) {
        drive.records.push(record);
        writer?.add(record);
      }
  } else if (mode.kind !== 'start') {
    const records = (await journal.read()).map((record) => ({ ...record, origin: 'journal' as const }));
    drive.records = records;
    taken = mode.kind === 'resume' ? resumed(records) : redriven(configured.plan, records);
  }
  const run: ProgramRun = {
    drive,
    configured,
    taken,
    redrive: mode.kind === 'redrive',
    needed: options.outputs === undefined ? undefined : neededFor(configured.plan, options.outputs),
    undo: [],
    depth: 0,
    prefix: '',
    ...(options.lost === undefined ? {} : { lost: options.lost }),
  };
  const ended = await runToEnd(run, input, options.outputs);
  await writer?.flush();
  return result(drive, ended);
}

// An evaluation asks the same of the same plan for every example.
const asked = new WeakMap<ProgramPlan, Map<string, ReadonlySet<string>>>();
const KEPT = 16;

function neededFor(plan: ProgramPlan, outputs: readonly string[]): ReadonlySet<string> {
  const known = asked.get(plan) ?? new Map<string, ReadonlySet<string>>();
  asked.set(plan, known);
  const name = JSON.stringify(outputs);
  const needed = known.get(name) ?? neededNodes(plan, outputs);
  if (known.size < KEPT) known.set(name, needed);
  return needed;
}

/** A drive that has recorded nothing yet; what stands in the journal is not read. */
export function newDrive(deps: EngineDeps, options: Pick<RunOptions, 'runId' | 'signal' | 'flushAfterMs'>): Drive {
  const { journal = nullJournal, timers = systemTimers } = deps;
  const kept = journal !== nullJournal;
  return {
    deps,
    clock: deps.clock ?? systemClock,
    timers,
    random: deps.random === undefined ? Math.random : () => deps.random?.next() ?? 0,
    runId: options.runId ?? 'run',
    signal: options.signal,
    writer: kept ? new JournalWriter(journal, timers, options.flushAfterMs ?? 250) : undefined,
    records: [],
    degraded: false,
    block: runBlock,
    step: runStep,
    program: runInner,
  };
}

type ProgramEnded = Ended & { output?: JsonObject };

async function runToEnd(run: ProgramRun, input: JsonObject, outputs?: readonly string[]): Promise<ProgramEnded> {
  const wrong = missingInput(run.configured, input);
  if (wrong !== undefined) return { latencyMs: 0, failed: { failure: wrong, path: run.prefix, cancelled: false } };
  const scope: Scope = { input, nodes: {} };
  const ended = await runBlock(run.configured.plan, scope, run.prefix, run);
  let { failed } = ended;
  if (failed === undefined) {
    try {
      return { ...ended, output: await outputOf(run.configured, scope, outputs) };
    } catch (error) {
      if (!(error instanceof StepFailure)) throw error;
      failed = { failure: error.failure, path: `${run.prefix}output`, cancelled: false };
    }
  }
  return { ...ended, failed: failed.cancelled ? failed : await undone(run, failed) };
}

async function undone(run: ProgramRun, failed: Failed): Promise<Failed> {
  const left = await undoBelow(run.prefix, run);
  if (left.length === 0) return failed;
  const { failure } = failed;
  return { ...failed, failure: { ...failure, details: { ...failure.details, notUndone: left } } };
}

function missingInput({ name, input: fields }: ConfiguredProgram, input: JsonObject): Failure | undefined {
  for (const field of fields) {
    if (input[field.name] !== undefined && Object.hasOwn(input, field.name)) continue;
    const message = `Program ${name} wants the inputs ${fields.map((one) => one.name).join(', ')}; ${field.name} is missing`;
    return { name: 'Input.Invalid', message, retryable: false };
  }
  return undefined;
}

async function outputOf({ plan }: ConfiguredProgram, scope: Scope, wanted?: readonly string[]): Promise<JsonObject> {
  const output: JsonObject = {};
  for (const { name, expression } of plan.outputs) {
    if (wanted !== undefined && !wanted.includes(name)) continue;
    const value = valueOfExpression(expression, scope);
    output[name] = ((value instanceof Promise ? await value : value) ?? null) as Json;
  }
  return output;
}

/** A `program` node: its steps are recorded below its own path, and it undoes what it did when it fails. */
async function runInner(
  reference: string,
  alias: string | undefined,
  inputs: JsonObject,
  place: Place,
): Promise<Performed> {
  const { run, path } = place;
  const { deps } = run.drive;
  if (deps.loadProgram === undefined)
    throw new StepFailure('Internal', `Program ${reference} cannot be loaded: no programs are available here`);
  if (run.depth + 1 > MAX_PROGRAMS_DEEP)
    throw new StepFailure('Internal', `Programs call each other over ${MAX_PROGRAMS_DEEP} deep, at ${path}`);
  const configured = await deps.loadProgram(reference, alias);
  const prefix = `${path}/`;
  const drive: Drive = { ...run.drive, signal: place.signal };
  const inner: ProgramRun = {
    drive,
    configured,
    taken: innerTaken(run, configured, prefix),
    redrive: run.redrive,
    needed: undefined,
    undo: [],
    depth: run.depth + 1,
    prefix,
  };
  const ended = await runToEnd(inner, inputs);
  if (drive.degraded) run.drive.degraded = true;
  const performed: Performed = { output: ended.output ?? null, latencyMs: ended.latencyMs };
  if (ended.failed !== undefined) {
    performed.failure = ended.failed.failure;
    performed.failedAt = ended.failed;
  }
  return performed;
}

/** The part of the journal below a program node, judged by that program's own plan. */
function innerTaken(run: ProgramRun, { plan }: ConfiguredProgram, prefix: string): TakenOver {
  const below = [...run.taken.records].filter(([path]) => path.startsWith(prefix)).flatMap(([, records]) => records);
  if (below.length === 0) return NOTHING;
  return run.redrive ? redriven(plan, below, prefix) : resumed(below);
}

/** Taken over from another run: what it cost then is not paid now. */
function freeOfCharge(record: StepRecord): StepRecord {
  const calls = record.calls.map((call) => ({ ...call, spentNanoUsd: 0 }));
  return { ...record, calls, origin: 'journal' };
}

function result(drive: Drive, { output, failed, latencyMs }: ProgramEnded): RunResult {
  const { records: steps, degraded } = drive;
  const common = { degraded, steps, latencyMs, ...totals(steps) };
  if (failed === undefined) return { status: 'completed', output: output ?? {}, ...common };
  const { failure, path, cancelled } = failed;
  return { status: cancelled ? 'cancelled' : 'failed', failure, failedAt: path, ...common };
}
