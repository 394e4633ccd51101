import { readSpaceFile } from '#lib/optimizer/black-box/space-file';
import type { Task } from '../search/tasks.ts';
import { gridVariables } from './grid.ts';
import { assignmentOf, isRecorded, openReplay } from './replay.ts';
import { TASK_NAMES } from './tasks.ts';

/** A recorded task as the search suite has tasks: the loss is the share of validation examples answered wrong. */
export function replayTask(name: string): Task {
  const { task, configurations, means } = openReplay(name);
  const variables = gridVariables(task);
  const loss = new Map(configurations.map((one) => [JSON.stringify(one), 1 - means(assignmentOf(one)).quality]));
  const truth: Task['truth'] = ({ module, adapter, instruction, demos, temperature }) =>
    loss.get(JSON.stringify({ module, adapter, instruction, demos, temperature: Number(temperature) })) ?? Number.NaN;
  return {
    id: `lm_replay_${name}`,
    variables,
    box: readSpaceFile({ variables, objectives: [{ name: 'loss', goal: 'minimize' }] }),
    minimum: Math.min(...loss.values()),
    truth,
    seen: truth,
  };
}

/** Every task whose grid is recorded whole. */
export const replayTasks = (): Task[] => TASK_NAMES.filter((name) => isRecorded(name)).map(replayTask);
