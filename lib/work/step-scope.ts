import { StepFailure } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import { valueOfExpression } from '#lib/engine/inputs';
import { innerPlan } from '#lib/engine/place';
import type { Scope } from '#lib/engine/run-state';
import type { StepRecord } from '#lib/engine/step';
import type { Plan, PlanStep } from '#lib/program/plan';
import { isContainer } from '#lib/program/plan-graph';

type Records = ReadonlyMap<string, readonly StepRecord[]>;

/** What the expressions of the step at a path see: the engine's scope, made again from what the journal holds. */
export async function scopeAt(plan: Plan, input: JsonObject, path: string, records: Records): Promise<Scope> {
  let scope: Scope = { input, nodes: {} };
  let block: Plan | undefined = plan;
  let prefix = '';
  const rest = path.split('/');
  while (block !== undefined) {
    const id = rest.shift() ?? '';
    const steps: PlanStep[] = block.stages.flat();
    let step = steps.find((one) => one.id === id);
    for (const other of steps) if (other !== step) fill(other, prefix + other.id, scope.nodes, records);
    if (step === undefined) throw new StepFailure('Internal', `There is no step at ${path}`);
    let at = prefix + id;
    if (rest[0] === 'fallback') {
      // What ran inside the one it stands in for is still to be seen.
      fillInside(step, at, scope.nodes, records);
      const stand = step.fallback.findIndex((one) => one.id === rest[1]);
      for (const earlier of step.fallback.slice(0, stand))
        fillInside(earlier, `${at}/fallback/${earlier.id}`, scope.nodes, records);
      step = step.fallback[stand];
      if (step === undefined) throw new StepFailure('Internal', `There is no step at ${path}`);
      at = `${at}/fallback/${step.id}`;
      rest.splice(0, 2);
    }
    const [part] = rest;
    if (part === undefined) return scope;
    rest.shift();
    if (step.kind === 'choice') for (const shown of step.shows) scope.nodes[shown] = null;
    if (step.kind === 'map') scope = await itemScope(step, Number(part), scope);
    block = innerPlan(step, part)?.plan;
    prefix = `${at}/${part}/`;
  }
  throw new StepFailure('Internal', `There is no step at ${path}`);
}

/** The items of a map as the engine sees them. */
export async function itemsOf(step: PlanStep & { kind: 'map' }, scope: Scope): Promise<JsonObject[string][]> {
  const value = await valueOfExpression(step.items, scope);
  return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
}

async function itemScope(step: PlanStep & { kind: 'map' }, index: number, scope: Scope): Promise<Scope> {
  const items = await itemsOf(step, scope);
  return { ...scope, nodes: { ...scope.nodes }, item: items[index] ?? null, index };
}

/** Sets what a step has left in the scope when it ended, as `runStep` does. */
function fill(step: PlanStep, path: string, nodes: JsonObject, records: Records): void {
  if (ended(step, path, nodes, records)) return;
  for (const other of step.fallback)
    if (ended(other, `${path}/fallback/${other.id}`, nodes, records)) {
      nodes[step.id] = nodes[other.id] ?? null;
      return;
    }
  if (step.optional) setNothing(step, nodes);
}

/** One step without what stands in for it: did it give a value, or was it skipped? */
function ended(step: PlanStep, path: string, nodes: JsonObject, records: Records): boolean {
  fillInside(step, path, nodes, records);
  const last = records.get(path)?.at(-1);
  if (last?.status === 'skipped') setNothing(step, nodes);
  else if (last?.status === 'succeeded') {
    nodes[step.id] = last.output;
    if (step.kind === 'transaction') Object.assign(nodes, last.output);
  } else return false;
  return true;
}

/** What can be read of the inside of a choice or parallel. */
function fillInside(step: PlanStep, path: string, nodes: JsonObject, records: Records): void {
  if (!isContainer(step.kind) || step.kind === 'map') return;
  if (step.kind === 'choice') for (const id of step.shows) nodes[id] = null;
  const parts = step.kind === 'parallel' ? step.branches.map((_, i) => String(i)) : ['otherwise'];
  if (step.kind === 'choice') parts.push(...step.arms.map((_, i) => String(i)));
  for (const part of parts)
    for (const inner of innerPlan(step, part)?.plan.stages.flat() ?? [])
      if (began(inner, `${path}/${part}/${inner.id}`, records))
        fill(inner, `${path}/${part}/${inner.id}`, nodes, records);
}

function began(step: PlanStep, path: string, records: Records): boolean {
  if (records.has(path)) return true;
  if (!isContainer(step.kind)) return false;
  for (const known of records.keys()) if (known.startsWith(`${path}/`)) return true;
  return false;
}

function setNothing(step: PlanStep, nodes: JsonObject): void {
  nodes[step.id] = null;
  for (const id of step.shows) nodes[id] = null;
}
