import type { JsonObject } from '#lib/base/json';
import type { Configuration } from '../lm-replay/grid.ts';
import type { ReplayedTask } from '../lm-replay/tasks.ts';

/** A configuration of the recorded grid as a program of its own. */
export function programOf(task: ReplayedTask, configuration: Configuration): JsonObject {
  const { module, adapter, instruction, demos, temperature } = configuration;
  return source(task, {
    type: module,
    adapter,
    instructions: task.instructions[instruction] ?? '',
    demos: (task.demos[demos] ?? []) as JsonObject[],
    config: { temperature, maxTokens: task.maxTokens, typicalInputs: task.typical },
  });
}

/** The program nobody tuned, with an instruction and demos to be found: what DSPy's optimizers are given; or what they have found. */
export function learnable(task: ReplayedTask, start: Configuration, learned: JsonObject = {}): JsonObject {
  const { instruction = task.instructions[start.instruction] ?? '', demos = task.demos[start.demos] ?? [] } = learned;
  return {
    ...programOf(task, start),
    variables: [
      { name: 'instruction', type: { kind: 'text' }, default: instruction },
      { name: 'demos', type: { kind: 'demos' }, default: demos as JsonObject[] },
    ],
    bindings: [
      { variable: 'instruction', to: ['nodes.sort.instructions'] },
      { variable: 'demos', to: ['nodes.sort.demos'] },
    ],
  };
}

function source({ name, input, output, labels }: ReplayedTask, module: JsonObject): JsonObject {
  const choices = labels.map((label) => `'${label}'`).join(', ');
  return {
    graph: {
      name,
      description: `Sorts each ${input} by its ${output}.`,
      input: { [input]: 'str' },
      output: { [output]: `nodes.sort.${output}` },
      defaults: { adapter: module.adapter ?? 'chat' },
      nodes: [{ id: 'sort', kind: 'module', module: 'sort', inputs: { [input]: `input.${input}` } }],
    },
    modules: { sort: { ...module, signature: `${input} -> ${output}: Literal[${choices}]` } },
  };
}
