import type { Json } from '#lib/base/json';
import type { State, States } from './asl.ts';
import { itemAt, jsonata } from './expressions.ts';

/** One scope of states being written: the machine's body, a branch, what a map does with an item. */
export interface Scope {
  states: Record<string, State>;
  /** Maps around it: what their items' numbers are handed on for. */
  depth: number;
  make: Make;
}

/** What holds for the whole machine. */
export interface Make {
  /** The function behind every task: an ARN or a name, with its alias or version. */
  stepFunction: string;
  /** By map: more items are run by the step that joins them. */
  mostItems(mapId: string): number;
}

/** Where to go from here. */
export type Target = { next: string } | { end: Json };
export interface Exits {
  ok: Target;
  /** `raise`: the error goes up, to whoever catches it around this scope. */
  failed: { next: string } | 'raise';
}

/** The numbers of the items around; every state of a map hands them on. */
export function itemsHere(depth: number): Record<string, Json> {
  return Object.fromEntries(Array.from({ length: depth }, (_, i) => [`i${i + 1}`, itemAt(i + 1)]));
}

/** `Output` of a state that goes on, or ends its scope with a small value. */
export function going(
  to: Target,
  depth: number,
  more: Record<string, Json> = {},
): { Output: Json; Next: string } | { Output: Json; End: true } {
  if ('end' in to) return { Output: to.end, End: true };
  return { Output: { ...itemsHere(depth), ...more }, Next: to.next };
}

/** A catcher of everything that leads on in this scope. */
export function catching(
  exits: Exits,
  depth: number,
): { Catch?: { ErrorEquals: string[]; Output: Json; Next: string }[] } {
  if (exits.failed === 'raise') return {};
  return { Catch: [{ ErrorEquals: ['States.ALL'], Output: itemsHere(depth), Next: exits.failed.next }] };
}

/** Writes a scope inside another one. */
export function inner(scope: Scope, depth: number, startAt: string, write: (scope: Scope) => void): States {
  const states: Record<string, State> = {};
  write({ states, depth, make: scope.make });
  return { StartAt: startAt, States: states };
}

/** A state where a failure ends a branch without failing it: the siblings go on, and the step after judges. */
export function endsFailed(scope: Scope, name: string): { next: string } {
  scope.states[name] ??= { Type: 'Pass', Output: jsonata('bad'), End: true };
  return { next: name };
}

/** Takes such a state away again when nothing leads to it: steps that are optional cannot fail. */
export function tidy(scope: Scope, name: string): void {
  const { [name]: _one, ...others } = scope.states;
  if (!Object.values(others).some((state) => leadsTo(state).includes(name))) delete scope.states[name];
}

/** The names of the states in the same scope that a state can lead to. */
export function leadsTo(state: State): string[] {
  const names: string[] = [];
  if ('Next' in state && state.Next !== undefined) names.push(state.Next);
  if ('Catch' in state) for (const { Next } of state.Catch ?? []) names.push(Next);
  if (state.Type === 'Choice') names.push(state.Default, ...state.Choices.map(({ Next }) => Next));
  return names;
}
