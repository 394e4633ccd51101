import { DspexError } from '#lib/base/errors';
import { idFrom } from '#lib/base/id';
import type { JsonObject } from '#lib/base/json';
import { comparePaired } from '#lib/evaluate/compare';
import type { Acting } from '#lib/kernel/kernel';
import { capOf, ledgerOf } from '#lib/resources/budget/ledgers';
import { readOutcomes } from '#lib/resources/evaluation/outcomes';
import { MEASUREMENT } from '#lib/resources/optimization/budget';
import { materialize } from '#lib/variable/candidates';
import type { Assignment } from '#lib/variable/variable';
import { OUT_OF_BUDGET } from './evaluation.ts';
import { type Home, systemOf } from './home.ts';
import { type OptimizationRecord, told } from './optimization.ts';
import { progressOf } from './progress.ts';
import { isTooLate } from './too-late.ts';

interface EvaluationRecord {
  id: string;
  state: string;
  failure: string | null;
  report: (JsonObject & { score: number | null }) | null;
}

/**
 * The winner and the baseline are measured anew on the split the search never saw; then the winner becomes a version.
 * Each step carries a key of its own, so a turn that is cut off is simply taken again.
 */
export async function confirm(
  home: Home,
  acting: Acting,
  record: OptimizationRecord & { winner?: string | null; reason?: string | null },
): Promise<void> {
  const now = await told(home.services, acting, record);
  const winner = now.history.trials.find(({ id }) => id === record.winner);
  const split = now.hasTest ? 'test' : 'validation';
  if (winner === undefined) {
    return finish(home, acting, record, {
      winner: null,
      reason: record.reason ?? 'no trial succeeded',
      assignment: {},
      version: null,
      split,
      baseline: null,
      optimized: null,
      comparison: null,
      promoted: false,
    });
  }
  const assignment = materialize(now.strategy.space(now.history), winner.work.assignment);
  const baseline = await measured(home, acting, record, 'baseline', {}, split);
  const optimized = await measured(home, acting, record, 'optimized', assignment, split);
  if (record.baselineEvaluation === null || record.optimizedEvaluation === null) {
    const progress = { ...progressOf(now), budget: record.progress.budget, phase: 'confirm' };
    await acting.dispatch({
      resource: 'Optimization',
      action: 'advance',
      id: record.id,
      input: {
        progress,
        baselineEvaluation: baseline.id,
        optimizedEvaluation: optimized.id,
        winner: record.winner ?? null,
        reason: record.reason ?? null,
      },
      as: 'system',
    });
  }
  const over = (evaluation: EvaluationRecord) => evaluation.state !== 'queued' && evaluation.state !== 'running';
  // Each evaluation's end brings the next turn.
  if (!over(baseline) || !over(optimized)) return;
  const missed = [baseline, optimized].find(({ state }) => state !== 'completed');
  if (missed?.failure?.startsWith(OUT_OF_BUDGET)) {
    const reason = `${record.reason ?? ''}; baseline and winner could not be measured on ${split}: ${missed.failure}. Apply the trial to have it as a version`;
    const nothing = { version: null, baseline: null, optimized: null, comparison: null, promoted: false };
    return finish(home, acting, record, { winner: winner.id, reason, assignment, split, ...nothing });
  }
  if (missed !== undefined) {
    const why = missed.failure === null ? '' : `: ${missed.failure}`;
    const failure = `trial ${winner.id} won, but measuring on the ${split} split was ${missed.state} (${missed.id})${why}`;
    return finish(home, acting, record, null, failure);
  }

  const outcomes = (evaluation: EvaluationRecord) => readOutcomes(home.services, acting.workspaceId, evaluation.id);
  const comparison = comparePaired(await outcomes(baseline), await outcomes(optimized), record.seed);
  const version = await publish(acting, record, winner.id, assignment);
  const better = (comparison.interval?.low ?? 0) > 0;
  const promoted = record.promote && better ? await promote(acting, record, version) : false;
  await finish(home, acting, record, {
    winner: winner.id,
    reason: record.reason ?? '',
    assignment,
    version,
    split,
    baseline: baseline.report,
    optimized: optimized.report,
    comparison: comparison as unknown as JsonObject,
    promoted,
  });
}

async function measured(
  home: Home,
  acting: Acting,
  record: OptimizationRecord,
  which: 'baseline' | 'optimized',
  variables: Assignment,
  split: 'test' | 'validation',
): Promise<EvaluationRecord> {
  const known = which === 'baseline' ? record.baselineEvaluation : record.optimizedEvaluation;
  if (known !== null) return acting.get<EvaluationRecord>('Evaluation', known);
  const { programId, version, datasetId, datasetVersion, metric, seed, limits } = record;
  // Its id follows from the optimization, so that a turn that is taken again finds it instead of making another.
  const id = idFrom('evl', record.id, which);
  try {
    await home.kernel.dispatch({
      principal: systemOf({ workspaceId: acting.workspaceId, principal: acting.principal.id }),
      resource: 'Evaluation',
      action: 'create',
      id,
      input: {
        programId,
        version,
        variables,
        datasetId,
        datasetVersion,
        split,
        limit: limits[split] ?? null,
        metric,
        seed,
        optimization: record.id,
      },
    });
  } catch (error) {
    if (!isTooLate(error)) throw error;
  }
  return acting.get<EvaluationRecord>('Evaluation', id);
}

/** The version of this winner; made once: whoever makes it must have seen that it is not there yet. */
async function publish(
  acting: Acting,
  record: OptimizationRecord,
  trial: string,
  assignment: Assignment,
): Promise<number> {
  for (;;) {
    const program = await acting.get<{ rev: number; latestVersion: number }>('Program', record.programId);
    for (let number = program.latestVersion; number > record.version; number--) {
      const { body } = await acting.version<{ lineage: { optimizationId: string | null } }>(
        'Program',
        record.programId,
        number,
      );
      if (body.lineage.optimizationId === record.id) return number;
    }
    try {
      const published = await acting.dispatch<{ latestVersion: number }>({
        resource: 'Program',
        action: 'publish',
        id: record.programId,
        input: { base: record.version, assignment, optimizationId: record.id, trial, note: `winner of ${record.id}` },
        ifMatch: program.rev,
        as: 'system',
      });
      return published.latestVersion;
    } catch (error) {
      // Somebody else has changed the program meanwhile: look again.
      if (!(DspexError.is(error) && error.status === 412)) throw error;
    }
  }
}

async function promote(acting: Acting, record: OptimizationRecord, version: number): Promise<boolean> {
  const { aliases } = await acting.get<{ aliases: { live?: { version: number } } }>('Program', record.programId);
  // Done by a turn that was cut off: twice would lose what a rollback goes back to.
  if (aliases.live?.version === version) return true;
  try {
    await acting.dispatch({
      resource: 'Program',
      action: 'promote',
      id: record.programId,
      input: { version },
      as: 'system',
    });
    return true;
  } catch (error) {
    // The version is there all the same, for whoever brings the evidence.
    if (DspexError.is(error) && error.code === 'promotion_gated') return false;
    throw error;
  }
}

async function finish(
  home: Home,
  acting: Acting,
  record: OptimizationRecord,
  result: JsonObject | null,
  failure: string | null = null,
): Promise<void> {
  const status = failure === null ? 'completed' : 'failed';
  const budget = await settled(home, acting, record);
  try {
    await acting.dispatch({
      resource: 'Optimization',
      action: 'finish',
      id: record.id,
      input: { status, result, failure, progress: { ...record.progress, budget } },
      as: 'system',
    });
  } catch (error) {
    // Another turn has said so already, or it was cancelled meanwhile.
    if (!isTooLate(error)) throw error;
  }
}

/** What its budget comes to: what was set aside and not needed is left. */
async function settled(
  { services, clock }: Home,
  { workspaceId }: Acting,
  { id, budget }: OptimizationRecord,
): Promise<JsonObject | null> {
  if (capOf(budget) === null) return null;
  const ledger = ledgerOf(services.store, workspaceId, id);
  await ledger.release(MEASUREMENT);
  await ledger.sweep(clock.now());
  return (await ledger.state()) as unknown as JsonObject | null;
}
