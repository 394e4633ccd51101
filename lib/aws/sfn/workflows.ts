import {
  DescribeExecutionCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { Conflict, DspexError } from '#lib/base/errors';
import { canonicalJson, type JsonObject } from '#lib/base/json';
import type { WorkflowRun, Workflows } from '#lib/ports/workflows';
import { asking, faultOf } from '../client/fault.ts';
import { driveName, executionArn } from './names.ts';

export interface StateMachinesParts {
  client: SFNClient;
  /**
   * The version of the machine that carries out this run: the ARN kept with the program's version. `missing` is one it
   * gave before that is not there any more: somebody has deleted it, and it is to be made again.
   */
  machineOf: (run: WorkflowRun, missing?: string) => Promise<string>;
}

/** A drive that is over, as the machine says it. */
export interface EndedDrive {
  name: string;
  status: string;
  input: string;
  error?: string;
}

const UNDER_WAY: ReadonlySet<string> = new Set(['RUNNING', 'PENDING_REDRIVE']);
/** More drives of one execution than anybody asks for on purpose. */
const DRIVES = 50;

/**
 * The Workflows port on Step Functions (Standard). A machine is started with ids alone: `{workspaceId, executionId,
 * principal}`; values are in the execution's journal.
 */
export class StateMachines implements Workflows {
  readonly #parts: StateMachinesParts;

  constructor(parts: StateMachinesParts) {
    this.#parts = parts;
  }

  /** Also a run that has ended counts as started. Throws Conflict when the name belongs to a run of another sort. */
  async start(run: WorkflowRun): Promise<void> {
    await this.begin(run);
  }

  /** As `start`; a run that has ended is given back: who knows its record unfinished has missed the news. */
  begin(run: WorkflowRun): Promise<EndedDrive | null> {
    return this.#onMachine(run, async (machine) => {
      if (await this.#launch(machine, run, 1)) return null;
      const name = driveName(run.executionId, 1);
      const { status, input, error } = await this.#describe(executionArn(machine, name));
      if (input !== inputOf(run))
        throw new Conflict('run_exists', `execution ${run.executionId} was already started with another input`);
      if (status === null || UNDER_WAY.has(status)) return null;
      return { name, status, input, ...(error === null ? {} : { error }) };
    });
  }

  /** Ends the drive that is under way, if one is. Its steps in flight end with their own time-outs. */
  async stop(run: WorkflowRun): Promise<void> {
    const machine = await this.#parts.machineOf(run);
    for (let drive = 1; drive <= DRIVES; drive++) {
      const arn = executionArn(machine, driveName(run.executionId, drive));
      if (!(await this.#halt(arn))) return;
    }
  }

  /** A new drive, unless one is under way. */
  redrive(run: WorkflowRun): Promise<void> {
    return this.#onMachine(run, async (machine) => {
      for (let drive = 1; drive <= DRIVES; drive++) {
        const { status } = await this.#describe(executionArn(machine, driveName(run.executionId, drive)));
        if (status !== null && UNDER_WAY.has(status)) return;
        if (status === null && (await this.#launch(machine, run, drive))) return;
      }
      throw new Conflict('too_many_drives', `execution ${run.executionId} was driven ${DRIVES} times already`);
    });
  }

  /** Goes on where a step waits for this token. False when nobody waits for it any more. */
  wake(token: string, output: JsonObject): Promise<boolean> {
    const command = new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify(output) });
    return this.#answer(() => this.#parts.client.send(command));
  }

  /** The step that waits for this token fails with that name. False when nobody waits for it any more. */
  fail(token: string, error: string): Promise<boolean> {
    const command = new SendTaskFailureCommand({ taskToken: token, error });
    return this.#answer(() => this.#parts.client.send(command));
  }

  /** A machine that somebody has deleted is made again, once: the run is not lost with it. */
  async #onMachine<T>(run: WorkflowRun, act: (machine: string) => Promise<T>): Promise<T> {
    const machine = await this.#parts.machineOf(run);
    try {
      return await act(machine);
    } catch (error) {
      if (!DspexError.is(error) || error.code !== 'aws_resource_missing') throw error;
      return act(await this.#parts.machineOf(run, machine));
    }
  }

  /** False when there is an execution of that name that has ended, or was started with another input. */
  async #launch(machine: string, run: WorkflowRun, drive: number): Promise<boolean> {
    const name = driveName(run.executionId, drive);
    const command = new StartExecutionCommand({ stateMachineArn: machine, name, input: inputOf(run) });
    return asking(`start of ${machine}`, async () => {
      try {
        await this.#parts.client.send(command);
        return true;
      } catch (error) {
        if (faultOf(error)?.name === 'ExecutionAlreadyExists') return false;
        throw error;
      }
    });
  }

  /** False when there is no such execution; one that has ended is left as it is. */
  async #halt(arn: string): Promise<boolean> {
    const command = new StopExecutionCommand({ executionArn: arn, error: 'Cancelled', cause: 'asked to stop' });
    return asking(`stop of ${arn}`, async () => {
      try {
        await this.#parts.client.send(command);
        return true;
      } catch (error) {
        const { name, message } = faultOf(error) ?? { name: '', message: '' };
        if (name === 'ExecutionDoesNotExist') return false;
        if (name === 'ValidationException' && /not running/i.test(message)) return true;
        throw error;
      }
    });
  }

  /** All null when there is no such execution. Slow and under a small quota: only for what is seldom. */
  async #describe(arn: string): Promise<Record<'status' | 'input' | 'error', string | null>> {
    return asking(`look at ${arn}`, async () => {
      try {
        const {
          status = null,
          input = null,
          error = null,
        } = await this.#parts.client.send(new DescribeExecutionCommand({ executionArn: arn }));
        return { status, input, error };
      } catch (error) {
        if (faultOf(error)?.name === 'ExecutionDoesNotExist') return { status: null, input: null, error: null };
        throw error;
      }
    });
  }

  /** Errors never quote the token: who has it can answer. */
  async #answer(send: () => Promise<unknown>): Promise<boolean> {
    return asking('answer to a waiting step', async () => {
      try {
        await send();
        return true;
      } catch (error) {
        if (/^(TaskDoesNotExist|TaskTimedOut|InvalidToken)$/.test(faultOf(error)?.name ?? '')) return false;
        throw error;
      }
    });
  }
}

/** Equal for equal runs, whatever wrote it: an input that differs makes a start another start. */
export function inputOf({ workspaceId, executionId, principal = 'system' }: WorkflowRun): string {
  return canonicalJson({ workspaceId, executionId, principal });
}
