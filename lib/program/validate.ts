import type { Problem } from '#lib/base/errors';
import { failureOf } from '#lib/base/failure';
import { fieldTypeOf } from './field-type.ts';
import type { Plan, PlanStep } from './plan.ts';
import { planProgram } from './plan-graph.ts';
import type { Program } from './program.ts';
import { neededNodes, plansIn } from './prune.ts';
import { everyNode } from './reads.ts';
import { noSuch, type Report } from './report.ts';
import { checkBindings } from './validate-bindings.ts';
import { checkCircles } from './validate-circles.ts';
import { checkNode, checkTransactions } from './validate-node.ts';
import { checkReads } from './validate-reads.ts';

const MAX_NODES = 500;

/**
 * Everything wrong with a well-shaped program at once, each with a JSON Pointer below the program
 * (`/graph/nodes/0/inputs/question`); an empty list means it can be frozen, planned and run. Variables by themselves are
 * checked by `validateVariables`.
 */
export function validateProgram(program: Program): Problem[] {
  const problems: Problem[] = [];
  const report = (pointer: string, detail: string): void => {
    if (!problems.some((one) => one.pointer === pointer && one.detail === detail)) problems.push({ pointer, detail });
  };
  const { graph } = program;
  for (const [name, type] of Object.entries(graph.input)) {
    try {
      fieldTypeOf(type);
    } catch (error) {
      report(`/graph/input/${name}`, failureOf(error).message);
    }
  }
  const { lm } = graph.defaults ?? {};
  if (lm !== undefined && !Object.hasOwn(program.lms, lm))
    report('/graph/defaults/lm', noSuch('language model', lm, program.lms));

  const all = [...everyNode(graph.nodes, '/graph/nodes')];
  if (all.length > MAX_NODES)
    report('/graph/nodes', `a program has at most ${MAX_NODES} nodes, this has ${all.length}`);
  const seen = new Map<string, string>();
  for (const { node, pointer } of all) {
    const first = seen.get(node.id);
    if (first === undefined) seen.set(node.id, pointer);
    else report(`${pointer}/id`, `the id ${node.id} is already taken by ${first}`);
    checkNode(node, pointer, program, report);
  }
  checkTransactions(graph.nodes, '/graph/nodes', report);
  checkReads(program, report);
  checkCircles(graph.nodes, '/graph/nodes', report);
  checkBindings(program, report);
  if (problems.length === 0) checkUse(program, seen, report);
  return problems;
}

/** A node that neither feeds an output nor does anything outside is a mistake: it would only cost money. */
function checkUse(program: Program, pointers: ReadonlyMap<string, string>, report: Report): void {
  const plan = planProgram(program.graph, program.modules);
  const needed = neededNodes(plan, undefined, (step) => step.effectful);
  for (const stage of allSteps(plan))
    if (!needed.has(stage.id))
      report(pointers.get(stage.id) ?? '', `node ${stage.id} is unreachable: no output needs it, and it has no effect`);
}

function* allSteps(plan: Plan): Generator<PlanStep> {
  for (const step of plan.stages.flat()) {
    yield step;
    for (const inner of plansIn(step)) yield* allSteps(inner);
  }
}
