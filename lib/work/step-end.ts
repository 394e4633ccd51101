import type { StepAnswer } from '#lib/compiler/contract';
import type { RunResult } from '#lib/engine/engine';
import { runProgram } from '#lib/engine/run';
import { totals } from '#lib/engine/totals';
import { lostStep, type StepHost, standing, writingTo } from './step-host.ts';

/**
 * How the program ended, by the engine itself: with everything the journal holds taken over nothing is run again, only
 * the output is computed, or the failure found. What was lost on the way is recorded as failed; what should have been
 * undone and was not is undone here.
 */
export async function programEnd(host: StepHost, error?: string): Promise<RunResult> {
  const { records } = await standing(host);
  const journal = writingTo(host, async () => records);
  const deps = { ...host.deps, journal };
  const result = await runProgram(host.configured, host.input, deps, {
    runId: host.runId,
    mode: { kind: 'resume' },
    lost: lostStep(error),
  });
  const { earlier, current } = await host.journal.read();
  const all = [...earlier, ...current];
  // Attempts that are not taken over have been paid for all the same.
  const servedElsewhere = all.some(({ path, status }) => status === 'succeeded' && /\/fallback\/[^/]+$/.test(path));
  return { ...result, ...totals(all), degraded: result.degraded || servedElsewhere, steps: all };
}

export function endAnswer({ status, failure }: RunResult): StepAnswer {
  return { status, ...(failure === undefined ? {} : { error: failure.name }) };
}
