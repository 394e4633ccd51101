import { milliseconds, money, short } from './format.ts';

/** A step as the API tells it. */
export interface TraceStep {
  path: string;
  nodeId: string;
  kind: string;
  attempt: number;
  status: string;
  inputs: unknown;
  output: unknown;
  failure?: { name: string; message: string };
  calls: {
    model: string;
    source: string;
    usage: { inputTokens: number; outputTokens: number };
    costNanoUsd: number | null;
    durationMs: number;
  }[];
  latencyMs: number;
  origin: string;
}

/** The steps of an execution as a tree: one line a step, and under it its model calls and what came out. */
export function traceTree(
  execution: { id: string; state: string; latencyMs?: number | null },
  steps: readonly TraceStep[],
): string {
  const lines = [`${execution.id}  ${execution.state}  ${milliseconds(execution.latencyMs)}`];
  for (const [index, step] of steps.entries()) {
    const last = index === steps.length - 1;
    const bar = last ? ' ' : '│';
    const again = step.attempt > 1 ? `, attempt ${step.attempt}` : '';
    const kept = step.origin === 'journal' ? ', taken over' : '';
    lines.push(
      `${last ? '└─' : '├─'} ${step.path} (${step.kind}) ${step.status}${again}${kept}  ${milliseconds(step.latencyMs)}`,
    );
    for (const call of step.calls) {
      const { inputTokens, outputTokens } = call.usage;
      const from = call.source === 'provider' ? '' : `, from ${call.source} cache`;
      lines.push(
        `${bar}    ${call.model}: ${inputTokens} + ${outputTokens} tokens, ${money(call.costNanoUsd)}, ${milliseconds(call.durationMs)}${from}`,
      );
    }
    if (step.failure) lines.push(`${bar}    ${step.failure.name}: ${short(step.failure.message, 100)}`);
    for (const [name, value] of Object.entries(outputsOf(step.output)))
      lines.push(`${bar}    ${name}: ${short(value, 100)}`);
  }
  return lines.join('\n');
}

function outputsOf(output: unknown): Record<string, unknown> {
  if (output === null || output === undefined) return {};
  return typeof output === 'object' && !Array.isArray(output) ? (output as Record<string, unknown>) : { value: output };
}
