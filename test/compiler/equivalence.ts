import { expect } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import { compile } from '#lib/compiler/compile';
import type { StepRequest } from '#lib/compiler/contract';
import type { RunResult } from '#lib/engine/engine';
import type { StepRecord } from '#lib/engine/step';
import { programEnd } from '#lib/work/step-end';
import type { StepHost } from '#lib/work/step-host';
import { chooseWay, runNode, undoNode } from '#lib/work/step-run';
import { type RandomCase, randomCase } from '../engine/random-graph.ts';
import { configured, World } from '../engine/world.ts';
import { interpret } from './interpreter.ts';
import { memoryStepJournal } from './step-memory.ts';

export const STEP_FUNCTION = 'dspex-step:live';

/** What may not depend on who ran a program. */
export interface Outcome {
  status: RunResult['status'];
  output: JsonObject | undefined;
  failure: string | undefined;
  notUndone: unknown;
  failedAt: string | undefined;
  degraded: boolean;
  /** Effects that took place. */
  done: string[];
  /** What was undone by the program itself, in order. */
  undone: string[];
  /** Every attempt of every step. */
  steps: string[];
}

export function outcomeOf(result: RunResult): Outcome {
  const { status, output, failure, failedAt, degraded, steps } = result;
  const effects = steps
    .filter(({ kind, status }) => EFFECTS.has(kind) && status === 'succeeded')
    .map(({ path }) => path);
  return {
    ...{ status, output, failure: failure?.name, notUndone: failure?.details?.notUndone, failedAt, degraded },
    done: effects.toSorted(),
    undone: effects.filter((path) => /^[^/]+\/compensate\//.test(path)),
    steps: steps.map(shown).toSorted(),
  };
}
const EFFECTS: ReadonlySet<string> = new Set(['effect', 'action', 'transaction']);
const shown = ({ path, attempt, status, retried }: StepRecord): string =>
  `${path}#${attempt}:${retried ? 'retried' : status}`;

export async function inProcess({
  graph,
  faults,
  input,
  seed,
}: RandomCase): Promise<{ outcome: Outcome; done: string[] }> {
  const world = new World(faults);
  const result = await world.run(await configured(graph), input, { runId: `r${seed}` });
  return { outcome: outcomeOf(result), done: world.done };
}

/** The same case by its state machine; a task that succeeds is delivered so many `times`. */
export async function byMachine(
  one: RandomCase,
  times = 1,
): Promise<{ outcome: Outcome; done: string[]; entered: string[] }> {
  const world = new World(one.faults);
  const program = await configured(one.graph);
  const { clock, timers } = world.time;
  const host: StepHost = {
    configured: program,
    input: one.input,
    runId: `r${one.seed}`,
    redrive: false,
    deps: { ...world.deps, clock, timers, random: { next: () => 0.5 } },
    journal: memoryStepJournal(),
    previews: true,
  };
  let result: RunResult | undefined;
  const { machine } = compile(program.plan, { stepFunction: STEP_FUNCTION });
  const invoke = async (payload: JsonObject) => {
    const request = payload as unknown as StepRequest;
    if (request.op === 'run') return (await runNode(host, request)) as JsonObject;
    if (request.op === 'choose') return (await chooseWay(host, request)) as JsonObject;
    if (request.op === 'undo') return (await undoNode(host, request)) as JsonObject;
    if (request.op === 'begin') return { status: 'begun' };
    result = await programEnd(host, request.error);
    return { status: result.status, ...(result.failure === undefined ? {} : { error: result.failure.name }) };
  };
  const input = { workspaceId: 'wsp_1', executionId: `exe_${one.seed}`, principal: 'key_1' };
  const delivered = async (payload: JsonObject) => {
    const answer = await invoke(payload);
    for (let n = 1; n < times; n++) expect(await invoke(payload)).toEqual(answer);
    return answer;
  };
  const { entered } = await interpret(machine, input, input.executionId, delivered);
  if (result === undefined)
    throw new Error(`seed ${one.seed}: the machine closed no execution; it went ${entered.join(' > ')}`);
  return { outcome: outcomeOf(result), done: world.done, entered };
}

export { randomCase };
