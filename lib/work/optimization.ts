import { checksum } from '#lib/base/hash';
import type { JsonObject } from '#lib/base/json';
import type { Example } from '#lib/dataset/example';
import type { Acting } from '#lib/kernel/kernel';
import type { Amounts } from '#lib/lm/budget/amounts';
import type { MetricSpec } from '#lib/metric/spec';
import { predictorsOf } from '#lib/module/asked';
import type { ModuleSpec } from '#lib/module/spec';
import { addOutcomes, addWork, examplesToRun, failTrial, newHistory } from '#lib/optimizer/drive';
import { withEarlier } from '#lib/optimizer/earlier/history';
import type { History, Objective, Strategy } from '#lib/optimizer/spec';
import { createStrategy } from '#lib/optimizer/strategies';
import { versionSpace } from '#lib/optimizer/version-space';
import { evaluateExpression } from '#lib/program/expression';
import type { ProgramVersionBody } from '#lib/program/program';
import { type DatasetContent, loadExamples } from '#lib/resources/dataset/content';
import { earlierRuns, type Warmed } from '#lib/resources/optimization/warm-start';
import { rowKey } from '#lib/resources/rows';
import type { Services } from '#lib/resources/services';
import { type GenerationRecord, withGenerations } from './generations.ts';
import { configuredWith } from './program-run.ts';
import { recorded, type SliceResult, sliceRows, type TrialRecord, type TrialWork } from './recorded.ts';
import type { OwnBudget } from './wallet.ts';

export {
  type PaidAnswer,
  type SliceResult,
  sliceRows,
  type TrialRecord,
  type TrialWork,
  trialsOf,
} from './recorded.ts';

export interface OptimizationRecord {
  id: string;
  rev: number;
  state: string;
  programId: string;
  program: string;
  version: number;
  datasetId: string;
  datasetVersion: number;
  metric: MetricSpec;
  strategy: { strategy: string; config: JsonObject };
  objectives: Objective[];
  seed: number;
  parallelism: number;
  limits: Partial<Record<'train' | 'validation' | 'test', number>>;
  promote: boolean;
  baselineEvaluation: string | null;
  optimizedEvaluation: string | null;
  progress: Progress;
  budget: OwnBudget['budget'];
  warmed: Warmed | null;
  setAside: Amounts | null;
  perRun: Amounts | null;
  startedAt: string | null;
  activeMs: number;
  activeSince: number | null;
}

export interface Progress extends JsonObject {
  phase: 'waiting' | 'search' | 'confirm' | 'done';
  trials: number;
  calls: number;
  cachedCalls: number;
  unreadModules: number;
  bestTrial: string | null;
  bestQuality: number | null;
  spentNanoUsd: number | null;
  tokens: number;
  generations: number;
  failedGenerations: number;
  budget: JsonObject | null;
}

/** An optimization as its rows and records tell it: the history a strategy sees, and what was spent on it. */
export interface Told {
  history: History;
  strategy: Strategy;
  body: ProgramVersionBody;
  trials: TrialRecord[];
  generations: GenerationRecord[];
  slices: SliceResult[];
  hasTest: boolean;
}

// Large enough that starting a slice costs nothing, small enough that a lost worker loses little.
export const SLICE_EXAMPLES = 25;

/** `t3/0`: the key under which a slice's result is counted once. */
export function slicesOf(work: TrialWork, exampleIds: readonly string[]): { sliceId: string; exampleIds: string[] }[] {
  const slices = [];
  for (let start = 0; start < exampleIds.length; start += SLICE_EXAMPLES) {
    slices.push({
      sliceId: `${work.id}/${slices.length}`,
      exampleIds: exampleIds.slice(start, start + SLICE_EXAMPLES),
    });
  }
  return slices;
}

/** Reads everything recorded about an optimization and folds it into the history its strategy asks from. */
export async function told(services: Services, acting: Acting, record: OptimizationRecord): Promise<Told> {
  const { body } = await acting.version<ProgramVersionBody>('Program', record.programId, record.version);
  const examples = await examplesOf(services, acting, record);
  const bySplit = (split: 'train' | 'validation' | 'test') =>
    examples.filter((example) => example.split === split).slice(0, record.limits[split]);
  const { trials, slices, generations, settled, folded, keep } = await recorded(services, acting, record.id);
  let history =
    folded?.history ?? (await begun(services, acting, record, body, bySplit('train'), bySplit('validation')));
  // In trial order: a trial that continues another one starts with what that one has found out.
  const ofTrial = Map.groupBy(slices, ({ trial }) => trial);
  for (const [index, { work, state, failure }] of trials.entries()) {
    if (index < (folded?.trials ?? 0)) continue;
    if (index === settled) keep(history);
    history = addWork(history, work);
    for (const { outcomes } of ofTrial.get(work.id) ?? []) history = addOutcomes(history, work.id, outcomes);
    if (state === 'failed')
      history = failTrial(history, work.id, { name: 'Internal', message: failure ?? 'failed', retryable: false });
  }
  if (settled === trials.length) keep(history);
  history = withGenerations(history, generations);
  const strategy = createStrategy(record.strategy.strategy, evaluateExpression);
  return { history, strategy, body, trials, generations, slices, hasTest: bySplit('test').length > 0 };
}

/** The history before its first trial. */
async function begun(
  services: Services,
  acting: Acting,
  record: OptimizationRecord,
  body: ProgramVersionBody,
  train: Example[],
  validation: Example[],
): Promise<History> {
  const history = newHistory({
    space: versionSpace(body),
    seed: record.seed,
    config: record.strategy.config,
    parallelism: record.parallelism,
    program: await sketchOf(body),
    examples: { train, validation },
    objectives: record.objectives,
  });
  const { warmed } = record;
  if (warmed?.content == null) return history;
  return withEarlier(history, await earlierRuns(services, acting.workspaceId, warmed.content), warmed.again);
}

const nodeOf = (id: string, { signature, demos }: Pick<ModuleSpec, 'signature' | 'demos'>) => ({
  ...{ id, signature, demos },
  instructions: signature.instructions,
});

/** What an adopted program asks of models it asks through its predictors: each is a node to an optimizer. */
function predictorNodes(id: string, spec: ModuleSpec): History['program']['nodes'] {
  return Object.entries(predictorsOf(spec)).map(([name, signature]) =>
    nodeOf(predictorNode(id, name), { signature, demos: spec.predictors?.[name]?.demos ?? [] }),
  );
}

/** As a binding names its place: `nodes.` before it, `.demos` behind it. */
export const predictorNode = (nodeId: string, predictor: string): string => `${nodeId}.predictors.${predictor}`;

async function sketchOf(body: ProgramVersionBody): Promise<History['program']> {
  const { modules } = await configuredWith(body, {});
  const nodes = Object.entries(modules).flatMap(([id, spec]) =>
    spec.adopted === undefined ? nodeOf(id, spec) : predictorNodes(id, spec),
  );
  return { nodes, bindings: [...(body.graph.bindings ?? []), ...body.bindings] };
}

/** A paused optimization is none that has ended: what is under way in it goes on and counts. */
export const isOver = ({ state }: Pick<OptimizationRecord, 'state'>): boolean =>
  state !== 'queued' && state !== 'running' && state !== 'paused';

/** Slices of running trials, and generations, whose results are not in. */
export async function missingSlices(services: Services, acting: Acting, now: Told, id: string): Promise<string[]> {
  const rows = sliceRows(acting.workspaceId, id);
  const missing = now.generations.filter(({ state }) => state === 'running').map(({ work }) => work.id);
  for (const { work, state } of now.trials) {
    if (state !== 'running') continue;
    for (const { sliceId } of slicesOfTrial(now.history, work))
      if ((await services.store.get(rowKey(rows, sliceId))) === null) missing.push(sliceId);
  }
  return missing;
}

/** Which examples a slice has follows from the trial alone, not from how many slices are in already. */
export function slicesOfTrial(history: History, work: TrialWork): ReturnType<typeof slicesOf> {
  const fresh = { ...history, trials: history.trials.filter(({ id }) => id !== work.id) };
  return slicesOf(work, examplesToRun(fresh, work));
}

// Turns and slices of one optimization come in quick succession and read the same immutable examples.
const examplesByVersion = new Map<string, Promise<Example[]>>();

export function examplesOf(
  services: Services,
  acting: Acting,
  record: { datasetId: string; datasetVersion: number },
): Promise<Example[]> {
  const key = checksum([acting.workspaceId, record.datasetId, record.datasetVersion]);
  let examples = examplesByVersion.get(key);
  if (examples === undefined) {
    examples = acting
      .version<DatasetContent>('Dataset', record.datasetId, record.datasetVersion)
      .then(({ body }) => loadExamples(services.blobs, acting.workspaceId, body));
    examples.catch(() => examplesByVersion.delete(key));
    if (examplesByVersion.size >= 8) examplesByVersion.clear();
    examplesByVersion.set(key, examples);
  }
  return examples;
}
