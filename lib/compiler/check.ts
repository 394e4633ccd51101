import type { Problem } from '#lib/base/errors';
import { FAILURE_NAMES } from '#lib/base/failure';
import type { ProgramPlan } from '#lib/program/plan';
import { ASL_LIMITS, type State, type StateMachine, type States } from './asl.ts';
import { isKnownExpression } from './expressions.ts';
import type { LowerOptions } from './lower.ts';
import { lower } from './lower.ts';
import { leadsTo } from './scope.ts';

/**
 * What asl-validator does not see. An empty list is the answer for everything `lower` makes; the check stands between it
 * and an account all the same.
 */
export function check(machine: StateMachine, plan: ProgramPlan, options: LowerOptions): Problem[] {
  const problems: Problem[] = [];
  const report = (pointer: string, detail: string): void => void problems.push({ pointer, detail });
  checkScope(machine, '', new Set(), report);
  checkTexts(machine, '', report);
  const bytes = Buffer.byteLength(JSON.stringify(machine));
  if (bytes > ASL_LIMITS.definitionBytes)
    report('', `the definition has ${bytes} bytes, over ${ASL_LIMITS.definitionBytes}`);
  // Words that are in no definition of this structure came from somewhere else: what a user wrote, most likely.
  const own = wordsOf(lower(plan, options));
  for (const word of wordsOf(machine))
    if (!own.has(word)) report('', `text that is none of ours: ${word.slice(0, 60)}`);
  return problems;
}

type Report = (pointer: string, detail: string) => void;

function checkScope(scope: States, at: string, names: Set<string>, report: Report): void {
  const reached = new Set([scope.StartAt]);
  for (const name of reached) {
    const state = scope.States[name];
    if (state === undefined) report(at, `there is no state ${name}, and something leads to it`);
    else for (const next of leadsTo(state)) reached.add(next);
  }
  for (const [name, state] of Object.entries(scope.States)) {
    const here = `${at}/${name}`;
    if (!reached.has(name)) report(here, `nothing leads to the state ${name}`);
    if (names.has(name)) report(here, `two states are called ${name}`);
    names.add(name);
    if ([...name].length > ASL_LIMITS.nameLength)
      report(here, `the name ${name} is over ${ASL_LIMITS.nameLength} long`);
    checkState(state, here, report);
    if (state.Type === 'Parallel') for (const branch of state.Branches) checkScope(branch, here, names, report);
    if (state.Type === 'Map') checkScope(state.ItemProcessor, here, names, report);
  }
}

const NAMED: ReadonlySet<string> = new Set(FAILURE_NAMES);

function checkState(state: State, at: string, report: Report): void {
  if (state.Type === 'Choice' && state.Default === undefined) report(at, 'a Choice has a Default');
  if (state.Type === 'Task') {
    if (!(state.TimeoutSeconds > 0)) report(at, 'a Task has a timeout');
    const seen = new Set<string>();
    for (const { ErrorEquals } of state.Retry)
      for (const name of ErrorEquals) {
        const named = NAMED.has(name) || name === 'Unavailable' || /^(Lambda|Sandbox)\.|^States\.Timeout$/.test(name);
        if (!named) report(at, `a Retry names its errors; ${name} is none`);
        if (seen.has(name)) report(at, `${name} stands in two Retries`);
        seen.add(name);
      }
  }
  const catchers = 'Catch' in state ? (state.Catch ?? []) : [];
  for (const [i, { ErrorEquals }] of catchers.entries())
    if (ErrorEquals.includes('States.ALL') && (ErrorEquals.length > 1 || i < catchers.length - 1))
      report(at, 'States.ALL stands alone and last');
}

function checkTexts(value: unknown, at: string, report: Report): void {
  if (typeof value === 'string') {
    const source = /^\{%(.*)%\}$/s.exec(value)?.[1]?.trim();
    if (source === undefined ? value.includes('{%') : !isKnownExpression(source))
      report(at, `JSONata that is none of ours: ${value.slice(0, 60)}`);
  } else if (typeof value === 'object' && value !== null)
    for (const [key, member] of Object.entries(value)) checkTexts(member, `${at}/${key}`, report);
}

/** Every text of a definition, names of members included. */
function wordsOf(value: unknown, into = new Set<string>()): Set<string> {
  if (typeof value === 'string') into.add(value);
  else if (typeof value === 'object' && value !== null)
    for (const [key, member] of Object.entries(value)) {
      into.add(key);
      wordsOf(member, into);
    }
  return into;
}
