/** Long runs of programs, each driven to its end whatever process dies meanwhile. */
export interface Workflows {
  /** Idempotent by `executionId` while it runs. */
  start(run: WorkflowRun): Promise<void>;
  /** Asks the run to stop; what already happened stays, and is journaled. */
  stop(run: WorkflowRun): Promise<void>;
  /** Goes on from the first step that did not succeed; succeeded steps are not run again. */
  redrive(run: WorkflowRun): Promise<void>;
}

export interface WorkflowRun {
  workspaceId: string;
  executionId: string;
  /** On whose behalf; `system` when it is not said. */
  principal?: string;
}

/**
 * The side of a home whose executions are driven from the queue by our own driver. A run lives as long as its
 * `execution` message: a driver that deletes the message has ended the run.
 */
export interface WorkflowSteering {
  /** Was the run asked to stop? Durable: also true for the driver that picks the run up after a restart. */
  stopRequested(executionId: string): Promise<boolean>;
  /** Calls `listener` once when the run is asked to stop, at once if it already was; the answer unsubscribes. */
  onStop(executionId: string, listener: () => void): () => void;
}
