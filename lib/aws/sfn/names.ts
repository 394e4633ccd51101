/** A machine's ARN, with or without a version, in its parts. */
const MACHINE = /^arn:([\w-]+):states:([\w-]+):(\d{12}):stateMachine:([^:]{1,80})(?::[\w-]+)?$/;

/**
 * The ARN of an execution of a machine. It follows from the names, so nobody has to remember it. Throws RangeError on
 * what is no ARN of a state machine.
 */
export function executionArn(machineArn: string, name: string): string {
  const [, partition, region, account, machine] = MACHINE.exec(machineArn) ?? [];
  if (machine === undefined) throw new RangeError(`wanted the ARN of a state machine, got ${machineArn}`);
  return `arn:${partition}:states:${region}:${account}:execution:${machine}:${name}`;
}

/**
 * The name of the n-th drive of an execution. The first is called like the execution itself, so that starting it is
 * idempotent; a redrive is an execution of the machine of its own, which skips what the journal says succeeded.
 */
export function driveName(executionId: string, drive: number): string {
  return drive === 1 ? executionId : `${executionId}-${drive}`;
}

/** Which execution of ours a drive belongs to. */
export function executionOf(name: string): { executionId: string; drive: number } {
  const [, executionId = name, drive = '1'] = /^(.+)-(\d+)$/.exec(name) ?? [];
  return { executionId, drive: Number(drive) };
}
