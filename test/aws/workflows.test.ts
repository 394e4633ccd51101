import { randomUUID } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  ListExecutionsCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clientOptions } from '#lib/aws/client/options';
import { runExpress } from '#lib/aws/sfn/express';
import { deleteMachine, publishMachine } from '#lib/aws/sfn/machines';
import { driveName, executionArn, executionOf } from '#lib/aws/sfn/names';
import { inputOf, StateMachines } from '#lib/aws/sfn/workflows';
import { SqsQueue } from '#lib/aws/sqs/queue';
import { rejection } from '../contract/harness.ts';
import { whenEmulated } from './emulated.ts';
import { type Fault, inject } from './faults.ts';
import { makeQueues } from './queues.ts';
import { TEST_PATIENCE } from './tables.ts';

const ROLE = 'arn:aws:iam::000000000000:role/states';
const ADDRESS = { arnPrefix: 'arn:aws:states:us-east-1:000000000000:stateMachine:' };
const RUN = { workspaceId: 'wks_a', executionId: 'exe_1', principal: 'key_1' };

const definition = (state: object) =>
  JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'Only', States: { Only: state } });
/** Goes on until it is stopped. */
const WAITING = definition({ Type: 'Wait', Seconds: 3600, End: true });
const AT_ONCE = definition({ Type: 'Succeed' });
const FAILING = definition({ Type: 'Fail', Error: 'Model.Refused' });

describe('names', () => {
  it('a drive names its execution, and an execution its ARN', () => {
    expect([1, 2, 17].map((drive) => driveName('exe_01j', drive))).toEqual(['exe_01j', 'exe_01j-2', 'exe_01j-17']);
    for (const drive of [1, 2, 17])
      expect(executionOf(driveName('exe_01j', drive))).toEqual({ executionId: 'exe_01j', drive });
    const arn = 'arn:aws-cn:states:cn-north-1:123456789012:stateMachine:prg';
    for (const machine of [arn, `${arn}:7`, `${arn}:live`])
      expect(executionArn(machine, 'exe_1')).toBe('arn:aws-cn:states:cn-north-1:123456789012:execution:prg:exe_1');
    expect(() => executionArn('nonsense', 'exe_1')).toThrow('wanted the ARN of a state machine');
  });
});

whenEmulated('Step Functions', ({ ministack }) => {
  const client = new SFNClient({ ...clientOptions(ministack, TEST_PATIENCE), disableHostPrefix: true });
  const make = async (text: string, more: { type?: 'STANDARD' | 'EXPRESS' } = {}) => {
    const name = `test-${randomUUID()}`;
    const machine = await publishMachine(client, ADDRESS, { name, definition: text, roleArn: ROLE, ...more });
    const workflows = new StateMachines({ client, machineOf: async () => machine });
    const base = ADDRESS.arnPrefix + name;
    const executions = async () => {
      const { executions: found = [] } = await client.send(new ListExecutionsCommand({ stateMachineArn: base }));
      return found.map(({ name: one, status }) => [one, status]).sort();
    };
    const ended = async (drive: number) => {
      const executionArnOf = executionArn(machine, driveName(RUN.executionId, drive));
      for (;;) {
        const { status } = await client.send(new DescribeExecutionCommand({ executionArn: executionArnOf }));
        if (status !== 'RUNNING') return;
      }
    };
    return { name, machine, workflows, executions, ended };
  };

  it('a start is one execution that carries ids alone; starting again is the same one, also when it has ended', async () => {
    const { workflows, executions, ended, machine } = await make(AT_ONCE);
    await Promise.all(Array.from({ length: 5 }, () => workflows.start(RUN)));
    await ended(1);
    await workflows.start(RUN);
    expect(await executions()).toEqual([['exe_1', 'SUCCEEDED']]);
    const { input } = await client.send(new DescribeExecutionCommand({ executionArn: executionArn(machine, 'exe_1') }));
    expect(JSON.parse(input ?? '')).toEqual(RUN);
  });

  it('a start that is throttled, or whose answer is lost after it was made, is asked for again and is one execution', async () => {
    const { machine, executions } = await make(WAITING);
    const faulty = new SFNClient({ ...clientOptions(ministack, TEST_PATIENCE), disableHostPrefix: true });
    const faults: Fault[] = ['throttled', 'lost after', 'lost before'];
    inject(faulty as unknown as DynamoDBClient, (command) =>
      command.startsWith('StartExecution') ? (faults.shift() ?? null) : null,
    );
    const workflows = new StateMachines({ client: faulty, machineOf: async () => machine });
    await workflows.start(RUN);
    expect([faults, await executions()]).toEqual([[], [['exe_1', 'RUNNING']]]);
    const throttled = new SFNClient({ ...clientOptions(ministack, TEST_PATIENCE), disableHostPrefix: true });
    inject(throttled as unknown as DynamoDBClient, () => 'throttled');
    const away = new StateMachines({ client: throttled, machineOf: async () => machine });
    const asks = [() => away.start(RUN), () => away.redrive(RUN), () => away.stop(RUN), () => away.wake('token', {})];
    for (const ask of asks)
      expect(await rejection(ask())).toMatchObject({ code: 'aws_throttled', status: 503, retryAfterSeconds: 1 });
    for (const client of [faulty, throttled]) client.destroy();
  });

  it('one execution id for two runs is a Conflict', async () => {
    const { workflows } = await make(WAITING);
    await workflows.start(RUN);
    expect(await rejection(workflows.start({ ...RUN, workspaceId: 'wks_b' }))).toMatchObject({
      name: 'Conflict',
      code: 'run_exists',
    });
  });

  it('a stop ends the drive under way; stopping again, or what never ran, is no error', async () => {
    const { workflows, executions } = await make(WAITING);
    await workflows.stop(RUN);
    await workflows.start(RUN);
    await workflows.stop(RUN);
    await workflows.stop(RUN);
    expect(await executions()).toEqual([['exe_1', 'ABORTED']]);
  });

  it('a redrive is one new drive once the last has ended, and none while it runs', async () => {
    const { workflows, executions } = await make(WAITING);
    await workflows.start(RUN);
    await workflows.redrive(RUN);
    expect(await executions()).toEqual([['exe_1', 'RUNNING']]);
    await workflows.stop(RUN);
    await workflows.redrive(RUN);
    await workflows.redrive(RUN);
    expect(await executions()).toEqual([
      ['exe_1', 'ABORTED'],
      ['exe_1-2', 'RUNNING'],
    ]);
    await workflows.stop(RUN);
    await workflows.redrive(RUN);
    expect((await executions()).map(([, status]) => status)).toEqual(['ABORTED', 'ABORTED', 'RUNNING']);
  });

  it('a redrive of what was never started starts it', async () => {
    const { workflows, executions } = await make(WAITING);
    await workflows.redrive(RUN);
    expect(await executions()).toEqual([['exe_1', 'RUNNING']]);
  });

  it('a machine that was deleted is made again, once, and the run is started; one that stays away is said so', async () => {
    const { name, machine, workflows } = await make(AT_ONCE);
    await deleteMachine(client, ADDRESS, name);
    expect(await rejection(workflows.start(RUN))).toMatchObject({ code: 'aws_resource_missing', status: 503 });
    const asked: (string | undefined)[] = [];
    const machineOf = async (_run: unknown, missing?: string) => {
      asked.push(missing);
      if (missing !== undefined) await publishMachine(client, ADDRESS, { name, definition: AT_ONCE, roleArn: ROLE });
      return machine;
    };
    const healing = new StateMachines({ client, machineOf });
    expect(await healing.begin(RUN)).toBeNull();
    await deleteMachine(client, ADDRESS, name);
    await healing.redrive({ ...RUN, executionId: 'exe_2' });
    expect(asked).toEqual([undefined, machine, undefined, machine]);
  });

  it('a run that is over is given back with how it ended, to whoever starts it again', async () => {
    const { workflows, ended } = await make(FAILING);
    expect(await workflows.begin(RUN)).toBeNull();
    await ended(1);
    const over = { name: 'exe_1', status: 'FAILED', error: 'Model.Refused', input: inputOf(RUN) };
    expect(await workflows.begin(RUN)).toEqual(over);
  });

  it('a machine that somebody else has made under our name is left as it is, and said so', async () => {
    const name = `test-${randomUUID()}`;
    const theirs = { name, definition: WAITING, roleArn: ROLE };
    await publishMachine(client, ADDRESS, { ...theirs, tags: { 'dspex:stage': 'other' } });
    const ours = {
      name,
      definition: AT_ONCE,
      roleArn: ROLE,
      tags: { 'dspex:stage': 'trial', 'dspex:program': 'prg_1' },
    };
    const refused = await rejection(publishMachine(client, ADDRESS, ours));
    expect(refused).toMatchObject({ name: 'Conflict', code: 'machine_foreign' });
    expect((refused as Error).message).toContain('dspex:stage should be "trial", it is "other"');
    const { definition } = await client.send(
      new DescribeStateMachineCommand({ stateMachineArn: ADDRESS.arnPrefix + name }),
    );
    expect(definition).toBe(WAITING);
  });

  it('a step that waits for a token goes on when it is answered, once; a token of nobody is false', async () => {
    const queues = await makeQueues(ministack);
    onTestFinished(() => queues.remove());
    const { workflows, ended } = await make(
      definition({
        Type: 'Task',
        Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
        TimeoutSeconds: 60,
        Arguments: { QueueUrl: queues.urls.job.queue, MessageBody: '{% $states.context.Task.Token %}' },
        End: true,
      }),
    );
    await workflows.start(RUN);
    const queue = new SqsQueue(queues);
    const [message] = await queue.receive('job', { max: 1, visibilitySeconds: 30, waitSeconds: 20 });
    const token = message?.body ?? '';
    expect(token).not.toBe('');
    expect(await workflows.wake(token, { ok: true })).toBe(true);
    await ended(1);
    expect(await workflows.wake(token, { ok: true })).toBe(false);
    expect(await workflows.wake('nobody waits for this', {})).toBe(false);
    expect(await workflows.fail('nobody waits for this', 'Cancelled')).toBe(false);
  });

  it('the same definition is the same version; another one is the next, and the first stays startable', async () => {
    const name = `test-${randomUUID()}`;
    const publish = (text: string) => publishMachine(client, ADDRESS, { name, definition: text, roleArn: ROLE });
    const first = await publish(AT_ONCE);
    expect(first).toMatch(/:1$/);
    expect(await publish(AT_ONCE)).toBe(first);
    const second = await publish(WAITING);
    expect(second).toMatch(/:2$/);
    expect(await publish(AT_ONCE)).toBe(first);
    expect(await publish(WAITING)).toBe(second);
  });

  it('an Express run answers how it ended, with the name of its error', async () => {
    const good = await make(AT_ONCE, { type: 'EXPRESS' });
    expect(await runExpress(client, good.machine, RUN)).toMatchObject({ status: 'SUCCEEDED', error: null });
    const bad = await make(FAILING, { type: 'EXPRESS' });
    expect(await runExpress(client, bad.machine, RUN)).toMatchObject({ status: 'FAILED', error: 'Model.Refused' });
  });
});
