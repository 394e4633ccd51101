import type { Failure } from '#lib/base/failure';
import { StepFailure } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import type { EngineDeps } from '#lib/engine/engine';
import type { Journal } from '#lib/engine/journal';
import { newDrive } from '#lib/engine/run';
import type { ProgramRun } from '#lib/engine/run-state';
import type { StepRecord } from '#lib/engine/step';
import { redriven, resumed, type TakenOver } from '#lib/engine/take-over';
import type { ConfiguredProgram } from '#lib/program/configured';
import type { StepJournal } from './step-journal.ts';

/** What the steps of one execution need: its program, its input, its journal, and the world. */
export interface StepHost {
  configured: ConfiguredProgram;
  input: JsonObject;
  /** Stands in idempotency keys; the execution's id. */
  runId: string;
  /** Steps that earlier drives brought to no good end are run again. */
  redrive: boolean;
  deps: EngineDeps;
  journal: StepJournal;
  /** Show outputs to whoever looks at the machine's console? */
  previews: boolean;
}

/** What stands in the journal for this drive, as the engine takes it over. */
export interface Standing {
  taken: TakenOver;
  /** All that counts, in order. */
  records: StepRecord[];
}

export async function standing(host: StepHost): Promise<Standing> {
  const { earlier, current } = await host.journal.read();
  const old = earlier.map((record) => ({ ...record, origin: 'journal' as const }));
  const before = host.redrive ? redriven(host.configured.plan, old) : resumed(old);
  const kept = [...before.records.values()].flat();
  const counts = new Set(kept);
  const records = [...old.filter((record) => counts.has(record)), ...current];
  const now = resumed(current).records;
  const merged = new Map(before.records);
  for (const [path, list] of now) merged.set(path, [...(merged.get(path) ?? []), ...list]);
  return { taken: { ...before, records: merged }, records };
}

/** What a step left behind that ended without a word: its process died, or took longer than it may. */
export function lostStep(error: string | undefined): (path: string) => Failure | undefined {
  const timedOut = error === 'States.Timeout' || error === 'Sandbox.Timedout';
  // What undoes is done after all: leaving it out would leave the world as it should not be.
  return (path) =>
    path.includes('/compensate/')
      ? undefined
      : {
          name: timedOut ? 'Step.Timeout' : 'Internal',
          message: timedOut ? 'The step did not end in time' : 'The step ended without a result',
          retryable: timedOut,
        };
}

/** A run of the whole program as the engine knows it, with everything the journal holds taken over. */
export function programRun(host: StepHost, { taken }: Standing, more: Partial<ProgramRun> = {}): ProgramRun {
  const { configured, deps, runId, redrive } = host;
  const drive = newDrive({ ...deps, journal: writingTo(host) }, { runId });
  return { drive, configured, taken, redrive, needed: undefined, undo: [], depth: 0, prefix: '', ...more };
}

/** The engine's journal, for writing. */
export function writingTo(host: StepHost, read: Journal['read'] = async () => []): Journal {
  return { read, append: async (records) => void (await host.journal.append(records)) };
}

/** Engine code that names things by ids must find them. */
export function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new StepFailure('Internal', `A step was asked for without ${what}`);
  return value;
}
