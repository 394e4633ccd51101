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
}
