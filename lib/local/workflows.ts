import { MESSAGES } from '#lib/ports/messages';
import type { Queue } from '#lib/ports/queue';
import type { WorkflowRun, WorkflowSteering, Workflows } from '#lib/ports/workflows';
import { type Database, reading } from './sqlite/database.ts';
import type { GroupCommit } from './sqlite/group-commit.ts';

export interface LocalWorkflowsParts {
  database: Database;
  commits: GroupCommit;
  queue: Queue;
}

const STOP = 'UPDATE messages SET stop = 1 WHERE run = ? AND dead = 0';
const STOPPED = 'SELECT stop FROM messages WHERE run = ?';

/**
 * The Workflows port as durable `execution` messages, which `work/execution` drives. A run *is* its message, so that it
 * cannot be begun without being queued, nor ended while it is queued.
 */
export class LocalWorkflows implements Workflows, WorkflowSteering {
  readonly #parts: LocalWorkflowsParts;
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor(parts: LocalWorkflowsParts) {
    this.#parts = parts;
  }

  start(run: WorkflowRun): Promise<void> {
    return this.#launch(run);
  }

  /**
   * The driver skips what its journal says succeeded, so going on is driving again. Asked for while the driver that
   * ended the run still has its message, the run comes once more afterwards.
   */
  redrive(run: WorkflowRun): Promise<void> {
    return this.#launch(run);
  }

  async stop({ executionId }: WorkflowRun): Promise<void> {
    const { database, commits } = this.#parts;
    const stopped = await commits.run(() => database.run(STOP, executionId).changes === 1);
    if (stopped) this.#tell(executionId);
  }

  stopRequested(executionId: string): Promise<boolean> {
    return reading(this.#parts.database, () => this.#parts.database.get(STOPPED, executionId)?.stop === 1);
  }

  onStop(executionId: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(executionId) ?? new Set();
    // A wrapper of its own, so that the same function given twice is two subscriptions, each called once.
    const once = () => {
      if (listeners.delete(once)) listener();
    };
    this.#listeners.set(executionId, listeners.add(once));
    this.stopRequested(executionId).then(
      (stopped) => stopped && once(),
      () => undefined,
    );
    return () => {
      listeners.delete(once);
      if (listeners.size === 0) this.#listeners.delete(executionId);
    };
  }

  async #launch({ workspaceId, executionId, principal = 'system' }: WorkflowRun): Promise<void> {
    const { queue } = this.#parts;
    const body = JSON.stringify(MESSAGES.execution.parse({ v: 1, workspaceId, principal, executionId }));
    await queue.send('execution', body, { group: workspaceId, key: executionId });
  }

  #tell(executionId: string): void {
    const listeners = this.#listeners.get(executionId);
    this.#listeners.delete(executionId);
    for (const listener of [...(listeners ?? [])]) listener();
  }
}
