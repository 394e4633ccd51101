import type { Plan, PlanStep } from '#lib/program/plan';
import type { Ended, ProgramRun, Scope } from './run-state.ts';
import { runStep } from './run-step.ts';

/**
 * Runs the stages of a block one after the other, and the steps of a stage at the same time. A stage ends before its
 * failures are judged; the first one as written is the block's.
 */
export async function runBlock(plan: Plan, scope: Scope, prefix: string, run: ProgramRun): Promise<Ended> {
  const { needed, drive } = run;
  let latencyMs = 0;
  for (const whole of plan.stages) {
    const stage = needed === undefined ? whole : whole.filter(({ id }) => needed.has(id));
    const [only] = stage;
    if (only === undefined) continue;
    if (drive.signal?.aborted) return { latencyMs, failed: cancelledAt(prefix + only.id) };
    const ends =
      stage.length === 1
        ? [await runStep(only, scope, prefix + only.id, run)]
        : await Promise.all(stage.map((step: PlanStep) => runStep(step, scope, prefix + step.id, run)));
    void drive.writer?.flush().catch(() => {});
    let slowest = 0;
    let failed: Ended['failed'];
    for (const end of ends) {
      if (end.latencyMs > slowest) slowest = end.latencyMs;
      if (end.failed !== undefined && (failed === undefined || (end.failed.cancelled && !failed.cancelled))) {
        failed = end.failed;
      }
    }
    latencyMs += slowest;
    if (failed !== undefined) return { latencyMs, failed };
  }
  return { latencyMs };
}

export function cancelledAt(path: string): NonNullable<Ended['failed']> {
  return { failure: { name: 'Cancelled', message: 'The run was cancelled', retryable: false }, path, cancelled: true };
}
