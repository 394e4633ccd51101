import type { Field, FieldType, Signature } from '#lib/signature/signature';
import type { ModuleKind } from './forward.ts';
import { inPythonOnly } from './python-only.ts';
import type { ModuleSpec } from './spec.ts';

const dspy = (name: string): FieldType => ({ kind: 'dspy', name });
const field = (name: string, type: FieldType): Field => ({ name, type, description: `\${${name}}` });

/** dspy.ReActV2: several tools a round, a history instead of a trajectory, and `submit` to end with the outputs. */
export const reactV2: ModuleKind = {
  doc: 'Calls tools in rounds, several at once, and submits the outputs. DSPy’s experimental ReActV2; Python only.',
  predictors: (spec) => ({ react: roundSignature(spec) }),
  face: ({ signature }) => ({
    inputs: signature.inputs,
    outputs: [...signature.outputs, field('history', { kind: 'any' }), field('termination_reason', { kind: 'str' })],
  }),
  forward: inPythonOnly,
};

/** Names it uses itself, which a signature and its tools cannot have. */
export const REACT_V2_TAKEN = {
  inputs: ['history', 'tools'],
  outputs: ['history', 'termination_reason'],
  tools: ['submit'],
} as const;

const ticked = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
const namesOf = (fields: readonly { name: string }[]): string[] => fields.map(({ name }) => name);

function roundSignature({ signature, tools = [] }: ModuleSpec): Signature {
  const { inputs, outputs, instructions } = signature;
  const wanted = ticked(namesOf(outputs));
  const lines = [
    instructions,
    `You are an Agent. Use the supplied tools to produce ${wanted} from ${ticked(namesOf(inputs))}.`,
    'Call tools when more information is needed.',
    `When the final answer is ready, call \`submit\` with ${wanted}.`,
    `The available tools are: ${ticked([...namesOf(tools), 'submit'])}.`,
  ];
  return {
    name: 'StringSignature',
    instructions: lines.join('\n').trim(),
    inputs: [...inputs, field('history', dspy('History')), field('tools', { kind: 'list', item: dspy('Tool') })],
    outputs: [field('next_thought', dspy('Reasoning')), field('tool_calls', dspy('ToolCalls'))],
  };
}
