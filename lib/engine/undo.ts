import { comparePlaces } from './place.ts';
import type { ProgramRun, Undo } from './run-state.ts';

/**
 * Undoes what has been completed below a path, in reverse plan order, one after the other. An undoing that fails does
 * not stop the others. Returns the paths that could not be undone.
 */
export async function undoBelow(prefix: string, run: ProgramRun): Promise<string[]> {
  if (run.undo.length === 0) return [];
  const chosen = run.undo.filter(({ path }) => path.startsWith(prefix));
  run.undo = run.undo.filter(({ path }) => !path.startsWith(prefix));
  const left: string[] = [];
  for (const { path, step, scope } of reversed(chosen, run)) {
    // What was begun is brought back even when the run is being cancelled.
    const unstoppable: ProgramRun = { ...run, drive: { ...run.drive, signal: undefined }, needed: undefined };
    const ended = await run.drive.step(step, scope, `${path}/compensate/${step.id}`, unstoppable);
    if (ended.failed !== undefined) left.push(path);
  }
  return left;
}

function reversed(undo: readonly Undo[], { configured, prefix }: ProgramRun): Undo[] {
  return undo.toSorted((a, b) =>
    comparePlaces(configured.plan, b.path.slice(prefix.length), a.path.slice(prefix.length)),
  );
}
