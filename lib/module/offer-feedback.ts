import { describeFields } from '#lib/adapter/describe';
import { memberType } from '#lib/adapter/member-type';
import { dedent, splitLines } from '#lib/adapter/python-text';
import { jsonDumps, numberText } from '#lib/adapter/python-value';
import { ExactFloat } from '#lib/signature/exact-number';
import { cleanInstructions } from '#lib/signature/instructions';
import { formatSignature } from '#lib/signature/print';
import type { Field, FieldType, Signature, Values } from '#lib/signature/signature';
import type { Run } from './forward.ts';
import { plainOf } from './plain.ts';
import type { ModuleSpec, Reward } from './spec.ts';

const STR: FieldType = { kind: 'str' };
const FLOAT: FieldType = { kind: 'float' };
const field = (name: string, description: string, type: FieldType = STR): Field => ({ name, type, description });

/** What dspy.Refine asks between two draws (`dspy.predict.refine.OfferFeedback`, MIT), to the letter. */
export const FEEDBACK: Signature = {
  name: 'OfferFeedback',
  instructions: cleanInstructions(`
    In the discussion, assign blame to each module that contributed to the final reward being below the threshold, if
    any. Then, prescribe concrete advice of how the module should act on its future input when we retry the process, if
    it were to receive the same or similar inputs. If a module is not to blame, the advice should be N/A.
    The module will not see its own history, so it needs to rely on entirely concrete and actionable advice from you
    to avoid the same mistake on the same or similar inputs.
    `),
  inputs: [
    field('program_code', 'The code of the program that we are analyzing'),
    field('modules_defn', 'The definition of each module in the program, including its I/O'),
    field('program_inputs', 'The inputs to the program that we are analyzing'),
    field('program_trajectory', "The trajectory of the program's execution, showing each module's I/O"),
    field('program_outputs', 'The outputs of the program that we are analyzing'),
    field('reward_code', 'The code of the reward function that we are analyzing'),
    field('target_threshold', 'The target threshold for the reward function', FLOAT),
    field('reward_value', "The reward value assigned to the program's outputs", FLOAT),
    field('module_names', 'The names of the modules in the program, for which we seek advice', {
      kind: 'list',
      item: STR,
    }),
  ],
  outputs: [
    field('discussion', 'Discussing blame of where each module went wrong, if it did'),
    field(
      'advice',
      'For each module, describe very concretely, in this order: the specific scenarios in which it has made mistakes in the past and what each mistake was, followed by what it should do differently in that kind ofscenario in the future. If the module is not to blame, write N/A.',
      { kind: 'dict', key: STR, value: STR },
    ),
  ],
};

/** The question about one draw: what ran, on what, with which result. Everything is shown as text. */
export function feedbackInputs(draw: Run, outputs: Values, reward: number): Values {
  const { spec } = draw;
  const plain = plainOf(spec);
  const predictors = plain.predictors(spec);
  const face = plain.face?.(spec) ?? spec.signature;
  const trajectory = draw.trace.map(({ predictor, inputs, outputs: given }) => {
    const asked = predictors[predictor] ?? spec.signature;
    return {
      module_name: predictor,
      inputs: withFloats(asked.inputs, inputs),
      outputs: withFloats(asked.outputs, given),
    };
  });
  return {
    program_code: programCode(spec),
    modules_defn: definitions(predictors),
    program_inputs: dump(withFloats(face.inputs, draw.inputs)),
    program_trajectory: dump(trajectory),
    program_outputs: dump(withFloats(face.outputs, outputs)),
    reward_code: rewardCode(spec.reward),
    target_threshold: dump(new ExactFloat(spec.options?.threshold ?? 1)),
    reward_value: dump(new ExactFloat(reward)),
    module_names: dump(Object.keys(predictors)),
  };
}

const dump = (value: unknown): string => jsonDumps(value, undefined, 2);

const CLASSES = { predict: 'Predict', chain_of_thought: 'ChainOfThought', react: 'ReAct' } as const;

/** DSPy shows the Python source of the module's class here. There is none; this says the same in a line. */
export function programCode({ of = 'predict', signature, tools = [] }: ModuleSpec): string {
  const parts = [JSON.stringify(formatSignature(signature))];
  if (of === 'react') parts.push(`tools=[${tools.map(({ name }) => name).join(', ')}]`);
  return `program = dspy.${CLASSES[of]}(${parts.join(', ')})`;
}

export function rewardCode(reward: Reward | undefined): string {
  if (reward === undefined) return '';
  return 'expression' in reward ? reward.expression : JSON.stringify(reward.metric);
}

const RULE = '-'.repeat(80);

function definitions(predictors: Record<string, Signature>): string {
  const lines = [RULE];
  for (const [name, { instructions, inputs, outputs }] of Object.entries(predictors)) {
    lines.push(`Module ${name}`, '\n\tInput Fields:', indented(describeFields(inputs)));
    lines.push('\tOutput Fields:', indented(describeFields(outputs)));
    lines.push(`\tOriginal Instructions: ${indented(dedent(instructions))}`, RULE);
  }
  return lines.map((line) => line.replace(/^\n+|\n+$/gu, '')).join('\n');
}

const indented = (text: string): string => ['', ...splitLines(text)].join('\n\t\t');

/** Numbers of fields that are floats as floats: Python would print `1.0` where JSON has `1`. */
function withFloats(fields: readonly Field[], values: Values): { [name: string]: unknown } {
  const types = new Map(fields.map(({ name, type }) => [name, type]));
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, floats(value, types.get(name))]));
}

function floats(value: unknown, type: FieldType | undefined): unknown {
  if (typeof value === 'number') return numberText(value, type) === numberText(value) ? value : new ExactFloat(value);
  if (typeof value !== 'object' || value === null || type === undefined) return value;
  if (Array.isArray(value)) return value.map((item, i) => floats(item, memberType(type, i)));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, floats(item, memberType(type, key))]));
}
