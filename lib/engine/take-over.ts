import { InvalidInput } from '#lib/base/errors';
import type { Plan, PlanStep } from '#lib/program/plan';
import { isContainer } from '#lib/program/plan-graph';
import { innerPlan, pathOf } from './place.ts';
import type { StepRecord } from './step.ts';

/** What a drive takes over from earlier ones. */
export interface TakenOver {
  /** By path, in attempt order: these are not run again. */
  records: Map<string, StepRecord[]>;
  /** Attempts that were made and are not taken over, by path: numbering goes on behind them. */
  attempts: Map<string, number>;
  /** How often the step at a path has been undone. */
  undone: Map<string, number>;
}

export const NOTHING: TakenOver = { records: new Map(), attempts: new Map(), undone: new Map() };

/** Everything, as it is: a failure that was final stays so, and an undoing that was made is not made again. */
export function resumed(records: readonly StepRecord[]): TakenOver {
  return { records: byPath(records), attempts: new Map(), undone: undoneIn(records) };
}

/**
 * What succeeded, was not undone since, and reads only from what is taken over too. What was given up on purpose (an
 * optional step, one a fallback stood in for) is kept as it ended.
 */
export function redriven(plan: Plan, records: readonly StepRecord[], prefix = ''): TakenOver {
  const taken: TakenOver = { records: new Map(), attempts: new Map(), undone: undoneIn(records) };
  const all = byPath(records);
  const parts = partsIn(all.keys());
  const undoneNow = new Set<string>();
  for (const record of records) {
    const target = undoneBy(record);
    if (target !== undefined) undoneNow.add(target);
    else if (record.status === 'succeeded') undoneNow.delete(record.path);
  }
  for (const [path, list] of all)
    if (!path.includes('/compensate/')) taken.attempts.set(path, list.at(-1)?.attempt ?? 0);

  const keep = (path: string): void => {
    const list = all.get(path);
    if (list === undefined) return;
    taken.records.set(path, list);
    taken.attempts.delete(path);
  };
  const keepBelow = (path: string): void => {
    for (const below of all.keys()) if (below.startsWith(`${path}/`)) keep(below);
  };
  const ended = (path: string): StepRecord['status'] | undefined => {
    if (undoneNow.has(path)) return undefined;
    const last = all.get(path)?.at(-1);
    return last?.retried === true ? undefined : last?.status;
  };

  /** Marks in `dirty` what will run again, and says whether this step will. */
  const visit = (step: PlanStep, path: string, dirty: Set<string>): boolean => {
    const status = ended(path);
    const stoodIn = step.fallback.some((other) => ended(`${path}/fallback/${other.id}`) === 'succeeded');
    const settled =
      status === 'succeeded' || status === 'skipped' || (status === 'failed' && (stoodIn || step.optional));
    if (step.needs.some((id) => dirty.has(id))) return true;
    if (status === 'skipped') {
      keep(path);
      return false;
    }
    if (status === 'failed' && settled) {
      keep(path);
      keepBelow(path);
      return false;
    }
    if (!isContainer(step.kind)) {
      if (!settled) {
        // An inner program decides for itself what it takes over.
        if (step.kind === 'program') keepBelow(path);
        return true;
      }
      keep(path);
      return false;
    }
    let again = !settled;
    for (const branch of parts.get(path) ?? []) {
      const inside = innerPlan(step, branch);
      // What an item does is seen by that item alone.
      const seen = step.kind === 'map' ? new Set(dirty) : dirty;
      if (inside !== undefined && block(inside.plan, `${path}/${branch}/`, seen)) again = true;
    }
    if (!again) keep(path);
    return again;
  };
  const block = (plan: Plan, at: string, dirty: Set<string>): boolean => {
    let again = false;
    for (const step of plan.stages.flat()) {
      if (!visit(step, at + step.id, dirty)) continue;
      again = true;
      for (const id of [step.id, ...step.shows]) dirty.add(id);
    }
    return again;
  };
  block(plan, prefix, new Set());
  return taken;
}

/**
 * What stands before one step (a path, or a node's id): its own stage's other steps, and all stages before, at every
 * level. Throws InvalidInput when the plan has no such step.
 */
export function replayed(plan: Plan, records: readonly StepRecord[], step: string): TakenOver {
  const all = byPath(records.filter(({ path }) => !path.includes('/compensate/')));
  const parts = partsIn(all.keys());
  const from = pathOf(plan, step) ?? step;
  const taken: TakenOver = { records: new Map(), attempts: new Map(), undone: new Map() };
  const keep = (path: string): void => {
    for (const [at, list] of all) if (at === path || at.startsWith(`${path}/`)) taken.records.set(at, list);
  };
  const before = (inner: Plan, prefix: string): boolean => {
    for (const stage of inner.stages) {
      let found = false;
      for (const step of stage) {
        const path = prefix + step.id;
        if (from !== path && !from.startsWith(`${path}/`)) {
          keep(path);
          continue;
        }
        found = true;
        for (const branch of from === path ? [] : (parts.get(path) ?? [])) {
          const inside = innerPlan(step, branch);
          const at = `${path}/${branch}`;
          if (inside !== undefined && !(from.startsWith(`${at}/`) && before(inside.plan, `${at}/`))) keepBlock(at);
        }
      }
      if (found) return true;
    }
    return false;
  };
  const keepBlock = (at: string): void => {
    for (const [path, list] of all) if (path.startsWith(`${at}/`)) taken.records.set(path, list);
  };
  if (!before(plan, '')) {
    const steps = plan.stages.flat().map(({ id }) => id);
    throw new InvalidInput(
      'replay_unknown_step',
      `There is no step ${from} to replay from; the program begins with ${steps.join(', ')}`,
    );
  }
  return taken;
}

/** By the path of a container, its parts that have left records. */
function partsIn(paths: Iterable<string>): ReadonlyMap<string, ReadonlySet<string>> {
  const parts = new Map<string, Set<string>>();
  for (const path of paths) {
    const names = path.split('/');
    let outer = '';
    for (const [i, name] of names.entries()) {
      if (i > 0 && name !== 'fallback' && name !== 'compensate') {
        const known = parts.get(outer);
        if (known === undefined) parts.set(outer, new Set([name]));
        else known.add(name);
      }
      outer = i === 0 ? name : `${outer}/${name}`;
    }
  }
  return parts;
}

function byPath(records: readonly StepRecord[]): Map<string, StepRecord[]> {
  const map = new Map<string, StepRecord[]>();
  for (const record of records) {
    if (record.status === 'cancelled') continue;
    const list = map.get(record.path);
    if (list === undefined) map.set(record.path, [record]);
    else list.push(record);
  }
  return map;
}

/** The path of the step this record undid. */
function undoneBy(record: StepRecord): string | undefined {
  const at = record.path.lastIndexOf('/compensate/');
  return at < 0 || record.status !== 'succeeded' ? undefined : record.path.slice(0, at);
}

function undoneIn(records: readonly StepRecord[]): Map<string, number> {
  const undone = new Map<string, number>();
  for (const record of records) {
    const path = undoneBy(record);
    if (path !== undefined) undone.set(path, (undone.get(path) ?? 0) + 1);
  }
  return undone;
}
