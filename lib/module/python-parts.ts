import { type Clock, systemClock } from '#lib/base/clock';
import { type Failure, failureOf } from '#lib/base/failure';
import { isJsonObject, type Json } from '#lib/base/json';
import type { CallRecord, ModulePart } from './spec.ts';

/** What a module did in Python, put together from what its worker tells and what it asks on this side. */
export interface PythonParts {
  /** Of a model call, with the number of the part it belongs to. */
  call(record: CallRecord, part: number | undefined): void;
  progress(progress: Json): void;
  /** Work done on this side for it: a tool. */
  here<T extends Json>(kind: ModulePart['kind'], name: string, inputs: Json, work: () => Promise<T>): Promise<T>;
  ended(): { calls: CallRecord[]; parts: ModulePart[] };
}

export function pythonParts(clock: Clock = systemClock): PythonParts {
  const calls: CallRecord[] = [];
  const keys = new Map<number, string[]>();
  const parts: ModulePart[] = [];
  return {
    call(record, part) {
      calls.push(record);
      if (part !== undefined) keys.set(part, [...(keys.get(part) ?? []), record.key]);
    },
    progress(progress) {
      const told = isJsonObject(progress) ? progress.part : undefined;
      if (!isJsonObject(told ?? null)) return;
      const { id, kind, name, draw, inputs, output, failure, startedAt, endedAt } = told as { [key: string]: Json };
      if (typeof id !== 'number' || typeof name !== 'string') return;
      parts.push({
        kind: kind === 'tool' ? 'tool' : 'predict',
        name,
        ...(typeof draw === 'number' ? { draw } : {}),
        inputs: inputs ?? null,
        output: output ?? null,
        ...(isJsonObject(failure ?? null) ? { failure: failure as unknown as Failure } : {}),
        calls: keys.get(id) ?? [],
        startedAt: Math.round(Number(startedAt)),
        endedAt: Math.round(Number(endedAt)),
      });
    },
    async here(kind, name, inputs, work) {
      const startedAt = clock.now();
      const part: ModulePart = { kind, name, inputs, output: null, calls: [], startedAt, endedAt: startedAt };
      parts.push(part);
      try {
        const output = await work();
        part.output = output;
        return output;
      } catch (error) {
        part.failure = failureOf(error);
        throw error;
      } finally {
        part.endedAt = clock.now();
      }
    },
    // A part is told when it ends; a reader wants them as they were begun.
    ended: () => ({ calls, parts: parts.sort((a, b) => a.startedAt - b.startedAt) }),
  };
}
