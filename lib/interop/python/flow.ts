import { Unprocessable } from '#lib/base/errors';
import type { Plan, PlannedExpression, PlanStep, ProgramPlan } from '#lib/program/plan';
import { pythonName } from '../outgoing/python-name.ts';
import { translate } from './expression.ts';

/** What the body of `forward` needs to know and collects. */
export interface Flow {
  /** By node id: the Python that calls its module, given a dict of inputs. */
  call(node: string, inputs: string): string;
  helpers: Set<string>;
  /** Paths that always hold a value: the inputs, and outputs of modules that cannot be skipped. */
  sure: Set<string>;
  /** What the Python does not do as dspex does it, for the reader. */
  notes: string[];
}

/** Kinds of nodes that speak to the world outside the models. */
const REFUSED: Record<string, string> = {
  effect: 'an effect (HTTP or Lambda) is sent by dspex with a key that makes it safe to repeat',
  approval: 'an approval waits for a person',
  program: 'another program of the workspace is run by dspex',
  action: "a resource's action is run by dspex under its policy",
  transaction: "resources' actions are run by dspex under their policies",
};

/**
 * The plan as statements of `forward`, which fill `nodes`. Steps of one stage run one after the other: the outcome is the
 * same. Throws Unprocessable for a node DSPy has no counterpart of, naming it.
 */
export function flowOf(plan: ProgramPlan, flow: Flow): string[] {
  const outputs = plan.outputs.map(({ name, expression }) => {
    const python = value(expression, `output ${name}`, flow);
    // A keyword cannot stand before `=`.
    return pythonName(name) === name ? `${name}=${python}` : `**{${JSON.stringify(name)}: ${python}}`;
  });
  return [...block(plan, flow), `return dspy.Prediction(${outputs.join(', ')})`];
}

function block(plan: Plan, flow: Flow): string[] {
  return plan.stages.flat().flatMap((step) => stepLines(step, flow));
}

const indented = (lines: string[]): string[] => lines.map((line) => `    ${line}`);
const slot = (id: string): string => `nodes[${JSON.stringify(id)}]`;

function stepLines(step: PlanStep, flow: Flow): string[] {
  if (step.compensate !== undefined)
    throw new Unprocessable('dspy_cannot_express', `node ${step.id}: DSPy has nothing that undoes a node (compensate)`);
  if (step.retry.maxAttempts > 1) flow.notes.push(`node ${step.id}: is not tried again in Python (retry)`);
  if (step.timeoutSeconds !== undefined)
    flow.notes.push(`node ${step.id}: has no time limit in Python (timeoutSeconds)`);
  let lines = run(step, flow);
  for (const [index, other] of step.fallback.entries()) {
    // Each alternative is tried where the one before it has failed; its value becomes the node's.
    const rescue = [
      ...stepLines(other, flow),
      ...(other.id === step.id ? [] : [`${slot(step.id)} = ${slot(other.id)}`]),
    ];
    lines = [
      'try:',
      ...indented(lines),
      `except Exception as failed_${index}:`,
      ...indented([`_note(${JSON.stringify(step.id)}, failed_${index})`, ...rescue]),
    ];
    flow.helpers.add('_note');
  }
  if (step.optional) {
    flow.helpers.add('_note');
    lines = [
      'try:',
      ...indented(lines),
      'except Exception as failed:',
      ...indented([`_note(${JSON.stringify(step.id)}, failed)`, `${slot(step.id)} = None`]),
    ];
  }
  if (step.when !== undefined)
    lines = [
      `if ${condition(step.when, step, flow)}:`,
      ...indented(lines),
      'else:',
      ...indented([`${slot(step.id)} = None`]),
    ];
  return lines;
}

function run(step: PlanStep, flow: Flow): string[] {
  const at = slot(step.id);
  switch (step.kind) {
    case 'module':
      return [`${at} = ${flow.call(step.id, `{${pairs(step.inputs, step, flow)}}`)}`];
    case 'transform': {
      if (step.inputs.length === 0) return [`${at} = ${value(step.expression, `node ${step.id}`, flow)}`];
      return [
        `scope = {**scope, "inputs": {${pairs(step.inputs, step, flow)}}}`,
        `${at} = ${value(step.expression, `node ${step.id}`, flow)}`,
      ];
    }
    case 'parallel':
      return [
        ...step.branches.flatMap((branch) => block(branch, flow)),
        `${at} = {${step.branches.map(({ result }) => `${JSON.stringify(result)}: ${slot(result)}`).join(', ')}}`,
      ];
    case 'choice': {
      const arms = step.arms.flatMap(({ when, plan }, index) => [
        `${index === 0 ? 'if' : 'elif'} ${condition(when, step, flow)}:`,
        ...indented([...block(plan, flow), `${at} = ${slot(plan.result)}`]),
      ]);
      const rest =
        step.otherwise === undefined
          ? [`${at} = None`]
          : [...block(step.otherwise, flow), `${at} = ${slot(step.otherwise.result)}`];
      return [...step.shows.map((id) => `${slot(id)} = None`), ...arms, 'else:', ...indented(rest)];
    }
    case 'map': {
      flow.helpers.add('_as_list');
      const name = `each_${step.id}`;
      return [
        `def ${name}(index, item, scope=scope, nodes=nodes):`,
        ...indented([
          'nodes = dict(nodes)',
          'scope = {**scope, "nodes": nodes, "item": item, "index": index}',
          ...block(step.plan, flow),
          `return ${slot(step.plan.result)}`,
        ]),
        `${at} = [${name}(*pair) for pair in enumerate(_as_list(${value(step.items, `node ${step.id}`, flow)}))]`,
      ];
    }
    default:
      throw new Unprocessable('dspy_cannot_express', `node ${step.id}: ${REFUSED[step.kind]}; DSPy has no counterpart`);
  }
}

function pairs(inputs: readonly PlannedExpression[], step: PlanStep, flow: Flow): string {
  return inputs
    .map(({ name, expression, list }) => {
      const python = value(expression, `input ${name} of node ${step.id}`, flow);
      if (list) flow.helpers.add('_as_list');
      return `${JSON.stringify(name)}: ${list ? `_as_list(${python})` : python}`;
    })
    .join(', ');
}

function condition(text: string, step: PlanStep, flow: Flow): string {
  return `${value(text, `condition of node ${step.id}`, flow)} is True`;
}

/** The value in Python; an expression without a translation becomes a call that says so, so that the rest can be used. */
function value(text: string, where: string, flow: Flow): string {
  const translated = translate(text, flow.sure);
  if ('python' in translated) {
    for (const helper of translated.helpers) flow.helpers.add(helper);
    return translated.python;
  }
  flow.helpers.add('_untranslated');
  flow.notes.push(
    `${where}: the expression ${text} has no Python (${translated.why}); write it where _untranslated stands`,
  );
  return `_untranslated(${JSON.stringify(where)}, ${JSON.stringify(text)})`;
}
