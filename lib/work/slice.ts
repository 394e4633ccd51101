import { DspexError } from '#lib/base/errors';
import type { Failure } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import type { RunResult } from '#lib/engine/engine';
import { evaluate } from '#lib/evaluate/evaluate';
import type { Acting } from '#lib/kernel/kernel';
import { readsOutputs, scoreFunction } from '#lib/metric/score';
import type { ExampleOutcome } from '#lib/optimizer/spec';
import type { Item } from '#lib/ports/store';
import type { ConfiguredProgram } from '#lib/program/configured';
import { metricHands } from '#lib/resources/metric/hands';
import { rowItem, rowKey } from '#lib/resources/rows';
import { topicOf } from '#lib/resources/watch';
import type { Values } from '#lib/signature/signature';
import { materialize } from '#lib/variable/candidates';
import { paidSince, stopOf } from './affordable.ts';
import { runExample } from './example-run.ts';
import { carryOutGeneration, isGeneration } from './generation.ts';
import { actingFor, type Hold, type Home, type Origin } from './home.ts';
import { modelsOf } from './models.ts';
import { memoized } from './module-memo.ts';
import {
  examplesOf,
  isOver,
  type OptimizationRecord,
  predictorNode,
  type SliceResult,
  sliceRows,
  slicesOfTrial,
  told,
} from './optimization.ts';
import { configuredWith, engineDeps } from './program-run.ts';
import { walletFor } from './search-wallet.ts';
import { allPlayedBy, teacherOf } from './teacher.ts';
import { isTooLate } from './too-late.ts';

/** Examples at the same time in one process: it waits for models while they run, and is paid for by the second. */
export const EXAMPLES_AT_ONCE = 32;
const TALLY_ATTEMPTS = 10;
const FEEDBACK_CHARACTERS = 4000;

/**
 * Evaluates one slice of a trial and counts it once: its row, the trial's tally and the next turn are one transaction,
 * and the row's key is the slice. Delivered again it finds the row and leaves.
 */
export async function evaluateSlice(
  home: Home,
  message: Origin & { optimizationId: string; sliceId: string },
  hold: Hold,
): Promise<void> {
  const acting = actingFor(home, message, hold.signal);
  const { optimizationId, sliceId, workspaceId } = message;
  if (await parked(acting, optimizationId, sliceId)) return;
  if (isGeneration(sliceId)) return carryOutGeneration(home, message, hold);
  const rows = sliceRows(workspaceId, optimizationId);
  const record = await acting.get<OptimizationRecord>('Optimization', optimizationId);
  if (isOver(record)) return;
  if ((await home.services.store.get(rowKey(rows, sliceId))) !== null) return;

  const now = await told(home.services, acting, record);
  const { history, strategy, body, trials } = now;
  const trial = trials.find(({ work }) => work.id === sliceId.split('/')[0]);
  if (trial === undefined) return;
  const { work } = trial;
  const stop = stopOf(record, now, home.clock.now());
  if (stop !== null) {
    const nothing = { outcomes: [], calls: 0, cachedCalls: 0, spentNanoUsd: 0, tokens: 0 };
    const row: SliceResult = { trial: work.id, ...nothing, refused: stop };
    return tally(acting, trial.id, await rowItem(home.services, rows, sliceId, [row]));
  }
  const ids = new Set(slicesOfTrial(history, work).find((slice) => slice.sliceId === sliceId)?.exampleIds);
  const examples = (await examplesOf(home.services, acting, record)).filter((example) => ids.has(example.id));

  const assignment = materialize(strategy.space(history), work.assignment);
  const configured = await configuredWith(body, assignment);
  const own = await modelsOf(body, acting);
  const models =
    work.teach === true ? allPlayedBy(await teacherOf(record.strategy.config, body, own, acting), own) : own;
  const wallet = await walletFor(home, acting, record, sliceId);
  const options = { purse: wallet, ...(work.draw === undefined ? {} : { draw: work.draw }) };
  const engine = engineDeps(home, acting, models, options);
  const deps = memoized(engine, home.services, { workspaceId, models, ...options });
  const cancel = new AbortController();
  const unsubscribe = home.services.live.subscribe(topicOf('Optimization', optimizationId), (news) => {
    if (news.event === 'changed') stopWhenOver(acting, optimizationId, cancel);
  });
  const traces = new Map<string, NonNullable<ExampleOutcome['traces']>>();
  const outputs = new Map<string, Values>();
  let cachedCalls = 0;
  const report = await evaluate({
    examples,
    score: scoreFunction(record.metric, metricHands(home.services, acting, hold.signal, wallet ?? undefined)),
    concurrency: EXAMPLES_AT_ONCE,
    signal: AbortSignal.any([hold.signal, cancel.signal]),
    run: async (example, signal) => {
      const { run, result } = await runExample(
        configured,
        example,
        deps,
        readsOutputs(record.metric),
        signal,
        `${optimizationId}/${work.id}`,
      );
      cachedCalls += result.cacheHits;
      if (work.keepTraces) {
        traces.set(example.id, tracesOf(result, configured));
        if (run.outputs !== undefined) outputs.set(example.id, run.outputs);
      }
      return run;
    },
    onProgress: ({ finished }) =>
      home.services.live.publish(topicOf('Optimization', optimizationId), {
        event: 'slice',
        data: { trial: work.id, number: trial.number, origin: work.origin, finished, examples: examples.length },
      }),
  }).finally(async () => {
    unsubscribe();
    await wallet?.close();
  });
  if (report.state !== 'completed') return;
  await home.services.gateway.flush();
  // A run without the money it needed says nothing about the assignment, whatever came out of it.
  const refusal = wallet?.refusal() ?? report.results.find(({ failure }) => isRefusal(failure))?.failure ?? null;

  const { judge } = report;
  const result: SliceResult = {
    trial: work.id,
    outcomes: (refusal === null ? report.results : []).map((outcome) => ({
      exampleId: outcome.exampleId,
      score: outcome.score,
      costNanoUsd: outcome.costNanoUsd,
      latencyMs: outcome.latencyMs,
      tokens: outcome.inputTokens + outcome.outputTokens,
      ...(outcome.failure === undefined ? {} : { failure: outcome.failure }),
      ...(outcome.reason === undefined ? {} : { feedback: outcome.reason.slice(0, FEEDBACK_CHARACTERS) }),
      ...(outputs.has(outcome.exampleId) ? { outputs: outputs.get(outcome.exampleId) ?? {} } : {}),
      ...(traces.has(outcome.exampleId) ? { traces: traces.get(outcome.exampleId) ?? [] } : {}),
    })),
    // Judges are paid like those they judge.
    calls: report.usage.calls + (judge?.calls ?? 0),
    cachedCalls: cachedCalls + (judge?.cachedCalls ?? 0),
    unreadModules: report.avoided.unreadModules,
    spentNanoUsd: report.spentNanoUsd,
    tokens: report.usage.inputTokens + report.usage.outputTokens + (judge?.tokens ?? 0),
    ...(record.budget === null || wallet === null
      ? {}
      : { answers: paidSince(wallet.answers(), Date.parse(record.startedAt ?? '')) }),
    ...(refusal === null ? {} : { refused: refusal.message }),
  };
  const item = await rowItem(home.services, rows, sliceId, [result]);
  await tally(acting, trial.id, item);
}

const isRefusal = (failure: Failure | undefined): boolean => failure?.name === 'Budget.Exceeded';

/** While the optimization is paused nothing new begins: the slice waits in its record. */
async function parked(acting: Acting, optimizationId: string, sliceId: string): Promise<boolean> {
  const read = () => acting.get<OptimizationRecord>('Optimization', optimizationId);
  for (let record = await read(); record.state === 'paused'; record = await read()) {
    try {
      await acting.dispatch({
        resource: 'Optimization',
        action: 'park',
        id: optimizationId,
        input: { sliceId },
        as: 'system',
      });
      return true;
    } catch (error) {
      // Resumed meanwhile, or other slices park at the same time: look again.
      if (!(DspexError.is(error) && error.status === 409)) throw error;
    }
  }
  return false;
}

/** Many slices of one trial may end together: each tries anew until it is counted, found counted, or the trial is over. */
export async function tally(acting: Acting, trialId: string, item: Item): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const input = { item: item as unknown as JsonObject };
      await acting.dispatch({ resource: 'Trial', action: 'tally', id: trialId, input, as: 'system' });
      return;
    } catch (error) {
      if (isTooLate(error)) return;
      if (!(DspexError.is(error) && error.code === 'conflict') || attempt === TALLY_ATTEMPTS) throw error;
    }
  }
}

/** A cancelled optimization pays for no further calls. */
function stopWhenOver(acting: Acting, id: string, cancel: AbortController): void {
  acting
    .get<OptimizationRecord>('Optimization', id)
    .then((record) => isOver(record) && cancel.abort())
    .catch(() => {});
}

function tracesOf(
  result: RunResult,
  { modules }: Pick<ConfiguredProgram, 'modules'>,
): NonNullable<ExampleOutcome['traces']> {
  return result.steps
    .filter((step) => step.kind === 'module' && step.status === 'succeeded')
    .flatMap((step) =>
      modules[step.nodeId]?.adopted === undefined
        ? [{ nodeId: step.nodeId, inputs: step.inputs as JsonObject, outputs: step.output as JsonObject }]
        : (step.parts ?? [])
            .filter(({ kind, failure }) => kind === 'predict' && failure === undefined)
            .map(({ name, inputs, output }) => ({
              nodeId: predictorNode(step.nodeId, name),
              ...{ inputs: inputs as JsonObject, outputs: output as JsonObject },
            })),
    );
}
