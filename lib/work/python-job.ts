import { failureOf, StepFailure } from '#lib/base/failure';
import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import type { Acting } from '#lib/kernel/kernel';
import type { LanguageModelSettings } from '#lib/lm/spec';
import { scoreFunction } from '#lib/metric/score';
import type { MetricSpec } from '#lib/metric/spec';
import { gatewayDoor } from '#lib/module/python-lm';
import { pythonModels } from '#lib/module/python-models';
import { packageAsk, packagesOf } from '#lib/module/python-package';
import type { CallRecord } from '#lib/module/spec';
import type { PythonFound, PythonJob } from '#lib/optimizer/spec';
import type { PythonAsk } from '#lib/ports/python';
import type { ProgramVersionBody } from '#lib/program/program';
import { metricHands } from '#lib/resources/metric/hands';
import { topicOf } from '#lib/resources/watch';
import type { Values } from '#lib/signature/signature';
import { close, type GenerationRecord, type GenerationWork } from './generations.ts';
import type { Hold, Home } from './home.ts';
import { modelsOf } from './models.ts';
import { examplesOf, isOver, type OptimizationRecord } from './optimization.ts';
import { configuredWith } from './program-run.ts';
import { optimizerPackages } from './python-packages.ts';
import { pythonTarget } from './python-target.ts';
import { walletFor } from './search-wallet.ts';
import { teacherOf } from './teacher.ts';
import { isTooLate } from './too-late.ts';
import type { Wallet } from './wallet.ts';

type Job = GenerationRecord & { work: GenerationWork & { job: PythonJob } };

/** Of what a job found, as its record keeps it. */
const MOST_CHARACTERS = 300_000;
const IDLE_TURNS = 5;

/**
 * One turn of a job: DSPy's optimizer from its beginning, until it ends or the turn is over. What an earlier turn asked
 * of models is answered by the cache, so a turn goes on where the one before was cut off. An optimizer that fails is a
 * failed generation, recorded with its reason.
 */
export async function carryOutPythonJob(
  home: Home,
  acting: Acting,
  record: OptimizationRecord,
  generation: Job,
  hold: Hold,
): Promise<void> {
  const turn = newTurn();
  const over = AbortSignal.timeout(generation.work.job.turnSeconds * 1000);
  const cancelled = whenOver(home, acting, record.id);
  const signal = AbortSignal.any([hold.signal, over, cancelled.signal]);
  const wallet = await walletFor(home, acting, record, generation.work.id);
  try {
    const found = await compile(home, acting, record, generation, turn, signal, wallet).finally(async () => {
      cancelled.stop();
      await wallet?.close();
    });
    const refusal = wallet?.refusal() ?? null;
    // It may have made do without the answers it was refused; what it found then is not what it looks for.
    if (refusal !== null) throw new StepFailure('Budget.Exceeded', refusal.message);
    const text = JSON.stringify(found);
    if (text.length > MOST_CHARACTERS)
      throw new StepFailure(
        'Output.Invalid',
        `it found demos of ${text.length} characters; ${MOST_CHARACTERS} can be kept`,
      );
    await home.services.gateway.flush();
    await close(acting, generation.id, { ...turn.spending(), text, status: 'completed', failure: null });
  } catch (error) {
    await home.services.gateway.flush();
    // Taken away, or the optimization is over: whoever did that goes on from here.
    if (hold.signal.aborted || cancelled.signal.aborted) return;
    const refused = wallet?.refusal() != null;
    const failure =
      over.aborted && !refused ? turn.stuck(generation.work.job, generation.turns) : failureOf(error).message;
    if (failure === null) return again(home, acting, record.id, generation, turn);
    await close(acting, generation.id, {
      ...turn.spending(),
      text: null,
      status: 'failed',
      failure: failure.slice(0, 2000),
      refused,
    });
  }
}

async function again(
  { services }: Home,
  acting: Acting,
  optimizationId: string,
  { id, work, turns }: Job,
  turn: Turn,
): Promise<void> {
  const { optimizer } = work.job;
  const { spentNanoUsd } = turn.spending();
  const input = { name: work.id, spentNanoUsd, evaluations: turn.evaluations };
  try {
    await acting.dispatch({ resource: 'Generation', action: 'again', id, input: input as JsonObject, as: 'system' });
  } catch (error) {
    if (!isTooLate(error)) throw error;
    return;
  }
  const data = { generation: work.id, optimizer, turns: turns + 1, calls: turn.calls() };
  services.live.publish(topicOf('Optimization', optimizationId), { event: 'turn', data });
}

async function compile(
  home: Home,
  acting: Acting,
  record: OptimizationRecord,
  { work }: Job,
  turn: Turn,
  signal: AbortSignal,
  wallet: Wallet | null,
): Promise<PythonFound> {
  const { python, gateway, blobs, live } = home.services;
  if (python === undefined) throw new StepFailure('Python.Unavailable', 'no Python runtime is set up here');
  const { workspaceId } = acting;
  const { job } = work;
  const { body } = await acting.version<ProgramVersionBody>('Program', record.programId, record.version);
  const target = await pythonTarget(body, await configuredWith(body, {}), blobs, workspaceId);
  const own = await modelsOf(body, acting);
  const main = body.graph.defaults?.lm ?? 'default';
  const frozen = (name: string) => own.named(name, body.lms[name]);
  const models = pythonModels(Object.fromEntries(Object.keys(body.lms).map((name) => [name, frozen(name)])));
  const teacher =
    record.strategy.config.teacher === undefined
      ? undefined
      : await teacherOf(record.strategy.config, body, own, acting);
  const lmOf = (settings: LanguageModelSettings): JsonObject => ({
    ...{ model: models.name(settings), parameters: { ...settings.defaults }, sample: 0 },
  });
  const packages = await optimizerPackages(job, packagesOf(target.files, workspaceId, blobs));
  const examples = new Map((await examplesOf(home.services, acting, record)).map((example) => [example.id, example]));
  const listed = (ids: readonly string[]): Json[] =>
    ids.flatMap((id) => {
      const { inputs, labels } = examples.get(id) ?? {};
      return inputs === undefined || labels === undefined ? [] : [{ id, inputs, labels }];
    });
  const metric = ownMetric(record.metric, target.files.package.sha256);
  const { predictors } = await python.call({
    operation: 'compile',
    payload: {
      ...target.payload((name) => frozen(name ?? main), models),
      optimizer: { name: job.optimizer, config: job.config, compile: job.compile },
      ...{ train: listed(job.train), validation: listed(job.validation), seed: job.seed },
      ...(metric === null ? {} : { metric }),
      ...(teacher === undefined ? {} : { teacher: lmOf(teacher) }),
    },
    // The turn ends before: a worker that does not notice is killed then.
    timeoutMs: job.turnSeconds * 1000 + 5000,
    waitMs: job.turnSeconds * 1000,
    signal,
    repeatable: true,
    asks: {
      package: packageAsk(target.files, workspaceId, blobs),
      metric: metricAsk(scoreFunction(record.metric, metricHands(home.services, acting, signal, wallet ?? undefined))),
    },
    lm: gatewayDoor({ workspaceId, gateway, ...(wallet === null ? {} : { purse: wallet }) }, models.named, turn.call),
    onProgress: (progress) => {
      const told = turn.progress(progress);
      if (told === null) return;
      const data = { generation: work.id, optimizer: job.optimizer, calls: turn.calls(), ...told };
      live.publish(topicOf('Optimization', record.id), { event: 'evaluation', data });
    },
    ...(packages === undefined ? {} : { packages }),
  });
  return byNode(predictors ?? {}, target.nodes);
}

/** A metric of the very package that is compiled sees the program's own objects, in its own process. */
function ownMetric(metric: MetricSpec, sha256: string): string | null {
  return metric.kind === 'python' && metric.package?.sha256 === sha256 && metric.lm === undefined ? metric.entry : null;
}

function metricAsk(score: ReturnType<typeof scoreFunction>): PythonAsk {
  return async ({ inputs, labels, outputs }) => {
    const { value, reason } = await score(labels as Values, outputs as Values, inputs as Values);
    return { score: value, ...(reason === undefined ? {} : { feedback: reason }) };
  };
}

function byNode(predictors: Json, nodes: Record<string, string[]>): PythonFound {
  const found: PythonFound = {};
  for (const [name, ids] of Object.entries(nodes)) {
    const one = isJsonObject(predictors) ? predictors[name] : undefined;
    if (!isJsonObject(one ?? null)) continue;
    for (const id of ids) found[id] = one as unknown as PythonFound[string];
  }
  return found;
}

/** Aborts when the optimization is cancelled or over: nothing more is paid for. */
function whenOver({ services }: Home, acting: Acting, id: string): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const look = () =>
    acting.get<OptimizationRecord>('Optimization', id).then(
      (record) => isOver(record) && controller.abort(),
      () => {},
    );
  const stop = services.live.subscribe(
    topicOf('Optimization', id),
    ({ event }) => void (event === 'changed' && look()),
  );
  // It may have ended while this turn was on its way.
  void look();
  return { signal: controller.signal, stop };
}

interface Turn {
  evaluations: { score: number; examples: number }[];
  call(record: CallRecord): void;
  calls(): number;
  progress(told: Json): JsonObject | null;
  spending(): {
    model: string | null;
    cached: boolean;
    tokens: number;
    costNanoUsd: number | null;
    spentNanoUsd: number | null;
    evaluations: Json[];
  };
  /** Why another turn would come no further; null when it would. */
  stuck(job: PythonJob, turns: number): string | null;
}

/** What one turn asked, measured and spent. */
function newTurn(): Turn {
  const calls: CallRecord[] = [];
  const evaluations: { score: number; examples: number }[] = [];
  const sum = (of: 'costNanoUsd' | 'spentNanoUsd') =>
    calls.reduce<number | null>((total, call) => (total === null || call[of] === null ? null : total + call[of]), 0);
  return {
    evaluations,
    call: (record) => void calls.push(record),
    calls: () => calls.length,
    progress: (told) => {
      if (!isJsonObject(told)) return null;
      const { evaluation, scored } = told;
      if (isJsonObject(evaluation ?? null) && evaluations.length < 1000) {
        evaluations.push(evaluation as { score: number; examples: number });
        return { ...(evaluation as JsonObject), number: evaluations.length };
      }
      return scored === undefined ? null : { scored };
    },
    spending: () => ({
      model: calls[0]?.model ?? null,
      cached: calls.every(({ source }) => source !== 'provider'),
      tokens: calls.reduce((total, { usage }) => total + usage.inputTokens + usage.outputTokens, 0),
      costNanoUsd: sum('costNanoUsd'),
      spentNanoUsd: sum('spentNanoUsd'),
      evaluations: evaluations as Json[],
    }),
    stuck: ({ optimizer, turnSeconds }, turns) => {
      if (calls.some(({ source }) => source === 'provider')) return null;
      // A worker that has to be begun first may take a turn of its own.
      if (calls.length === 0 && turns < IDLE_TURNS) return null;
      return `${optimizer} comes no further in turns of ${turnSeconds} seconds: nothing new was asked in this one; raise turn_seconds`;
    },
  };
}
