import { type FailureName, StepFailure } from '#lib/base/failure';
import type { Json, JsonObject } from '#lib/base/json';
import type { EngineDeps, RunOptions, RunResult, StepContext } from '#lib/engine/engine';
import { runProgram } from '#lib/engine/run';
import type { CallRecord, ModuleSpec } from '#lib/module/spec';
import { configure } from '#lib/program/configure';
import type { ConfiguredProgram } from '#lib/program/configured';
import type { Graph } from '#lib/program/graph';
import type { Program } from '#lib/program/program';
import { parseSignature } from '#lib/signature/parse';
import { virtualTime } from './virtual-time.ts';

/** What goes wrong: by node id, a failure for each attempt in turn (`null` succeeds); the last one stays. */
export type Faults = Record<string, (FailureName | null)[]>;

export const RETRYABLE: ReadonlySet<FailureName> = new Set(['Model.Throttled', 'Model.Transient', 'Output.Invalid']);

export function moduleSpec(signature: string): ModuleSpec {
  return { type: 'predict', implementation: 'native', signature: parseSignature(signature), demos: [], config: {} };
}

export function programOf(
  graph: Graph,
  modules: Record<string, string> = { echo: 'a: Any, b: Any -> value' },
): Program {
  const specs = Object.fromEntries(Object.entries(modules).map(([name, text]) => [name, moduleSpec(text)]));
  return { graph, modules: specs, variables: [], bindings: [], constraints: [], lms: {} };
}

export const configured = (graph: Graph, modules?: Record<string, string>): Promise<ConfiguredProgram> =>
  configure(programOf(graph, modules), {});

export function call(overrides: Partial<CallRecord> = {}): CallRecord {
  return {
    key: 'k',
    model: 'scripted/m',
    source: 'provider',
    usage: { inputTokens: 10, outputTokens: 5 },
    costNanoUsd: 100,
    spentNanoUsd: 100,
    priceVersion: 'v1',
    durationMs: 50,
    attempts: 1,
    sample: 0,
    ...overrides,
  };
}

/** Modules and effects that do what a table says, and remember everything that was asked of them. */
export class World {
  readonly time = virtualTime();
  /** Paths as work on them began. */
  readonly begun: string[] = [];
  readonly inputs = new Map<string, Json>();
  /** Effects that took place, by path, in order. */
  readonly done: string[] = [];
  readonly keys: string[] = [];
  readonly faults: Faults;
  readonly values: Record<string, (inputs: JsonObject, context: StepContext) => Json | Promise<Json>>;

  constructor(faults: Faults = {}, values: World['values'] = {}) {
    this.faults = faults;
    this.values = values;
  }

  readonly deps: EngineDeps = {
    runModule: async (_spec, inputs, context) => {
      const failure = this.begin(inputs, context);
      const calls = [call({ sample: context.attempt - 1 })];
      if (failure !== undefined) return { failure: failure.failure, calls, implementation: 'native' };
      const value = this.values[context.nodeId];
      const outputs = value === undefined ? { value: digest(context.nodeId, inputs) } : await value(inputs, context);
      return { outputs: outputs as JsonObject, calls, implementation: 'native' };
    },
    effects: {
      http: async (_request, inputs, context) => {
        const failure = this.begin(inputs, context);
        if (failure !== undefined) throw failure;
        this.done.push(context.path);
        this.keys.push(context.idempotencyKey);
        return digest(context.nodeId, inputs);
      },
    },
    actions: {
      commit: async (calls, context) => {
        const failure = this.begin({}, context) ?? calls.map(({ nodeId }) => this.fault(nodeId, 1)).find(Boolean);
        if (failure !== undefined) throw failure;
        for (const { nodeId } of calls) this.done.push(`${context.path}:${nodeId}`);
        return calls.map(({ nodeId, inputs }) => digest(nodeId, inputs));
      },
    },
  };

  run(
    program: ConfiguredProgram,
    input: JsonObject,
    options: RunOptions = {},
    deps: Partial<EngineDeps> = {},
  ): Promise<RunResult> {
    const { clock, timers } = this.time;
    return runProgram(program, input, { ...this.deps, clock, timers, random: { next: () => 0.5 }, ...deps }, options);
  }

  private begin(inputs: JsonObject, context: StepContext): StepFailure | undefined {
    this.begun.push(context.path);
    this.inputs.set(context.path, inputs);
    return this.fault(context.nodeId, context.attempt);
  }

  private fault(nodeId: string, attempt: number): StepFailure | undefined {
    const list = this.faults[nodeId];
    const name = list?.[Math.min(attempt, list.length) - 1];
    return name ? new StepFailure(name, `${nodeId} was told to fail`, { retryable: RETRYABLE.has(name) }) : undefined;
  }
}

export function digest(nodeId: string, inputs: JsonObject): string {
  return `${nodeId}(${Object.values(inputs)
    .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
    .join(',')})`.slice(0, 300);
}

/** `path#attempt:status`, in the order of the records. */
export function trace(result: RunResult): string[] {
  return result.steps.map(({ path, attempt, status, retried }) => `${path}#${attempt}:${retried ? 'retried' : status}`);
}
