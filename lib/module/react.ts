import { failureOf, StepFailure } from '#lib/base/failure';
import { isJsonObject, type Json } from '#lib/base/json';
import { exceedsContextWindow } from '#lib/lm/context-window';
import { append } from '#lib/signature/edit';
import { instructionsOr } from '#lib/signature/instructions';
import type { Field, FieldType, Signature, Values } from '#lib/signature/signature';
import { withReasoning } from './chain-of-thought.ts';
import type { ModuleKind, Run } from './forward.ts';
import type { ModuleSpec } from './spec.ts';
import { FINISH_TOOL } from './tool/finish.ts';
import { toolText } from './tool/text.ts';

const MAX_ITERS = 20;
const OBJECT: FieldType = { kind: 'dict', key: { kind: 'str' }, value: { kind: 'any' } };

/**
 * dspy.ReAct: thought, tool, observation, round after round, until the tool is `finish` or the rounds are used up; then
 * a chain of thought reads the answer from the trajectory. A tool's error is an observation like any other. A prompt
 * longer than the model's context loses the oldest rounds.
 */
export const react: ModuleKind = {
  doc: 'Calls tools in rounds of thought and observation, then answers from what it has seen.',
  predictors: (spec) => ({ react: roundSignature(spec), 'extract.predict': extractSignature(spec) }),
  face: ({ signature }) => {
    const trajectory = { name: 'trajectory', type: OBJECT, description: '' };
    return { inputs: signature.inputs, outputs: [trajectory, ...withReasoning(signature).outputs] };
  },
  forward: async (run) => {
    const trajectory: Values = {};
    const rounds = run.spec.options?.maxIters ?? MAX_ITERS;
    for (let i = 0; i < rounds; i++) {
      const step = await predictFrom(run, 'react', trajectory).catch((error: unknown) => {
        if (isTooLong(error)) return undefined;
        throw error;
      });
      if (step === undefined) break;
      const tool = String(step.next_tool_name);
      const args = step.next_tool_args ?? {};
      Object.assign(trajectory, { [`thought_${i}`]: step.next_thought, [`tool_name_${i}`]: tool });
      trajectory[`tool_args_${i}`] = args;
      trajectory[`observation_${i}`] = await observe(run, tool, args);
      if (tool === FINISH) break;
    }
    const answer = await predictFrom(run, 'extract.predict', trajectory);
    return { trajectory, ...answer };
  },
};

const FINISH = FINISH_TOOL.name;

async function observe(run: Run, tool: string, args: Json): Promise<Json> {
  try {
    return await run.tool(tool, isJsonObject(args) ? args : {});
  } catch (error) {
    const { name, message } = failureOf(error);
    if (run.signal?.aborted || name === 'Cancelled' || name === 'Internal') throw error;
    return `Execution error in ${tool}: ${message}`;
  }
}

const KEYS_OF_A_ROUND = 4;
const TRIES = 3;

/** Calls a predictor with the trajectory as text; forgets the oldest round each time the prompt is too long. */
async function predictFrom(run: Run, predictor: string, trajectory: Values): Promise<Values> {
  for (let i = 0; i < TRIES; i++) {
    try {
      return await run.predict(predictor, { ...run.inputs, trajectory: trajectoryText(run, predictor, trajectory) });
    } catch (error) {
      if (!isTooLong(error)) throw error;
      const keys = Object.keys(trajectory);
      if (keys.length <= KEYS_OF_A_ROUND)
        throw tooLong('the prompt is longer than the model’s context window, and one round is the least there can be');
      for (const key of keys.slice(0, KEYS_OF_A_ROUND)) delete trajectory[key];
    }
  }
  throw tooLong(`the prompt is longer than the model’s context window, even ${TRIES} rounds shorter`);
}

const isTooLong = (error: unknown): boolean => exceedsContextWindow(failureOf(error));
const tooLong = (message: string): StepFailure => new StepFailure('Model.Refused', message);

/** As the adapter shows inputs of a user turn: all of them declared as text, whatever they hold. */
function trajectoryText(run: Run, predictor: string, trajectory: Values): string {
  const inputs = Object.keys(trajectory).map((name): Field => ({ name, type: { kind: 'str' }, description: '' }));
  return run
    .adapter(predictor)
    .userTurn({ name: 'StringSignature', instructions: '', inputs, outputs: [] }, trajectory);
}

const ticked = (fields: readonly Field[]): string => fields.map(({ name }) => `\`${name}\``).join(', ');

function roundSignature({ signature, tools = [] }: ModuleSpec): Signature {
  const inputs = ticked(signature.inputs);
  const outputs = ticked(signature.outputs);
  const finish = {
    name: FINISH,
    description: `Marks the task as complete. That is, signals that all information for producing the outputs, i.e. ${outputs}, are now available to be extracted.`,
    parameters: {},
  };
  const instructions = [
    ...(signature.instructions === '' ? [] : [`${signature.instructions}\n`]),
    `You are an Agent. In each episode, you will be given the fields ${inputs} as input. And you can see your past trajectory so far.`,
    `Your goal is to use one or more of the supplied tools to collect any necessary information for producing ${outputs}.\n`,
    'To do this, you will interleave next_thought, next_tool_name, and next_tool_args in each turn, and also when finishing the task.',
    'After each tool call, you receive a resulting observation, which gets appended to your trajectory.\n',
    'When writing next_thought, you may reason about the current situation and plan for future steps.',
    'When selecting the next_tool_name and its next_tool_args, the tool must be one of:\n',
    ...[...tools, finish].map((tool, i) => `(${i + 1}) ${toolText(tool)}`),
    'When providing `next_tool_args`, the value inside the field must be in JSON format',
  ].join('\n');
  const names = [...tools.map(({ name }) => name), FINISH];
  let asked: Signature = {
    name: 'StringSignature',
    instructions: instructionsOr(instructions, signature.inputs, []),
    inputs: signature.inputs,
    outputs: [],
  };
  asked = append(asked, 'input', { name: 'trajectory' });
  asked = append(asked, 'output', { name: 'next_thought' });
  asked = append(asked, 'output', { name: 'next_tool_name', type: { kind: 'literal', values: names } });
  return append(asked, 'output', { name: 'next_tool_args', type: OBJECT });
}

function extractSignature({ signature }: ModuleSpec): Signature {
  return withReasoning(append({ ...signature, name: 'StringSignature' }, 'input', { name: 'trajectory' }));
}
