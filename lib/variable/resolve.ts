import type { Problem } from '#lib/base/errors';
import type { Json } from '#lib/base/json';
import { defaultValue, materialize } from './candidates.ts';
import { checkValue, show } from './check-value.ts';
import type { EvaluateExpression } from './evaluate-expression.ts';
import { existsUnder, orderBy, orderByExistence } from './existence.ts';
import type { Space } from './space.ts';
import { circleDetail, neededBy } from './validate.ts';
import type { Assignment } from './variable.ts';

export interface Resolved {
  /** Every variable that exists under the assignment, composites included. Candidates stay named (`materialize`). */
  values: Assignment;
  /** Empty when the assignment may be used. Pointers are `/name`, or '' for a rule over several variables. */
  problems: Problem[];
}

/**
 * An assignment made whole, in the domain's order: defaults, then each value, then composites by dependency, then the
 * rules between variables. All problems of a stage are reported; a later stage is not begun on a broken one. Values given
 * for variables that do not exist under the others are dropped.
 */
export async function resolveAssignment(
  space: Space,
  given: Readonly<Assignment>,
  evaluate: EvaluateExpression,
): Promise<Resolved> {
  const { values, problems } = settle(space, given);
  if (problems.length === 0) await compute(space, values, evaluate, problems);
  if (problems.length === 0) await checkRules(space, values, evaluate, problems);
  return { values, problems };
}

/** The first two stages, which need no expressions: defaults and each value by itself. */
export function settle(space: Space, given: Readonly<Assignment>): Resolved {
  const values: Assignment = {};
  const problems: Problem[] = [];
  const missing: string[] = [];
  const known = new Set(space.variables.map((variable) => variable.name));
  for (const name of Object.keys(given)) {
    if (!known.has(name)) {
      problems.push({
        pointer: `/${name}`,
        detail: `Variable ${name}: not declared; there are [${[...known].join(', ')}]`,
      });
    }
  }
  const { order, circle } = orderByExistence(space.variables);
  if (circle.length > 0) problems.push({ pointer: `/${circle[0]}`, detail: circleDetail(circle) });
  for (const variable of order) {
    const { name } = variable;
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (variable.type.kind === 'composite') {
      if (value !== undefined)
        problems.push({ pointer: `/${name}`, detail: `Variable ${name}: ${checkValue(variable, value)}` });
      continue;
    }
    if (!existsUnder(variable, values)) continue;
    const settled = value ?? (value === null ? null : defaultValue(variable));
    if (settled === undefined) {
      missing.push(name);
      continue;
    }
    const trouble = checkValue(variable, settled, space);
    if (trouble === undefined) values[name] = settled;
    else problems.push({ pointer: `/${name}`, detail: `Variable ${name}: ${trouble}` });
  }
  if (missing.length > 0) {
    problems.unshift({ pointer: '', detail: `Missing required variables: [${missing.join(', ')}]` });
  }
  return { values, problems };
}

async function compute(
  space: Space,
  values: Assignment,
  evaluate: EvaluateExpression,
  problems: Problem[],
): Promise<void> {
  const { order, circle } = orderBy(space.variables, neededBy);
  if (circle.length > 0) problems.push({ pointer: `/${circle[0]}`, detail: circleDetail(circle) });
  for (const variable of order) {
    if (variable.type.kind !== 'composite' || !existsUnder(variable, values)) continue;
    const { name } = variable;
    try {
      const value = await evaluate(variable.type.expression, materialize(space, values));
      if (value === undefined) throw new Error('the expression has no value');
      values[name] = value;
    } catch (error) {
      problems.push({ pointer: `/${name}`, detail: `Failed to compute ${name}: ${messageOf(error)}` });
    }
  }
}

async function checkRules(
  space: Space,
  values: Assignment,
  evaluate: EvaluateExpression,
  problems: Problem[],
): Promise<void> {
  for (const { expression, reason } of space.constraints) {
    let verdict: Json | undefined;
    try {
      verdict = await evaluate(expression, materialize(space, values));
    } catch (error) {
      problems.push({ pointer: '', detail: `Failed to check "${expression}": ${messageOf(error)}` });
      continue;
    }
    if (verdict === true) continue;
    const odd = verdict === false ? '' : ` ("${expression}" gave ${verdict === undefined ? 'nothing' : show(verdict)})`;
    problems.push({ pointer: '', detail: `${reason}${odd}` });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
