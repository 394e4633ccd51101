import { adapters } from '#lib/adapter/adapters';
import { InvalidInput } from '#lib/base/errors';
import { failureOf } from '#lib/base/failure';
import type { Json, JsonObject } from '#lib/base/json';
import type { LmParameters, Message, ResponseFormat } from '#lib/lm/spec';
import { predictorsOf } from '#lib/module/asked';
import type { ModuleSpec } from '#lib/module/spec';
import type { ConfiguredProgram } from '#lib/program/configured';
import { compileExpression } from '#lib/program/expression';
import type { Plan, PlannedExpression, PlanStep } from '#lib/program/plan';
import type { ProgramVersionBody } from '#lib/program/program';
import { validateInputs } from '#lib/signature/validate';
import { configured } from '../outgoing/exported-modules.ts';

/** One request as any client of a model can send it. */
export interface PlainCall {
  node: string;
  /** DSPy's name of the predictor inside the module: `self`, `predict`, `react` ... */
  predictor: string;
  model: string | null;
  parameters: LmParameters;
  messages: Message[];
  responseFormat?: ResponseFormat;
}
export interface PlainMessages {
  program: string;
  checksum: string;
  calls: PlainCall[];
  /** Nodes whose messages depend on what a model answers, with what they wait for. */
  waiting: { node: string; for: string[] }[];
}

/**
 * The messages a version sends for an input, without sending them. What depends on a model's answer is listed as waiting;
 * `nodes` gives such answers (from a trace, say), and then it is rendered too. Throws InvalidInput for unfit inputs.
 */
export async function exportMessages(
  version: ProgramVersionBody,
  input: JsonObject,
  nodes: JsonObject = {},
): Promise<PlainMessages> {
  const program = await configured(version);
  checkInput(program, input);
  const out: PlainMessages = { program: version.graph.name, checksum: version.checksum, calls: [], waiting: [] };
  await block(program.plan, { program, scope: { input, nodes: { ...nodes } }, out });
  return out;
}

interface Walk {
  program: ConfiguredProgram;
  scope: { input: JsonObject; nodes: JsonObject };
  out: PlainMessages;
}

async function block(plan: Plan, walk: Walk): Promise<void> {
  for (const step of plan.stages.flat()) await visit(step, walk);
}

async function visit(step: PlanStep, walk: Walk): Promise<void> {
  const { nodes } = walk.scope;
  if (step.kind === 'parallel') {
    for (const branch of step.branches) await block(branch, walk);
    const results = step.branches.map(({ result }) => result);
    if (results.every((id) => Object.hasOwn(nodes, id)))
      nodes[step.id] = Object.fromEntries(results.map((id) => [id, nodes[id] as Json]));
    return;
  }
  if (step.kind === 'choice') {
    for (const plan of [...step.arms.map((arm) => arm.plan), ...(step.otherwise === undefined ? [] : [step.otherwise])])
      await block(plan, walk);
    return;
  }
  const missing = step.needs.filter((id) => !Object.hasOwn(nodes, id)).map((id) => `nodes.${id}`);
  const wait = (what: string[]) => walk.out.waiting.push({ node: step.id, for: what });
  if (step.kind === 'transform' && missing.length === 0 && !Object.hasOwn(nodes, step.id)) {
    const value = await evaluated(
      step.expression,
      { ...walk.scope, inputs: await inputsOf(step.inputs, walk) },
      step.id,
    );
    nodes[step.id] = value ?? null;
  }
  if (step.kind === 'map') wait(['item']);
  if (step.kind !== 'module') return;
  if (missing.length > 0) wait(missing);
  else await render(step.id, await inputsOf(step.inputs, walk), walk);
}

async function render(node: string, given: JsonObject, { program, out }: Walk): Promise<void> {
  const spec = program.modules[node] as ModuleSpec;
  const { values, problems } = validateInputs(spec.signature, given);
  if (problems.length > 0)
    throw new InvalidInput('messages_inputs', `node ${node}: ${problems.map(({ detail }) => detail).join('; ')}`, {
      problems,
    });
  const asked = Object.entries(predictorsOf(spec));
  const [first] = asked;
  if (first === undefined) return;
  const [predictor, signature] = first;
  const own = spec.predictors?.[predictor] ?? {};
  const adapter = adapters[own.adapter ?? spec.adapter ?? 'chat'];
  const lm = program.lms[own.lm ?? spec.lm ?? ''];
  // A ReAct's first round has an empty trajectory; DSPy shows it as an empty text.
  const round = spec.type === 'react' ? { ...values, trajectory: '' } : values;
  const demos = own.demos ?? (asked.length === 1 ? spec.demos : []);
  const responseFormat = adapter.responseFormat?.(signature);
  out.calls.push({
    node,
    predictor,
    model: lm === undefined ? null : `${lm.provider}/${lm.model}`,
    parameters: { ...lm?.defaults, ...spec.config, ...own.config },
    messages: adapter.format(signature, demos, round),
    ...(responseFormat === undefined ? {} : { responseFormat }),
  });
  for (const [later] of asked.slice(1)) out.waiting.push({ node: `${node}.${later}`, for: [`${node}.${predictor}`] });
}

async function inputsOf(planned: readonly PlannedExpression[], { scope }: Walk): Promise<JsonObject> {
  const inputs: JsonObject = {};
  for (const { name, expression, list } of planned) {
    const value = await evaluated(expression, scope, name);
    if (list && !Array.isArray(value) && value !== null) inputs[name] = value === undefined ? [] : [value];
    else if (value !== undefined) inputs[name] = value;
  }
  return inputs;
}

async function evaluated(text: string, scope: JsonObject, where: string): Promise<Json | undefined> {
  try {
    return await compileExpression(text).evaluate(scope);
  } catch (error) {
    throw new InvalidInput('messages_expression', `${where}: ${failureOf(error).message}`);
  }
}

function checkInput({ name, input: declared }: ConfiguredProgram, given: JsonObject): void {
  const fields = declared.map((field) => ({ ...field, description: '' }));
  const { problems } = validateInputs({ name, instructions: '', inputs: fields, outputs: [] }, given);
  if (problems.length > 0)
    throw new InvalidInput('messages_input', problems.map(({ detail }) => detail).join('; '), {
      problems: problems.map((problem) => ({ ...problem, pointer: `/input${problem.pointer}` })),
    });
}
