import { StepFailure } from '#lib/base/failure';
import type { Json, JsonObject } from '#lib/base/json';
import { compileExpression } from '#lib/program/expression';
import type { PlannedExpression } from '#lib/program/plan';
import type { Scope } from './run-state.ts';

/** A value, at once where the expression is a plain path; what finds nothing is `undefined`. */
export function valueOfExpression(text: string, scope: JsonObject): Json | undefined | Promise<Json | undefined> {
  return compileExpression(text).evaluate(scope);
}

/** A step's inputs by name. An expression that finds nothing leaves its input out, or `[]` where a list is wanted. */
export function inputsOf(planned: readonly PlannedExpression[], scope: JsonObject): JsonObject | Promise<JsonObject> {
  const inputs: JsonObject = {};
  let waiting: Promise<void>[] | undefined;
  for (const one of planned) {
    const value = valueOfExpression(one.expression, scope);
    if (value instanceof Promise) {
      // Keeps the order of the inputs whatever ends first.
      inputs[one.name] = null;
      waiting ??= [];
      waiting.push(value.then((later) => place(inputs, one, later)));
    } else place(inputs, one, value);
  }
  return waiting === undefined ? inputs : Promise.all(waiting).then(() => inputs);
}

function place(inputs: JsonObject, { name, list }: PlannedExpression, value: Json | undefined): void {
  if (value === undefined && !list) delete inputs[name];
  else if (!list || value === null || Array.isArray(value)) inputs[name] = value as Json;
  else inputs[name] = value === undefined ? [] : [value];
}

/** A condition: nothing there counts as false; anything but a boolean is a mistake that should be seen. */
export async function holds(text: string, scope: Scope): Promise<boolean> {
  const value = await valueOfExpression(text, scope);
  if (typeof value === 'boolean') return value;
  if (value === undefined || value === null) return false;
  const shown = JSON.stringify(value);
  throw new StepFailure(
    'Expression.Failed',
    `Condition ${JSON.stringify(text)}: wanted true or false, got ${shown.length > 100 ? `${shown.slice(0, 100)}...` : shown}`,
  );
}
