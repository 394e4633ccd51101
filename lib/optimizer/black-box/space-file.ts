import { InvalidInput, type Problem } from '#lib/base/errors';
import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import type { Space } from '#lib/variable/space';
import { validateVariables } from '#lib/variable/validate';
import type { Variable, VariableType } from '#lib/variable/variable';

/** What a search over a black box is told: its space, and what is good. */
export interface BlackBox {
  space: Space;
  objectives: BlackBoxObjective[];
}

export interface BlackBoxObjective {
  name: string;
  goal: 'minimize' | 'maximize';
}

const NAME = /^\P{Cc}{1,100}$/u;
const MEMBERS: Record<string, readonly string[]> = {
  float: ['min', 'max', 'step', 'log'],
  integer: ['min', 'max', 'step', 'log'],
  boolean: [],
  choice: ['choices'],
};
const COMMON = ['name', 'type', 'when', 'default', 'description'];

/**
 * A space file, parsed: `{variables: [{name, type, min?, max?, step?, log?, choices?, when?, default?}], objectives: [{name,
 * goal}]}`. Every problem is reported at once, each with a JSON Pointer. Read by hand and not by a schema: a search that
 * another program starts should not wait for a schema library to load.
 */
export function readSpaceFile(value: unknown): BlackBox {
  const problems: Problem[] = [];
  const report = (pointer: string, detail: string): void => void problems.push({ pointer, detail });
  const file = isJsonObject(value as Json) ? (value as JsonObject) : {};
  if (!isJsonObject(value as Json)) report('', `wanted an object with variables and objectives, got ${kindOf(value)}`);
  for (const member of Object.keys(file)) {
    if (!['variables', 'objectives', 'name', 'description'].includes(member)) {
      report(`/${member}`, 'not known; there are variables and objectives');
    }
  }
  const variables = listOf(file, 'variables', report).flatMap((entry, index) => {
    const before = problems.length;
    const variable = variableOf(entry, `/variables/${index}`, report);
    return problems.length === before && variable !== undefined ? [variable] : [];
  });
  const objectives = listOf(file, 'objectives', report).flatMap((entry, index) =>
    objectiveOf(entry, `/objectives/${index}`, report),
  );
  for (const [index, { name }] of objectives.entries()) {
    if (objectives.findIndex((other) => other.name === name) < index) {
      report(`/objectives/${index}/name`, `objective ${name} is declared twice`);
    }
  }
  // What agrees with what is only asked of variables that are sound by themselves.
  if (problems.length === 0) problems.push(...validateVariables({ variables }).map(flatPointer));
  if (problems.length > 0) {
    const [first] = problems;
    const more = problems.length > 1 ? `; ${problems.length - 1} more` : '';
    const message = `not a space file: ${first?.pointer || '/'} ${first?.detail}${more}`;
    throw new InvalidInput('space_invalid', message, { problems });
  }
  return { space: { variables, constraints: [], candidates: {} }, objectives };
}

type Report = (pointer: string, detail: string) => void;

function listOf(file: JsonObject, member: string, report: Report): Json[] {
  const list = file[member];
  if (Array.isArray(list) && list.length > 0 && list.length <= 1000) return list;
  const there =
    list === undefined ? 'it is missing' : Array.isArray(list) ? `got ${list.length}` : `got ${kindOf(list)}`;
  report(`/${member}`, `wanted a list of 1 to 1000 ${member}, ${there}`);
  return [];
}

function variableOf(entry: Json, pointer: string, report: Report): Variable | undefined {
  if (!isJsonObject(entry)) {
    report(pointer, `wanted {name, type, ...}, got ${kindOf(entry)}`);
    return undefined;
  }
  const { name, type } = entry;
  if (typeof name !== 'string' || !NAME.test(name) || name === '__proto__') {
    report(`${pointer}/name`, `wanted a name of 1 to 100 characters, got ${show(name)}`);
  }
  const members = typeof type === 'string' && Object.hasOwn(MEMBERS, type) ? MEMBERS[type] : undefined;
  if (members === undefined) {
    report(`${pointer}/type`, `wanted one of ${Object.keys(MEMBERS).join(', ')}, got ${show(type)}`);
    return undefined;
  }
  for (const member of Object.keys(entry)) {
    if (COMMON.includes(member) || members.includes(member)) continue;
    report(`${pointer}/${member}`, `a ${type} has no ${member}; it has ${[...members, 'when', 'default'].join(', ')}`);
  }
  if (type === 'choice' && !Array.isArray(entry.choices)) {
    report(`${pointer}/choices`, `wanted a list of choices, got ${show(entry.choices)}`);
  }
  for (const member of ['min', 'max', 'step'].filter((member) => members.includes(member))) {
    const needed = member !== 'step';
    const number = entry[member];
    if (typeof number !== 'number' && (needed || number !== undefined)) {
      report(`${pointer}/${member}`, `wanted a number, got ${show(number)}`);
    }
  }
  if (entry.log !== undefined && typeof entry.log !== 'boolean') {
    report(`${pointer}/log`, `wanted true or false, got ${show(entry.log)}`);
  }
  if (entry.when !== undefined && !isJsonObject(entry.when)) {
    report(`${pointer}/when`, `wanted {otherVariable: value}, got ${kindOf(entry.when)}`);
  }
  const own = Object.fromEntries(
    members.flatMap((member) => (entry[member] === undefined ? [] : [[member, entry[member]]])),
  );
  return {
    name: typeof name === 'string' ? name : '',
    type: { kind: type, ...own } as VariableType,
    ...(isJsonObject(entry.when) ? { when: entry.when } : {}),
    ...(entry.default === undefined ? {} : { default: entry.default }),
  };
}

function objectiveOf(entry: Json, pointer: string, report: Report): BlackBoxObjective[] {
  if (!isJsonObject(entry)) {
    report(pointer, `wanted {name, goal}, got ${kindOf(entry)}`);
    return [];
  }
  const { name, goal } = entry;
  if (typeof name !== 'string' || name === '' || name === '__proto__') {
    report(`${pointer}/name`, `wanted a name, got ${show(name)}`);
  }
  if (goal !== 'minimize' && goal !== 'maximize') {
    report(`${pointer}/goal`, `wanted minimize or maximize, got ${show(goal)}`);
    return [];
  }
  return typeof name === 'string' ? [{ name, goal }] : [];
}

/** `/variables/2/type/max` is where the house keeps it; in a space file a variable is flat. */
const flatPointer = ({ pointer, detail }: Problem): Problem => ({ pointer: pointer.replace('/type/', '/'), detail });

const show = (value: Json | undefined): string =>
  value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80);

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
