import { StepFailure } from '#lib/base/failure';
import type { Json, JsonObject } from '#lib/base/json';
import type { Plan, PlanStep } from '#lib/program/plan';
import { holds, valueOfExpression } from './inputs.ts';
import type { Ended, Performed, Place, Scope } from './run-state.ts';

type Of<K extends PlanStep['kind']> = Extract<PlanStep, { kind: K }>;

/** More items than a person means; a list this long belongs in a dataset. */
const MAX_ITEMS = 10_000;

export async function choice(step: Of<'choice'>, _inputs: JsonObject, place: Place): Promise<Performed> {
  const { scope, path, run } = place;
  for (const id of step.shows) scope.nodes[id] = null;
  const [name, plan] = await choose(step, scope);
  if (plan === undefined) return { output: null, latencyMs: 0, reason: 'no arm is true' };
  const ended = await run.drive.block(plan, scope, `${path}/${name}/`, run);
  return performed(ended, () => resultOf(plan, scope), ended.latencyMs, name === 'otherwise' ? name : `arm ${name}`);
}

async function choose(step: Of<'choice'>, scope: Scope): Promise<[name: string, plan: Plan | undefined]> {
  for (const [i, arm] of step.arms.entries()) if (await holds(arm.when, scope)) return [String(i), arm.plan];
  return ['otherwise', step.otherwise];
}

/** All branches end before a failure is judged; the first as written is the one told of. */
export async function parallel(step: Of<'parallel'>, _inputs: JsonObject, place: Place): Promise<Performed> {
  const { scope, path, run } = place;
  const ends = await Promise.all(step.branches.map((plan, i) => run.drive.block(plan, scope, `${path}/${i}/`, run)));
  const output: JsonObject = {};
  for (const plan of step.branches) output[plan.result] = resultOf(plan, scope);
  return performed(firstFailed(ends), () => output, Math.max(0, ...ends.map(({ latencyMs }) => latencyMs)));
}

/** Items are begun in order, `concurrency` at a time, and all end before a failure is judged. */
export async function map(step: Of<'map'>, _inputs: JsonObject, place: Place): Promise<Performed> {
  const { scope, path, run } = place;
  const value = await valueOfExpression(step.items, scope);
  const items = value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
  if (items.length > MAX_ITEMS)
    throw new StepFailure('Input.Invalid', `A map takes at most ${MAX_ITEMS} items, this has ${items.length}`);
  const output: Json[] = items.map(() => null);
  const ends: Ended[] = items.map(() => ({ latencyMs: 0 }));
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const inner: Scope = { ...scope, nodes: { ...scope.nodes }, item: items[index] ?? null, index };
      ends[index] = await run.drive.block(step.plan, inner, `${path}/${index}/`, run);
      output[index] = resultOf(step.plan, inner);
    }
  };
  await Promise.all(Array.from({ length: Math.min(step.concurrency, items.length) }, lane));
  const latencies = ends.map(({ latencyMs }) => latencyMs);
  return performed(firstFailed(ends), () => output, inLanes(latencies, step.concurrency));
}

/** How long work in this order takes on so many lanes, each taking the next piece when it is free. */
function inLanes(durations: readonly number[], lanes: number): number {
  const busy = new Array<number>(Math.max(1, Math.min(lanes, durations.length))).fill(0);
  for (const duration of durations) {
    const free = busy.indexOf(Math.min(...busy));
    busy[free] = (busy[free] ?? 0) + duration;
  }
  return Math.max(...busy);
}

function resultOf(plan: Plan, scope: Scope): Json {
  return scope.nodes[plan.result] ?? null;
}

function firstFailed(ends: readonly Ended[]): Ended {
  // A cancelled sibling is a consequence, unless there is nothing else.
  const failed = ends.filter((end) => end.failed !== undefined);
  return failed.find((end) => end.failed?.cancelled) ?? failed[0] ?? { latencyMs: 0 };
}

function performed(ended: Ended, output: () => Json, latencyMs: number, reason?: string): Performed {
  const { failed } = ended;
  return {
    output: failed === undefined ? output() : null,
    latencyMs,
    ...(failed === undefined ? {} : { failure: failed.failure, failedAt: failed }),
    ...(reason === undefined ? {} : { reason }),
  };
}
