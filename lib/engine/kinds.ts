import { StepFailure } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import type { PlanStep } from '#lib/program/plan';
import { choice, map, parallel } from './containers.ts';
import type { StepContext } from './engine.ts';
import { valueOfExpression } from './inputs.ts';
import type { Performed, Place, ProgramRun } from './run-state.ts';

type Of<K extends PlanStep['kind']> = Extract<PlanStep, { kind: K }>;
type Perform<K extends PlanStep['kind']> = (step: Of<K>, inputs: JsonObject, place: Place) => Promise<Performed>;

/** One attempt of each kind. They throw StepFailure, or give a failure together with what was spent on it. */
const KINDS: { [K in PlanStep['kind']]: Perform<K> } = {
  module: async (step, inputs, place) => {
    const { configured, drive } = place.run;
    const spec = configured.modules[step.id];
    if (spec === undefined) throw missing(step, `module ${step.module}`);
    const context = contextOf(step, place);
    if (spec.lm !== undefined) context.lm = configured.lms[spec.lm];
    const { onDelta } = drive.deps;
    if (onDelta !== undefined)
      context.onDelta = (field, text) => onDelta({ path: place.path, nodeId: step.id, field, text });
    const { outputs, failure, calls, parts, latencyMs, implementation, routing } = await drive.deps.runModule(
      spec,
      inputs,
      context,
    );
    const performed: Performed = { output: outputs ?? null, calls, implementation };
    if (routing !== undefined) performed.routing = routing;
    if (parts !== undefined) performed.parts = parts;
    if (failure !== undefined) performed.failure = failure;
    if (latencyMs !== undefined) performed.latencyMs = latencyMs;
    else if (calls.length > 0) {
      performed.latencyMs = 0;
      for (const call of calls) performed.latencyMs += call.durationMs;
    }
    return performed;
  },
  transform: async (step, inputs, { scope }) => {
    const seen = step.inputs.length === 0 ? scope : { ...scope, inputs };
    const value = valueOfExpression(step.expression, seen);
    return { output: (value instanceof Promise ? await value : value) ?? null, latencyMs: 0 };
  },
  choice,
  map,
  parallel,
  effect: async (step, inputs, place) => {
    const { effects } = place.run.drive.deps;
    if (step.http !== undefined && effects?.http !== undefined)
      return { output: await effects.http(step.http, inputs, contextOf(step, place)) };
    if (step.lambda !== undefined && effects?.lambda !== undefined)
      return { output: await effects.lambda(step.lambda, inputs, contextOf(step, place)) };
    throw missing(step, step.http === undefined ? 'Lambda functions' : 'HTTP requests');
  },
  approval: async (step, inputs, place) => {
    const { approvals } = place.run.drive.deps;
    if (approvals === undefined) throw missing(step, 'approvals');
    const message = step.message === undefined ? step.title : await valueOfExpression(step.message, place.scope);
    const text = typeof message === 'string' ? message : JSON.stringify(message ?? step.id);
    const { approved, by, note } = await approvals.decide({ message: text, inputs }, contextOf(step, place));
    const output = { approved, by: by ?? null, note: note ?? null };
    if (approved) return { output };
    throw new StepFailure('Effect.Failed', `Refused${by === undefined ? '' : ` by ${by}`}${note ? `: ${note}` : ''}`);
  },
  program: (step, inputs, place) => place.run.drive.program(step.program, step.alias, inputs, place),
  action: async (step, inputs, place) => {
    const call = { nodeId: step.id, resource: step.resource, action: step.action, inputs };
    const [output] = await actionsOf(step, place.run).commit([call], contextOf(step, place));
    return { output: output ?? null };
  },
  transaction: async (step, _inputs, place) => {
    const calls = [];
    const output: JsonObject = {};
    for (const action of step.actions) {
      output[action.id] = null;
      if (action.when !== undefined && (await valueOfExpression(action.when, place.scope)) !== true) continue;
      const inputs: JsonObject = {};
      for (const { name, expression } of action.inputs) {
        const value = await valueOfExpression(expression, place.scope);
        if (value !== undefined) inputs[name] = value;
      }
      calls.push({ nodeId: action.id, resource: action.resource, action: action.action, inputs });
    }
    const results = calls.length === 0 ? [] : await actionsOf(step, place.run).commit(calls, contextOf(step, place));
    for (const [i, call] of calls.entries()) output[call.nodeId] = results[i] ?? null;
    return { output };
  },
};

export const PERFORM = KINDS as unknown as Readonly<Record<PlanStep['kind'], Perform<PlanStep['kind']>>>;

function actionsOf(step: PlanStep, run: ProgramRun) {
  const { actions } = run.drive.deps;
  if (actions === undefined) throw missing(step, 'resource actions');
  return actions;
}

function missing(step: PlanStep, what: string): StepFailure {
  return new StepFailure('Internal', `Node ${step.id} needs ${what}, which are not available here`);
}

function contextOf(step: PlanStep, { run, path, attempt, signal }: Place): StepContext {
  // An undoing goes with what it undoes: the second one is another effect than the first.
  const undoing = path.lastIndexOf('/compensate/');
  const undone = run.taken.undone.get(undoing < 0 ? path : path.slice(0, undoing)) ?? 0;
  return {
    path,
    nodeId: step.id,
    attempt,
    // What was undone is done anew, not repeated.
    idempotencyKey: `${run.drive.runId}/${path}${undone === 0 ? '' : `#${undone + 1}`}`,
    signal,
    timeoutSeconds: step.timeoutSeconds,
    lm: undefined,
    lms: run.configured.lms,
    onDelta: undefined,
  };
}
