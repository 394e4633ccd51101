import type { Problem } from '#lib/base/errors';
import { canonicalJson, type Json } from '#lib/base/json';
import { candidateId } from './candidates.ts';
import { checkValue } from './check-value.ts';
import { orderBy, orderByExistence } from './existence.ts';
import { patternTrouble } from './pattern.ts';
import { referencedNames } from './references.ts';
import type { Space } from './space.ts';
import type { CrossConstraint, Variable, VariableType } from './variable.ts';

type Report = (member: string, detail: string) => void;

/**
 * Everything wrong with a space of well-shaped variables, each with a JSON Pointer (`/variables/2/type/max`); an empty
 * list means it can be resolved, sampled and searched.
 */
export function validateVariables(space: {
  variables: readonly Variable[];
  constraints?: readonly CrossConstraint[];
  candidates?: Space['candidates'];
}): Problem[] {
  const problems: Problem[] = [];
  const { variables, candidates = {} } = space;
  const byName = new Map<string, Variable>();
  for (const [index, variable] of variables.entries()) {
    const report: Report = (member, detail) => problems.push({ pointer: `/variables/${index}${member}`, detail });
    if (byName.has(variable.name)) report('/name', `Variable ${variable.name} is declared twice`);
    byName.set(variable.name, variable);
    checkType(variable.type, report);
    if (variable.default !== undefined) {
      const trouble = checkValue(variable, variable.default, { candidates });
      if (trouble !== undefined) report('/default', `Variable ${variable.name}: ${trouble}`);
      else if (isProposable(variable) && candidateId(variable.default) !== undefined) {
        report('/default', `Variable ${variable.name}: a default is a value, not the name of a candidate`);
      }
    } else if (variable.type.kind === 'text' && !variable.type.candidates?.length) {
      report('/default', `Variable ${variable.name}: a text needs a default or a candidate`);
    }
  }
  for (const [index, variable] of variables.entries()) {
    checkWhen(variable, byName, (member, detail) => problems.push({ pointer: `/variables/${index}${member}`, detail }));
  }
  const at = (name: string | undefined): number => variables.findIndex((variable) => variable.name === name);
  const conditions = orderByExistence(variables).circle;
  if (conditions.length > 0) {
    problems.push({ pointer: `/variables/${at(conditions[0])}/when`, detail: circleDetail(conditions) });
  }
  const composites = orderBy(variables, neededBy).circle;
  if (composites.length > 0 && conditions.length === 0) {
    problems.push({ pointer: `/variables/${at(composites[0])}/type/expression`, detail: circleDetail(composites) });
  }
  for (const name of Object.keys(candidates)) {
    const kind = byName.get(name)?.type.kind;
    if (kind !== 'text' && kind !== 'demos') {
      const detail = kind === undefined ? 'no such variable' : `only text and demos have candidates, this is ${kind}`;
      problems.push({ pointer: `/candidates/${name}`, detail });
    }
  }
  for (const [index, constraint] of (space.constraints ?? []).entries()) {
    const names = referencedNames(constraint.expression);
    if (![...names].some((name) => byName.has(name))) {
      const detail = `names no variable; there are [${[...byName.keys()].join(', ')}]`;
      problems.push({ pointer: `/constraints/${index}/expression`, detail });
    }
  }
  return problems;
}

/** Of a composite, the other composites and variables its expression reads; of others nothing. */
export function neededBy(variable: Variable): string[] {
  return variable.type.kind === 'composite' ? [...referencedNames(variable.type.expression)] : [];
}

export const circleDetail = (names: readonly string[]): string => `Circular dependency detected: ${names.join(' -> ')}`;

const isProposable = (variable: Variable): boolean => ['text', 'demos'].includes(variable.type.kind);

function checkWhen(variable: Variable, byName: ReadonlyMap<string, Variable>, report: Report): void {
  for (const [name, wanted] of Object.entries(variable.when ?? {})) {
    const parent = byName.get(name);
    if (parent === undefined) {
      report(`/when/${name}`, `Variable ${name} does not exist; there are [${[...byName.keys()].join(', ')}]`);
    } else if (['composite', 'text', 'demos'].includes(parent.type.kind)) {
      report(`/when/${name}`, `a condition cannot rest on a ${parent.type.kind} variable`);
    } else {
      const trouble = checkValue(parent, wanted);
      if (trouble !== undefined) report(`/when/${name}`, `can never hold: ${trouble}`);
    }
  }
}

function checkType(type: VariableType, report: Report): void {
  if (type.kind === 'float' || type.kind === 'integer') checkNumbers(type, report);
  if (type.kind === 'choice') checkChoices(type.choices, '/type/choices', report);
  if (type.kind === 'module') checkChoices(type.modules, '/type/modules', report);
  if (type.kind === 'string') {
    if (type.choices !== undefined) checkChoices(type.choices, '/type/choices', report);
    const trouble = type.pattern === undefined ? undefined : patternTrouble(type.pattern);
    if (trouble !== undefined) report('/type/pattern', `not a usable pattern: ${trouble}`);
  }
}

function checkNumbers(type: Extract<VariableType, { kind: 'float' | 'integer' }>, report: Report): void {
  const { kind, min, max, step, log } = type;
  for (const [member, value] of Object.entries({ min, max, step })) {
    if (value === undefined) continue;
    if (!Number.isFinite(value)) report(`/type/${member}`, `wanted a finite number, got ${value}`);
    else if (kind === 'integer' && !Number.isSafeInteger(value)) {
      report(`/type/${member}`, `Expected integer, got ${value}`);
    }
  }
  if (min > max) report('/type/max', `max ${max} is below min ${min}`);
  if (step !== undefined && step <= 0) report('/type/step', `step must be above 0, got ${step}`);
  if (log === true && min <= 0) report('/type/min', `a log scale needs min above 0, got ${min}`);
  if (log === true && step !== undefined) report('/type/step', 'step and log exclude each other');
}

function checkChoices(choices: readonly Json[], pointer: string, report: Report): void {
  if (choices.length === 0) report(pointer, 'at least one choice is needed');
  const seen = new Set<string>();
  for (const [index, choice] of choices.entries()) {
    const text = canonicalJson(choice);
    if (seen.has(text)) report(`${pointer}/${index}`, `${text} is listed twice`);
    seen.add(text);
  }
}
