import { DspexError } from '#lib/base/errors';
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
import { rowItem } from '#lib/resources/rows';
import { topicOf } from '#lib/resources/watch';
import type { Assignment } from '#lib/variable/variable';
import { runExample } from './example-run.ts';
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
  concurrency: number;
  seed: number;
}

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
  if (record.state !== 'queued' && record.state !== 'running') return;
  const dispatch = (action: string, input: JsonObject) =>
    acting.dispatch({ resource: 'Evaluation', action, id, input, as: 'system' });
  await dispatch('begin', {});
  const cancel = new AbortController();
  const unsubscribe = home.services.live.subscribe(topicOf('Evaluation', id), (news) => {
    if (news.event === 'changed') stopWhenCancelled(acting, id, cancel);
  });
  try {
    const signal = AbortSignal.any([hold.signal, cancel.signal]);
    const { report, simulated } = await measure(home, message, acting, record, signal);
    if (signal.aborted) return;
    await dispatch('finish', { status: 'completed', report: reportJson(report), failure: null, simulated });
  } catch (error) {
    if (hold.signal.aborted) return;
    if (!DspexError.is(error)) throw error;
    await dispatch('finish', { status: 'failed', report: null, failure: error.message, simulated: false });
  } finally {
    unsubscribe();
  }
}

function stopWhenCancelled(acting: Acting, id: string, cancel: AbortController): void {
  acting
    .get<EvaluationRecord>('Evaluation', id)
    .then(({ state }) => state === 'cancelled' && cancel.abort())
    .catch(() => {});
}

async function measure(home: Home, origin: Origin, acting: Acting, record: EvaluationRecord, signal: AbortSignal) {
  const { services } = home;
  const { configured, models } = await readyProgram(acting, record.programId, record.version, record.variables);
  const examples = await examplesOf(services, acting, record);
  const known = new Map(
    (await readOutcomes(services, origin.workspaceId, record.id)).map((result) => [result.exampleId, result]),
  );
  const record_ = recorder(home, origin.workspaceId, record.id, known.size);
  const deps = engineDeps(home, acting, models);
  const outputs = readsOutputs(record.metric);
  let simulated = false;
  const missing = examples.filter((example) => !known.has(example.id));
  const fresh =
    missing.length === 0
      ? []
      : (
          await evaluate({
            examples: missing,
            score: scoreFunction(record.metric),
            concurrency: record.concurrency,
            seed: record.seed,
            signal,
            run: async (example, exampleSignal) => {
              const { run, result } = await runExample(configured, example, deps, outputs, exampleSignal);
              simulated ||= result.steps.some((step) => step.calls.some((call) => call.model.startsWith('scripted/')));
              return run;
            },
            onProgress: (progress) => {
              record_.add(progress.last);
              const finished = known.size + progress.finished;
              const news = { finished, examples: examples.length, failed: progress.failed, score: progress.score };
              services.live.publish(topicOf('Evaluation', record.id), { event: 'progress', data: news });
            },
          })
        ).results;
  await record_.flush();
  await services.gateway.flush();
  const byId = new Map([...known, ...fresh.map((result) => [result.exampleId, result] as const)]);
  const results = examples.flatMap((example) => byId.get(example.id) ?? []);
  return { report: summarize(results, { examples: examples.length, seed: record.seed }), simulated };
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
function recorder(home: Home, workspaceId: string, evaluationId: string, offset: number) {
  const rows = outcomeRows(workspaceId, evaluationId);
  let waiting: ExampleResult[] = [];
  let writing = Promise.resolve();
  let number = offset;
  const write = (): void => {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    // Named by the first example's place, so that a second worker never writes over a first one's batch.
    const sk = `${String(number).padStart(8, '0')}-${batch[0]?.exampleId}`;
    number += batch.length;
    writing = writing.then(async () => {
      await home.services.store.transact([{ put: await rowItem(home.services, rows, sk, batch) }]);
    });
  };
  return {
    add(result: ExampleResult): void {
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
