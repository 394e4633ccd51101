import { StepFailure } from '#lib/base/failure';
import type { Json } from '#lib/base/json';
import { predictorNames } from '#lib/module/face';
import type { Variable } from '#lib/variable/variable';
import { allBindings, moduleNodes, unknownPlace } from './configure.ts';
import { compileExpression } from './expression.ts';
import type { ModuleNode } from './node.ts';
import { parsePlace, placeNamed } from './places.ts';
import type { Program } from './program.ts';
import { noSuch, type Report } from './report.ts';
import { checkInputNames } from './validate-node.ts';

/** Bindings, composites and rules: that what they name is there, and that values fit the places they go to. */
export function checkBindings(program: Program, report: Report): void {
  const variables = new Map(program.variables.map((variable) => [variable.name, variable]));
  const nodes = moduleNodes(program.graph);
  for (const [i, name] of (program.graph.variables ?? []).entries())
    if (!variables.has(name)) report(`/graph/variables/${i}`, noSuch('variable', name, Object.fromEntries(variables)));
  for (const { binding, pointer } of allBindings(program)) {
    const variable = variables.get(binding.variable);
    if (variable === undefined)
      report(`${pointer}/variable`, noSuch('variable', binding.variable, Object.fromEntries(variables)));
    if (binding.as !== undefined) checkFormula(binding.as, `${pointer}/as`, ['value', ...variables.keys()], report);
    for (const [i, path] of binding.to.entries()) {
      const at = `${pointer}/to/${i}`;
      const target = parsePlace(path);
      if (target === undefined) {
        report(at, unknownPlace(path));
        continue;
      }
      const reached = nodes.filter((node) => target.node === '*' || node.id === target.node);
      if (reached.length === 0)
        report(at, `${path} reaches no module node; there are [${nodes.map(({ id }) => id).join(', ')}]`);
      else if (variable !== undefined && binding.as === undefined)
        checkValues(variable, target.place, reached, program, at, report);
    }
  }
  const names = [...variables.keys()];
  for (const [i, { type }] of program.variables.entries())
    if (type.kind === 'composite') checkFormula(type.expression, `/variables/${i}/type/expression`, names, report);
  for (const [i, { expression }] of program.constraints.entries())
    checkFormula(expression, `/constraints/${i}/expression`, names, report);
}

function checkFormula(text: string, pointer: string, names: readonly string[], report: Report): void {
  try {
    for (const [root] of compileExpression(text).references)
      if (root !== undefined && !names.includes(root))
        report(pointer, `there is no variable ${root}; there are [${names.join(', ')}]`);
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    report(pointer, error.failure.message);
  }
}

/** Tries the ends and the choices of a variable at its place: what no value fits should not wait for the first trial. */
function checkValues(
  variable: Variable,
  place: string,
  nodes: readonly ModuleNode[],
  program: Program,
  pointer: string,
  report: Report,
): void {
  const known = { modules: program.modules, lms: program.lms };
  const target = placeNamed(place);
  const specs = nodes.map((node) => program.modules[node.module]).filter((one) => one !== undefined);
  const spec = specs.find((one) => target?.on?.(one) ?? true);
  if (target === undefined || specs.length === 0) return;
  if (spec === undefined) {
    const there = [...new Set(specs.flatMap(predictorNames))].join(', ');
    report(pointer, `${place} is nowhere: the predictors are [${there}]`);
    return;
  }
  for (const value of samples(variable)) {
    if (target.apply(spec, value, known) === undefined) {
      report(
        pointer,
        `${place} takes ${target.wants}; variable ${variable.name} can be ${JSON.stringify(value).slice(0, 100)}`,
      );
      return;
    }
    if (place === 'module' && typeof value === 'string')
      for (const node of nodes)
        checkInputNames({ ...node, module: value }, pointer, program, (_at, detail) => report(pointer, detail));
  }
}

function samples({ type, default: given }: Variable): Json[] {
  const own = given === undefined ? [] : [given];
  if (type.kind === 'float' || type.kind === 'integer') return [...own, type.min, type.max];
  if (type.kind === 'boolean') return [true, false];
  if (type.kind === 'choice') return type.choices;
  if (type.kind === 'string') return [...own, ...(type.choices ?? [''])];
  if (type.kind === 'text') return [...own, ...(type.candidates ?? [''])];
  if (type.kind === 'demos') return [...own, ...(type.candidates ?? [[]])];
  return type.kind === 'module' ? type.modules : [];
}
