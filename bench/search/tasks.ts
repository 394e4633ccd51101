import { readFileSync } from 'node:fs';
import type { Json } from '#lib/base/json';
import type { Space } from '#lib/variable/space';
import type { Variable, VariableType } from '#lib/variable/variable';

export interface Task {
  id: string;
  formula: string;
  /** Null where only an estimate is known: the best value any run has found is used. */
  minimum: number | null;
  space: Space;
}

interface FlatVariable {
  name: string;
  type: VariableType['kind'];
  when?: Record<string, Json>;
  [member: string]: Json | undefined;
}

/** The tasks of suite.json; a variable is flat there, as in a search's space file. */
export function readTasks(): Task[] {
  const file = JSON.parse(readFileSync(new URL('suite.json', import.meta.url), 'utf8')) as {
    tasks: { id: string; formula: string; minimum: number | null; variables: FlatVariable[] }[];
  };
  return file.tasks.map(({ variables, ...task }) => ({
    ...task,
    space: { variables: variables.map(variable), constraints: [], candidates: {} },
  }));
}

function variable({ name, type, when, ...rest }: FlatVariable): Variable {
  return { name, type: { kind: type, ...rest } as VariableType, ...(when === undefined ? {} : { when }) };
}
