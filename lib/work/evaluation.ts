import { DspexError } from '#lib/base/errors';
import { newId } from '#lib/base/id';
import type { JsonObject } from '#lib/base/json';
import type { Example, Split } from '#lib/dataset/example';
import { evaluate } from '#lib/evaluate/evaluate';
import type { EvaluationReport, ExampleResult } from '#lib/evaluate/report';
import { summarize } from '#lib/evaluate/summarize';
import type { Acting } from '#lib/kernel/kernel';
import { readsOutputs, scoreFunction } from '#lib/metric/score';
import type { MetricSpec } from '#lib/metric/spec';
import { type DatasetContent, loadExamples } from '#lib/resources/dataset/content';
import { outcomeRows, readOutcomes } from '#lib/resources/evaluation/outcomes';
import { type Leased, writeUnderLease } from '#lib/resources/lease';
import { metricHands } from '#lib/resources/metric/hands';
import { rowItem } from '#lib/resources/rows';
import { topicOf } from '#lib/resources/watch';
import type { Assignment } from '#lib/variable/variable';
import { isSimulated, runExample } from './example-run.ts';
import { actingFor, type Hold, type Home, type Origin } from './home.ts';
import { engineDeps, readyProgram } from './program-run.ts';

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
  concurrency: number;
  seed: number;
  optimizationId: string | null;
}

/** An outcome as its row keeps it. */
type Recorded = ExampleResult & { simulated?: true };

// Outcomes are made durable in batches: one write for many, and few examples to repeat after a crash.
const BATCH = 10;

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
    await dispatch('finish', { status: 'completed', report: reportJson(report), failure: null, simulated });
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
  const { configured, models } = await readyProgram(acting, record.programId, record.version, record.variables);
  const examples = await examplesOf(services, acting, record);
  const known = new Map(
    (await readOutcomes(services, origin.workspaceId, record.id)).map((result) => [result.exampleId, result]),
  );
  const outcomes = recorder(home, { workspaceId: origin.workspaceId, resource: 'Evaluation', id: record.id }, lease);
  const deps = engineDeps(home, acting, models, { implementation: record.implementation });
  const outputs = readsOutputs(record.metric);
  const simulated = new Set<string>();
  const missing = examples.filter((example) => !known.has(example.id));
  if (missing.length > 0)
    await evaluate({
      examples: missing,
      score: scoreFunction(record.metric, metricHands(services, acting, signal)),
      concurrency: record.concurrency,
      seed: record.seed,
      signal,
      run: async (example, exampleSignal) => {
        const { run, result } = await runExample(configured, example, deps, outputs, exampleSignal, record.id);
        if (isSimulated(result)) simulated.add(example.id);
        return run;
      },
      onProgress: (progress) => {
        const { last } = progress;
        outcomes.add(simulated.has(last.exampleId) ? { ...last, simulated: true } : last);
        const finished = known.size + progress.finished;
        const news = { finished, examples: examples.length, failed: progress.failed, score: progress.score };
        services.live.publish(topicOf('Evaluation', record.id), { event: 'progress', data: news });
        // Who watches the optimization sees its two measurements too.
        if (record.optimizationId !== null) {
          const data = { ...news, evaluation: record.id };
          services.live.publish(topicOf('Optimization', record.optimizationId), { event: 'measure', data });
        }
      },
    });
  await outcomes.flush();
  await services.gateway.flush();
  // From the rows, which everybody else sees too.
  const byId = new Map(
    (await readOutcomes(services, origin.workspaceId, record.id)).map((result) => [result.exampleId, result]),
  );
  const results = examples.flatMap((example) => byId.get(example.id) ?? []);
  return {
    report: summarize(results, { examples: examples.length, seed: record.seed }),
    simulated: results.some((result: Recorded) => result.simulated === true),
  };
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
  const { examples, scored, failed, degraded, interval, parts, failures, usage, costNanoUsd, spentNanoUsd, latencyMs } =
    report;
  return {
    examples,
    scored,
    failed,
    degraded,
    score: report.scoreWithFailuresAsZero,
    scoreOfScored: report.score,
    interval: interval === null ? null : { low: interval.low, high: interval.high },
    parts,
    failures,
    usage: { ...usage },
    costNanoUsd,
    spentNanoUsd,
    latencyMs: latencyMs === null ? null : { ...latencyMs },
  };
}
