import { InvalidInput, type Problem } from '#lib/base/errors';
import { sha256 } from '#lib/base/hash';
import type { Plan, PlanStep, ProgramPlan } from '#lib/program/plan';
import { plansIn } from '#lib/program/prune';
import { ASL_LIMITS, type StateMachine } from './asl.ts';
import { check } from './check.ts';
import { type LowerOptions, lower } from './lower.ts';
import { TIMEOUTS, timeoutOf } from './task.ts';

export interface Compiled {
  machine: StateMachine;
  /** As it is sent to Step Functions. */
  definition: string;
  /** SHA-256 of the definition: programs of one structure share one machine. */
  hash: string;
  bytes: number;
}

export interface CompileOptions extends LowerOptions {
  /** Default STANDARD. The definition is the same; an Express machine cannot wait for a token, nor run for minutes. */
  type?: 'STANDARD' | 'EXPRESS';
}

/**
 * Compiles and checks a plan. Throws InvalidInput `program_not_compilable` that names every node at fault.
 *
 *     const { definition, hash } = compile(planProgram(graph, modules), { stepFunction: 'dspex-step:live' });
 */
export function compile(plan: ProgramPlan, options: CompileOptions): Compiled {
  refuse([...notCompilable(plan), ...(options.type === 'EXPRESS' ? notExpress(plan) : [])]);
  const machine = lower(plan, options);
  const definition = JSON.stringify(machine);
  const bytes = Buffer.byteLength(definition);
  if (bytes > ASL_LIMITS.definitionBytes) refuse([tooLarge(plan, bytes)]);
  refuse(check(machine, plan, options));
  return { machine, definition, hash: sha256(definition), bytes };
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  throw new InvalidInput('program_not_compilable', problems.map(({ detail }) => detail).join('; '), { problems });
}

function* notCompilable(plan: ProgramPlan): Generator<Problem> {
  for (const step of everyStep(plan)) {
    const pointer = `/nodes/${step.id}`;
    const approval = step.kind === 'approval';
    if (approval && step.retry.maxAttempts > 1)
      yield {
        pointer,
        detail: `node ${step.id}: an approval is not retried by a state machine; give it a longer timeoutSeconds`,
      };
    if (!approval && timeoutOf(step) > TIMEOUTS.longest)
      yield {
        pointer,
        detail: `node ${step.id}: timeoutSeconds is ${step.timeoutSeconds}, and one step can take ${TIMEOUTS.longest - TIMEOUTS.slack} s there at most; split it, or run the program locally`,
      };
  }
}

/** What only a Standard machine can do. */
function* notExpress(plan: ProgramPlan): Generator<Problem> {
  for (const step of everyStep(plan)) {
    const { id, kind, timeoutSeconds = 0 } = step;
    const pointer = `/nodes/${id}`;
    if (kind === 'approval')
      yield { pointer, detail: `node ${id}: an Express machine cannot wait for a person; run it without waiting` };
    else if (timeoutSeconds >= ASL_LIMITS.expressSeconds)
      yield {
        pointer,
        detail: `node ${id}: timeoutSeconds is ${timeoutSeconds}, and an Express machine has ${ASL_LIMITS.expressSeconds} s for the whole program; run it without waiting`,
      };
  }
}

function* everyStep(plan: Plan): Generator<PlanStep> {
  for (const step of plan.stages.flat()) yield* stepsOf(step);
}
function* stepsOf(step: PlanStep): Generator<PlanStep> {
  yield step;
  for (const inner of plansIn(step)) yield* everyStep(inner);
  for (const other of step.fallback) yield* stepsOf(other);
  for (const one of step.kind === 'transaction' ? step.actions : [step])
    if (one.compensate !== undefined) yield one.compensate;
}

function tooLarge(plan: ProgramPlan, bytes: number): Problem {
  const sizes = plan.stages.flat().map((step) => ({ id: step.id, count: [...stepsOf(step)].length }));
  const [largest] = sizes.toSorted((a, b) => b.count - a.count);
  const all = sizes.reduce((sum, { count }) => sum + count, 0);
  return {
    pointer: '/nodes',
    detail: `the state machine of ${all} nodes has ${bytes} bytes, and Step Functions takes ${ASL_LIMITS.definitionBytes}: split the program into child programs and call them with program nodes; the largest part is node ${largest?.id} with ${largest?.count} nodes`,
  };
}
