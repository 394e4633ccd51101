import type { Example } from '#lib/dataset/example';
import type { EngineDeps, RunResult } from '#lib/engine/engine';
import { runProgram } from '#lib/engine/run';
import type { ExampleRun } from '#lib/evaluate/report';
import type { ConfiguredProgram } from '#lib/program/configured';
import type { ProgramPlan } from '#lib/program/plan';
import { neededNodes, stepsIn } from '#lib/program/prune';

/** The program on one example, only as far as the read outputs need it: no journal, the example is the unit of repetition. */
export async function runExample(
  configured: ConfiguredProgram,
  example: Example,
  deps: EngineDeps,
  outputs: readonly string[],
  signal: AbortSignal,
  /** What is being measured; with the example it names each effect, so that no two examples share one. */
  measurement: string,
): Promise<{ run: ExampleRun; result: RunResult }> {
  const runId = `${measurement}/${example.id}`;
  const result = await runProgram(configured, example.inputs, deps, { runId, outputs, signal });
  const { usage } = result;
  const unreadModules = unread(configured.plan, outputs);
  const run: ExampleRun = {
    calls: usage.calls,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    costNanoUsd: result.costNanoUsd,
    spentNanoUsd: result.spentNanoUsd,
    latencyMs: result.latencyMs,
    degraded: result.degraded,
    ...(result.cacheHits === 0 ? {} : { cachedCalls: result.cacheHits }),
    ...(unreadModules === 0 ? {} : { unreadModules }),
    ...(result.output === undefined ? {} : { outputs: result.output }),
    ...(result.failure === undefined ? {} : { failure: result.failure }),
  };
  return { run, result };
}

/** Did the scripted model answer anywhere? Then nothing that came out is a real result. */
export function isSimulated({ steps }: RunResult): boolean {
  return steps.some((step) => step.calls.some((call) => call.model.startsWith('scripted/')));
}

const unreadOf = new WeakMap<ProgramPlan, Map<string, number>>();

/** Modules in the plan that these outputs do not need; the same for every example. */
function unread(plan: ProgramPlan, outputs: readonly string[]): number {
  const counts = unreadOf.get(plan) ?? new Map<string, number>();
  unreadOf.set(plan, counts);
  const key = JSON.stringify(outputs);
  const known = counts.get(key);
  if (known !== undefined) return known;
  const needed = neededNodes(plan, outputs);
  const count = stepsIn(plan).filter(({ id, kind }) => kind === 'module' && !needed.has(id)).length;
  counts.set(key, count);
  return count;
}
