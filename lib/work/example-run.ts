import type { Example } from '#lib/dataset/example';
import type { EngineDeps, RunResult } from '#lib/engine/engine';
import { runProgram } from '#lib/engine/run';
import type { ExampleRun } from '#lib/evaluate/report';
import type { ConfiguredProgram } from '#lib/program/configured';

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
  const run: ExampleRun = {
    calls: usage.calls,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    costNanoUsd: result.costNanoUsd,
    spentNanoUsd: result.spentNanoUsd,
    latencyMs: result.latencyMs,
    degraded: result.degraded,
    ...(result.output === undefined ? {} : { outputs: result.output }),
    ...(result.failure === undefined ? {} : { failure: result.failure }),
  };
  return { run, result };
}

/** Did the scripted model answer anywhere? Then nothing that came out is a real result. */
export function isSimulated({ steps }: RunResult): boolean {
  return steps.some((step) => step.calls.some((call) => call.model.startsWith('scripted/')));
}
