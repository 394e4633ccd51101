import { StepFailure } from '#lib/base/failure';
import type { Json } from '#lib/base/json';
import type { ModuleSpec } from '#lib/module/spec';
import type { Field, FieldType, Signature, Values } from '#lib/signature/signature';
import { readField } from './read-pair.ts';
import type { JudgeSpec, MetricHands, Score, ScoreFunction } from './spec.ts';

/**
 * A model's verdict by the criteria, as a share of the scale; its reasoning is kept as the reason. The judge is a
 * chain of thought at temperature 0, so the same pair is judged once and read from the cache from then on.
 */
export function judge(spec: JudgeSpec, hands: MetricHands): ScoreFunction {
  const module = judgeModule(spec);
  const scale = spec.scale ?? 1;
  return async (labels, outputs, inputs = {}) => {
    const shown: Values = {};
    for (const name of spec.inputs ?? []) shown[`input_${name}`] = readField(inputs, name, 'input', 'Input.Invalid');
    for (const name of spec.labels ?? []) shown[`label_${name}`] = readField(labels, name, 'label', 'Input.Invalid');
    for (const name of spec.outputs) shown[`output_${name}`] = readField(outputs, name, 'output', 'Output.Invalid');
    const { answer, reason, calls } = await asked(module, spec.lm, shown, hands);
    const verdict = answer.verdict ?? null;
    const value = typeof verdict === 'boolean' ? Number(verdict) : typeof verdict === 'number' ? verdict / scale : 0;
    return { value: Math.min(1, Math.max(0, value)), reason, calls };
  };
}

/** Asks a judging module. Throws StepFailure: a judge that could not answer is no verdict. */
export async function asked(
  module: ModuleSpec,
  lm: string,
  inputs: Values,
  { judge: run }: MetricHands,
): Promise<{ answer: Values; reason: string; calls: NonNullable<Score['calls']> }> {
  if (run === undefined)
    throw new StepFailure('Module.Unsupported', 'a judge needs a language model, and there is none to ask here');
  const { outputs, failure, calls } = await run(module, lm, inputs);
  if (outputs === undefined)
    throw new StepFailure(
      failure?.name ?? 'Internal',
      `the judge gave no verdict: ${failure?.message ?? 'no answer'}`,
      {
        retryable: false,
      },
    );
  return { answer: outputs, reason: text(outputs.reasoning), calls };
}

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

/** A judge as the module it is. */
function judgeModule(spec: JudgeSpec): ModuleSpec {
  const given = (role: string, names: readonly string[] = []): Field[] =>
    names.map((name) => ({ name: `${role}_${name}`, type: { kind: 'any' }, description: `${role} "${name}"` }));
  const yesOrNo = spec.scale === undefined;
  const type: FieldType = { kind: yesOrNo ? 'bool' : 'float' };
  const signature: Signature = {
    name: 'Judge',
    instructions: spec.criteria,
    inputs: [...given('input', spec.inputs), ...given('label', spec.labels), ...given('output', spec.outputs)],
    outputs: [
      {
        ...{ name: 'verdict', type },
        description: yesOrNo
          ? 'whether the criteria are met'
          : `how well the criteria are met, from 0 to ${spec.scale}`,
      },
    ],
  };
  return judging(signature, { temperature: 0 });
}

export function judging(signature: Signature, config: ModuleSpec['config'] = {}): ModuleSpec {
  return { type: 'chain_of_thought', implementation: 'native', signature, demos: [], config };
}
