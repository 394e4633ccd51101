import type { Problem } from '#lib/base/errors';
import type { Json } from '#lib/base/json';
import { defaultValue, materialize } from './candidates.ts';
import { checkValue, show } from './check-value.ts';
import type { EvaluateExpression } from './evaluate-expression.ts';
import { existsUnder, orderBy, orderByExistence } from './existence.ts';
import { referencedNames } from './references.ts';
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
 * rules between variables. All problems are reported at once; a composite or rule that speaks of a broken variable is not
 * looked at, since its complaint would be about that one. Values given for variables that do not exist under the others
 * are dropped.
 */
export async function resolveAssignment(
  space: Space,
  given: Readonly<Assignment>,
  evaluate: EvaluateExpression,
): Promise<Resolved> {
  const { values, problems, broken } = settle(space, given);
  await compute(space, values, evaluate, problems, broken);
  await checkRules(space, values, evaluate, problems, broken);
  return { values, problems };
}

/** The first two stages, which need no expressions: defaults and each value by itself. */
export function settle(space: Space, given: Readonly<Assignment>): Resolved & { broken: Set<string> } {
  const values: Assignment = {};
  /** Without a value, though they have to have one or nobody can say whether they do. */
  const broken = new Set<string>();
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
  for (const name of circle) broken.add(name);
  for (const variable of order) {
    const { name } = variable;
    if (Object.keys(variable.when ?? {}).some((other) => broken.has(other))) {
      broken.add(name);
      continue;
    }
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
      broken.add(name);
      continue;
    }
    const trouble = checkValue(variable, settled, space);
    if (trouble === undefined) values[name] = settled;
    else {
      problems.push({ pointer: `/${name}`, detail: `Variable ${name}: ${trouble}` });
      broken.add(name);
    }
  }
  if (missing.length > 0) {
    problems.unshift({ pointer: '', detail: `Missing required variables: [${missing.join(', ')}]` });
  }
  return { values, problems, broken };
}

async function compute(
  space: Space,
  values: Assignment,
  evaluate: EvaluateExpression,
  problems: Problem[],
  broken: Set<string>,
): Promise<void> {
  const { order, circle } = orderBy(space.variables, neededBy);
  if (circle.length > 0) problems.push({ pointer: `/${circle[0]}`, detail: circleDetail(circle) });
  for (const name of circle) broken.add(name);
  const failed: string[] = [];
  for (const variable of order) {
    if (variable.type.kind !== 'composite' || !existsUnder(variable, values)) continue;
    const { name } = variable;
    if (neededBy(variable).some((other) => broken.has(other))) {
      broken.add(name);
      continue;
    }
    try {
      const value = await evaluate(variable.type.expression, materialize(space, values));
      if (value === undefined) throw new Error('the expression has no value');
      values[name] = value;
    } catch (error) {
      failed.push(name);
      problems.push({ pointer: `/${name}`, detail: `Failed to compute ${name}: ${messageOf(error)}` });
    }
  }
  for (const name of failed) broken.add(name);
}

async function checkRules(
  space: Space,
  values: Assignment,
  evaluate: EvaluateExpression,
  problems: Problem[],
  broken: ReadonlySet<string>,
): Promise<void> {
  for (const { expression, reason } of space.constraints) {
    if ([...referencedNames(expression)].some((name) => broken.has(name))) continue;
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
