import { readFileSync } from 'node:fs';
import { canonicalJson, type JsonObject } from '#lib/base/json';
import { seededRandom } from '#lib/base/random';
import { type BlackBox, readSpaceFile } from '#lib/optimizer/black-box/space-file';
import type { Assignment } from '#lib/variable/variable';
import { formulas, knapsackUse } from './formulas.ts';

export interface Task {
  id: string;
  /** Flat, as in a space file. */
  variables: JsonObject[];
  box: BlackBox;
  /** The least `truth` an allowed assignment has. */
  minimum: number;
  /** What a search is judged by; smaller is better. */
  truth(assignment: Assignment): number;
  /** What a search is told: the truth, but for a noisy task. `seed` makes the noise. */
  seen(assignment: Assignment, seed: number): number;
  /** Of each limit, how far it is passed, relative to it; 0 and below is allowed. None for most. */
  violations?(assignment: Assignment): number[];
  limits?: { cost: number; latency: number };
}

interface Entry {
  id: string;
  formula?: string;
  minimum?: number | null;
  variables?: JsonObject[] | string;
  limits?: { cost: number; latency: number };
  examples?: number;
  table?: string;
}

/** The tasks of suite.json; those on tables only when `tables` says in which folder the exported ones lie. */
export function readTasks(tables?: string): Task[] {
  const { tasks } = JSON.parse(readFileSync(new URL('suite.json', import.meta.url), 'utf8')) as { tasks: Entry[] };
  return tasks.flatMap((entry) => {
    if (entry.table !== undefined) return tables === undefined ? [] : [tableTask(entry.id, entry.table, tables)];
    const named = entry.variables;
    const variables = typeof named === 'string' ? tasks.find(({ id }) => id === named)?.variables : named;
    const formula = formulas[entry.formula ?? ''];
    if (!Array.isArray(variables) || formula === undefined) throw new Error(`${entry.id} is no task`);
    return [formulaTask(entry, variables, formula)];
  });
}

const boxOf = (variables: JsonObject[]): BlackBox =>
  readSpaceFile({ variables, objectives: [{ name: 'loss', goal: 'minimize' }] });

function formulaTask(entry: Entry, variables: JsonObject[], formula: (assignment: Assignment) => number): Task {
  const { id, limits, examples } = entry;
  const task: Task = {
    id,
    variables,
    box: boxOf(variables),
    minimum: entry.minimum ?? 0,
    truth: formula,
    seen: formula,
  };
  if (examples !== undefined) {
    // Each example is right with the chance the loss leaves; the same assignment is always seen alike in a search.
    task.seen = (assignment, seed) => {
      const dice = seededRandom(`${seed}/${canonicalJson(assignment)}`);
      const chance = Math.max(0, 1 - formula(assignment) / 3);
      let right = 0;
      for (let k = 0; k < examples; k++) if (dice.next() < chance) right++;
      return 1 - right / examples;
    };
  }
  if (limits !== undefined) {
    task.limits = limits;
    task.violations = (assignment) => {
      const { cost, latency } = knapsackUse(assignment);
      return [cost / limits.cost - 1, latency / limits.latency - 1];
    };
    task.minimum = Math.min(
      ...allKnapsacks()
        .filter((a) => task.violations?.(a).every((v) => v <= 0))
        .map(formula),
    );
  }
  return task;
}

function allKnapsacks(): Assignment[] {
  return Array.from({ length: 4 ** 8 }, (_, index) =>
    Object.fromEntries(Array.from({ length: 8 }, (_, k) => [`n${k}`, (index >> (2 * k)) & 3])),
  );
}

function tableTask(id: string, table: string, folder: string): Task {
  const path = `${folder}/${table.replace('/', '-')}.json`;
  const { variables, sizes, values } = JSON.parse(readFileSync(path, 'utf8')) as {
    variables: (JsonObject & { name: string; choices?: string[] })[];
    sizes: number[];
    values: number[];
  };
  const truth = (assignment: Assignment): number => {
    const place = variables.reduce((sum, { name, choices }, k) => {
      const value = assignment[name];
      return sum * (sizes[k] ?? 1) + (choices === undefined ? Number(value) : choices.indexOf(String(value)));
    }, 0);
    return values[place] ?? Number.NaN;
  };
  const minimum = values.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
  return { id, variables, box: boxOf(variables), minimum, truth, seen: truth };
}
