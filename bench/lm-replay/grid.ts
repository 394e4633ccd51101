import type { Demo } from '#lib/adapter/adapter';
import type { JsonObject } from '#lib/base/json';
import type { ModuleSpec } from '#lib/module/spec';
import { parseSignature } from '#lib/signature/parse';
import type { Assignment } from '#lib/variable/variable';
import type { ReplayedTask } from './tasks.ts';

export type Module = 'predict' | 'chain_of_thought';
export interface Configuration {
  module: Module;
  adapter: 'chat' | 'xml';
  instruction: string;
  demos: string;
  temperature: number;
}

export type GridVariable = JsonObject & { name: string; choices: string[] };

export const MODULES = ['predict', 'chain_of_thought'] as const;
export const ADAPTERS = ['xml', 'chat'] as const;
export const TEMPERATURES = [0, 0.5];
/** The five dimensions as variables of a space file; what comes first is what a program has that nobody tuned. */
export function gridVariables(task: ReplayedTask): GridVariable[] {
  return [
    { name: 'module', type: 'choice', choices: ['predict', 'chain_of_thought'] },
    { name: 'adapter', type: 'choice', choices: ['chat', 'xml'] },
    { name: 'instruction', type: 'choice', choices: Object.keys(task.instructions) },
    { name: 'demos', type: 'choice', choices: Object.keys(task.demos) },
    { name: 'temperature', type: 'choice', choices: TEMPERATURES.map(String) },
  ];
}

/** Every configuration of a task. What shares a prompt but for the text stands together. */
export function gridOf(task: ReplayedTask): Configuration[] {
  return MODULES.flatMap((module) =>
    Object.keys(task.demos).flatMap((demos) =>
      Object.keys(task.instructions).flatMap((instruction) =>
        ADAPTERS.flatMap((adapter) =>
          TEMPERATURES.map((temperature) => ({ module, adapter, instruction, demos, temperature })),
        ),
      ),
    ),
  );
}

export const configurationName = ({ module, adapter, instruction, demos, temperature }: Configuration): string =>
  [module, adapter, instruction, demos, temperature].join('/');

export function configurationOf(assignment: Assignment): Configuration {
  const { module, adapter, instruction, demos, temperature } = assignment;
  return { module, adapter, instruction, demos, temperature: Number(temperature) } as Configuration;
}

/** The module a configuration stands for, exactly as a program would resolve it. */
export function moduleOf(task: ReplayedTask, configuration: Configuration): ModuleSpec {
  const { module, adapter, instruction, demos, temperature } = configuration;
  const labels = task.labels.map((label) => `'${label}'`).join(', ');
  const instructions = task.instructions[instruction];
  const shown: Demo[] | undefined = task.demos[demos];
  if (instructions === undefined || shown === undefined)
    throw new Error(`no such configuration: ${instruction}, ${demos}`);
  return {
    type: module,
    implementation: 'native',
    signature: parseSignature(`${task.input} -> ${task.output}: Literal[${labels}]`, { instructions }),
    demos: shown,
    adapter,
    config: { temperature, maxTokens: task.maxTokens, typicalInputs: task.typical },
  };
}
