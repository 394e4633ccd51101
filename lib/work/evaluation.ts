import { Conflict, DspexError } from '#lib/base/errors';
import { newId } from '#lib/base/id';
import type { JsonObject } from '#lib/base/json';
import type { Example, Split } from '#lib/dataset/example';
import type { EngineDeps } from '#lib/engine/engine';
import { evaluate } from '#lib/evaluate/evaluate';
import { foldScores } from '#lib/evaluate/folds';
import type { EvaluationReport } from '#lib/evaluate/report';
import { summarize } from '#lib/evaluate/summarize';
import type { Acting } from '#lib/kernel/kernel';
import { readsOutputs, scoreFunction } from '#lib/metric/score';
import type { MetricSpec } from '#lib/metric/spec';
import type { ConfiguredProgram } from '#lib/program/configured';
import { type DatasetContent, loadExamples } from '#lib/resources/dataset/content';
import { outcomeRows, readOutcomes, runKey } from '#lib/resources/evaluation/outcomes';
import { keepTrace } from '#lib/resources/evaluation/trace';
import { type Leased, writeUnderLease } from '#lib/resources/lease';
import { metricHands } from '#lib/resources/metric/hands';
import { MEASUREMENT } from '#lib/resources/optimization/budget';
import { rowItem } from '#lib/resources/rows';
import { topicOf } from '#lib/resources/watch';
import type { Assignment } from '#lib/variable/variable';
import { closureOf, fingerprintOf } from './evaluation-closure.ts';
import { type Recorded, reusable } from './evaluation-reuse.ts';
import { isSimulated, runExample } from './example-run.ts';
import { actingFor, type Hold, type Home, type Origin } from './home.ts';
import type { Models } from './models.ts';
import { memoized } from './module-memo.ts';
import { engineDeps, readyProgram } from './program-run.ts';
import { type OwnBudget, openWallet } from './wallet.ts';

interface EvaluationRecord {
  id: string;
  state: string;
  programId: string;
  version: number;
  variables: Assignment;
  datasetId: string;
  datasetVersion: number;
  split: Split | null;
  limit: number | null;
  metric: MetricSpec;
  implementation: 'native' | 'python' | null;
  concurrency: number | null;
  seed: number;
  repetitions: number;
  folds: number | null;
  reuse: string | null;
  traces: boolean;
  optimizationId: string | null;
}

// Outcomes are made durable in batches: one write for many, and few examples to repeat after a crash.
const BATCH = 10;
const CONCURRENCY = 16;
const MAX_CONCURRENCY = 1024;
const SAMPLES_APART = 1000;

/** Carries out one evaluation; outcomes already recorded by an earlier worker are kept and not run again. */
export async function carryOutEvaluation(
  home: Home,
  message: Origin & { evaluationId: string },
  hold: Hold,
): Promise<void> {
  const acting = actingFor(home, message, hold.signal);
  const id = message.evaluationId;
  const record = await acting.get<EvaluationRecord>('Evaluation', id);
  if (isOver(record)) return;
  const lease = newId('lea', home.clock.now());
  const dispatch = (action: string, input: JsonObject) =>
    unlessOver(acting, id, () => acting.dispatch({ resource: 'Evaluation', action, id, input, as: 'system' }));
  await dispatch('begin', { lease });
  const cancel = new AbortController();
  const unsubscribe = home.services.live.subscribe(topicOf('Evaluation', id), (news) => {
    if (news.event === 'changed') stopWhenCancelled(acting, id, cancel);
  });
  try {
    // What happened before we listened.
    if (isOver(await acting.get<EvaluationRecord>('Evaluation', id))) return;
    const signal = AbortSignal.any([hold.signal, cancel.signal]);
    const { report, simulated } = await measure(home, message, acting, record, lease, signal);
    if (signal.aborted) return;
    await dispatch('finish', { status: 'completed', report, failure: null, simulated });
  } catch (error) {
    if (hold.signal.aborted || (DspexError.is(error) && error.code === 'lease_lost')) return;
    // What the caller got wrong ends it; what we or the disk got wrong is tried again.
    if (!DspexError.is(error) || error.status >= 500) throw error;
    await dispatch('finish', { status: 'failed', report: null, failure: error.message, simulated: false });
  } finally {
    unsubscribe();
  }
}

const isOver = ({ state }: EvaluationRecord): boolean => state !== 'queued' && state !== 'running';

/** A transition that came too late, because the evaluation has ended meanwhile, is no failure. */
async function unlessOver(acting: Acting, id: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(DspexError.is(error) && error.status === 409)) throw error;
    if (!isOver(await acting.get<EvaluationRecord>('Evaluation', id))) throw error;
  }
}

/** Nobody will carry it out any more: its deliveries are used up. Does nothing when it has ended after all. */
export async function giveUpEvaluation(
  home: Home,
  origin: Origin & { evaluationId: string },
  reason: string,
): Promise<void> {
  const acting = actingFor(home, origin);
  const id = origin.evaluationId;
  if (isOver(await acting.get<EvaluationRecord>('Evaluation', id))) return;
  const input = { status: 'failed', report: null, failure: reason, simulated: false };
  await unlessOver(acting, id, () =>
    acting.dispatch({ resource: 'Evaluation', action: 'finish', id, input, as: 'system' }),
  );
}

function stopWhenCancelled(acting: Acting, id: string, cancel: AbortController): void {
  acting
    .get<EvaluationRecord>('Evaluation', id)
    .then(({ state }) => state === 'cancelled' && cancel.abort())
    .catch(() => {});
}

async function measure(
  home: Home,
  origin: Origin,
  acting: Acting,
  record: EvaluationRecord,
  lease: string,
  signal: AbortSignal,
) {
  const { services } = home;
  const { workspaceId } = origin;
  const { configured, models } = await readyProgram(acting, record.programId, record.version, record.variables);
  const examples = await examplesOf(services, acting, record);
  const { repetitions, metric, implementation } = record;
  const wallet = await walletOf(home, acting, record);
  const depsOf = (sample: number) => {
    const options = { implementation, draw: { sample }, purse: wallet };
    return memoized(engineDeps(home, acting, models, options), services, { workspaceId, models, ...options });
  };
  // A step that is tried again draws the next sample, so repetitions keep their distance.
  const deps = Array.from({ length: repetitions }, (_, sample) => depsOf(sample * SAMPLES_APART));
  const load = deps[0]?.loadProgram ?? (() => Promise.reject(new Error('no programs are available here')));
  const closure = await closureOf({ configured, models, metric, implementation }, load, acting);
  const known = new Map(
    (await readOutcomes<Recorded>(services, workspaceId, record.id)).map((result) => [runKey(result), result]),
  );
  const outcomes = recorder(home, { workspaceId, resource: 'Evaluation', id: record.id }, lease);
  if (record.reuse !== null) {
    const wanted = { evaluationId: record.reuse, examples, repetitions, closure };
    for (const result of await reusable(services, workspaceId, wanted)) {
      if (known.has(runKey(result))) continue;
      known.set(runKey(result), result);
      outcomes.add(result);
    }
  }
  const outputs = readsOutputs(metric);
  const simulated = new Set<string>();
  const sampled = (sample: number) => (repetitions === 1 ? {} : { sample });
  const isKnown = (example: Example, sample: number) =>
    known.has(runKey({ exampleId: example.id, ...sampled(sample) }));
  const byId = new Map(examples.map((example) => [example.id, example]));
  const runs = examples.length * repetitions;
  if (known.size < runs)
    await evaluate({
      examples,
      repetitions,
      without: isKnown,
      score: scoreFunction(metric, metricHands(services, acting, signal, wallet ?? undefined)),
      concurrency: record.concurrency ?? concurrencyOf(configured, models),
      seed: record.seed,
      signal,
      run: async (example, exampleSignal, sample) => {
        const measurement = sample === 0 ? record.id : `${record.id}/${sample}`;
        const { run, result } = await runExample(
          configured,
          example,
          deps[sample] as EngineDeps,
          outputs,
          exampleSignal,
          measurement,
        );
        if (isSimulated(result)) simulated.add(runKey({ exampleId: example.id, sample }));
        if (record.traces) run.trace = { ...(await keepTrace(services.blobs, workspaceId, result.steps)) };
        return run;
      },
      onProgress: (progress) => {
        const { last } = progress;
        const example = byId.get(last.exampleId);
        const fingerprint = example && fingerprintOf(closure, example, last.sample ?? 0);
        outcomes.add({
          ...last,
          ...(simulated.has(runKey(last)) ? { simulated: true } : {}),
          ...(fingerprint ? { fingerprint } : {}),
        });
        const finished = known.size + progress.finished;
        const news = { finished, examples: runs, failed: progress.failed, score: progress.score };
        services.live.publish(topicOf('Evaluation', record.id), { event: 'progress', data: news });
        // Who watches the optimization sees its two measurements too.
        if (record.optimizationId !== null) {
          const data = { ...news, evaluation: record.id };
          services.live.publish(topicOf('Optimization', record.optimizationId), { event: 'measure', data });
        }
      },
    });
  await wallet?.close();
  await outcomes.flush();
  await services.gateway.flush();
  const refusal = wallet?.refusal() ?? null;
  // What could not be paid for says nothing about the program.
  if (refusal !== null) throw new Conflict('budget_exceeded', `${OUT_OF_BUDGET}${refusal.message}`);
  // From the rows, which everybody else sees too.
  const recorded = new Map(
    (await readOutcomes<Recorded>(services, workspaceId, record.id)).map((result) => [runKey(result), result]),
  );
  const results = examples.flatMap((example) =>
    Array.from(
      { length: repetitions },
      (_, sample) => recorded.get(runKey({ exampleId: example.id, sample })) ?? [],
    ).flat(),
  );
  const { seed, folds } = record;
  const report = summarize(results, { examples: examples.length, repetitions, seed });
  const inFolds = folds === null ? null : foldScores(results, [...byId.keys()], folds, seed);
  return {
    report: { ...reportJson(report), folds: inFolds === null ? null : { ...inFolds } },
    simulated: results.some((result) => result.simulated === true),
  };
}

/** How the failure of an evaluation begins that ended for lack of budget. */
export const OUT_OF_BUDGET = 'out of budget: ';

/** The measurements of an optimization are part of its budget: they have a block of it to themselves. */
async function walletOf(home: Home, acting: Acting, { id, programId, optimizationId }: EvaluationRecord) {
  const { workspaceId } = acting;
  if (optimizationId === null) return openWallet(home, { workspaceId, programId }, id);
  const { budget } = await acting.get<{ budget: OwnBudget['budget'] }>('Optimization', optimizationId);
  const own: OwnBudget = { id: optimizationId, budget, from: MEASUREMENT };
  return openWallet(home, { workspaceId, programId, own }, id);
}

/** As many examples as the most patient of its models may be asked at once: more would wait at the door. */
function concurrencyOf({ modules, lms }: ConfiguredProgram, models: Models): number {
  const limits = Object.values(modules).flatMap(({ lm }) => {
    const frozen = lms[lm ?? 'default'];
    if (frozen === undefined) return [];
    return models.named(lm, frozen).limits?.concurrency ?? [];
  });
  return limits.length === 0 ? CONCURRENCY : Math.min(MAX_CONCURRENCY, Math.max(...limits));
}

/** The examples an evaluation is about, in dataset order. */
export async function examplesOf(
  services: Home['services'],
  acting: Acting,
  record: Pick<EvaluationRecord, 'datasetId' | 'datasetVersion' | 'split' | 'limit'>,
): Promise<Example[]> {
  const { body } = await acting.version<DatasetContent>('Dataset', record.datasetId, record.datasetVersion);
  const all = await loadExamples(services.blobs, acting.workspaceId, body);
  const wanted = record.split === null ? all : all.filter((example) => example.split === record.split);
  return record.limit === null ? wanted : wanted.slice(0, record.limit);
}

/** Writes outcomes in batches behind the evaluation; `flush` resolves when everything added is durable. */
function recorder({ services }: Home, leased: Leased, lease: string) {
  const rows = outcomeRows(leased.workspaceId, leased.id);
  let waiting: Recorded[] = [];
  let writing = Promise.resolve();
  const write = (): void => {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    // Each in a row of its own, in the order of time, whoever wrote the ones before.
    const sk = newId('row');
    writing = writing.then(async () => {
      await writeUnderLease(services.store, leased, lease, [{ put: await rowItem(services, rows, sk, batch) }]);
    });
    // Heard of by whoever flushes.
    writing.catch(() => {});
  };
  return {
    add(result: Recorded): void {
      waiting.push(result);
      if (waiting.length >= BATCH) write();
    },
    flush(): Promise<void> {
      write();
      return writing;
    },
  };
}

/** A report as the Evaluation record holds it: the sums, without the outcomes. */
export function reportJson(report: EvaluationReport): JsonObject {
  const { examples, runs, scored, failed, degraded, interval, deviationWithin, parts, failures } = report;
  const { avoided, judge, usage, costNanoUsd, spentNanoUsd, latencyMs } = report;
  return {
    ...{ examples, runs, scored, failed, degraded },
    score: report.scoreWithFailuresAsZero,
    scoreOfScored: report.score,
    interval: interval === null ? null : { low: interval.low, high: interval.high },
    ...{ deviationWithin, parts, failures },
    avoided: { ...avoided },
    judge: judge === null ? null : { ...judge },
    usage: { ...usage },
    ...{ costNanoUsd, spentNanoUsd },
    latencyMs: latencyMs === null ? null : { ...latencyMs },
  };
}
