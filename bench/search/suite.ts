import { replayTasks } from '../lm-replay/task.ts';
import { readTasks, type Task } from './tasks.ts';

/** All of GV-10: the formulas, the tables that lie in `tables`, and what of the language model's replay is recorded whole. */
export function suite(tables?: string): Task[] {
  return [...readTasks(tables), ...replayTasks()];
}
