import { DescribeExecutionCommand, GetExecutionHistoryCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AwsAccess, clientOptions } from '#lib/aws/client/options';
import type { JsonObject } from '#lib/base/json';
import type { Receiver } from '../../examples/rag/receiver.ts';
import type { Deployed } from './deployed.ts';
import { TEST_PATIENCE } from './tables.ts';

interface Run extends JsonObject {
  id: string;
  state: string;
}
type Step = { path: string; attempt: number; status: string };

export interface RunsParts {
  house: () => Deployed;
  receiver: () => Receiver;
  access: AwsAccess;
  /** Resolves when the record has ended. */
  ended: (resource: string, id: string) => Promise<Run>;
}

/** An answer is kept, a person is asked, and what was kept is announced. */
const askingProgram = (port: number) => ({
  graph: {
    name: 'asking',
    input: { text: 'str' },
    output: { id: 'nodes.record.id', note: 'nodes.sign.note' },
    nodes: [
      {
        ...{ id: 'record', kind: 'effect', inputs: { answer: 'input.text' } },
        http: { method: 'POST', url: `http://127.0.0.1:${port}/answers` },
        compensate: {
          ...{ id: 'take_back', kind: 'effect', inputs: { id: 'nodes.record.id' } },
          http: { method: 'DELETE', url: `http://127.0.0.1:${port}/answers` },
        },
      },
      { id: 'sign', kind: 'approval', message: '"May it go out?"', inputs: { id: 'nodes.record.id' } },
      {
        ...{ id: 'tell', kind: 'effect', when: 'nodes.sign.approved', inputs: { id: 'nodes.record.id' } },
        http: { method: 'POST', url: `http://127.0.0.1:${port}/announcements` },
      },
    ],
  },
  modules: {},
});

const PATIENCE_MS = 120_000;

/**
 * Runs that are cancelled, gone on with, decided and waited for, on a deployed stage. The emulator tells nobody that a
 * machine has ended ("Step Functions Execution Status Change"): the function that hears it is called with what AWS says.
 */
export function testRuns({ house, receiver, access, ended }: RunsParts): void {
  const client = new SFNClient({ ...clientOptions(access, TEST_PATIENCE), disableHostPrefix: true });
  beforeAll(async () => {
    const input = { name: 'asking', source: askingProgram(receiver().port) as never };
    await house().client.call('programs', 'create', { input });
  });
  afterAll(() => client.destroy());
  const start = async (program: string, text: string): Promise<string> => {
    const { location } = await house().client.call('programs', 'run', { id: program, input: { input: { text } } });
    return location?.split('/').at(-1) ?? '';
  };
  const arnOf = async (program: string, name: string): Promise<string> => {
    const { body } = await house().client.get<{ id: string }>('programs', program);
    return `arn:aws:states:us-east-1:000000000000:execution:dspex-${house().stage}-${body.id}:${name}`;
  };
  const statusOf = async (executionArn: string): Promise<string> =>
    (await client.send(new DescribeExecutionCommand({ executionArn }))).status ?? '';
  const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    for (const last = Date.now() + PATIENCE_MS; !(await holds()); ) {
      if (Date.now() > last) throw new Error(`not within ${PATIENCE_MS / 1000} s: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  /** The machine stands in the approval's state. */
  const asked = (executionArn: string) =>
    until(`${executionArn} asks`, async () => {
      try {
        const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
        return events.some(({ stateEnteredEventDetails: entered }) => entered?.name === 'sign');
      } catch {
        // Not started yet.
        return false;
      }
    });
  const stepsOf = async (id: string): Promise<Step[]> =>
    (await house().client.call<{ steps: Step[] }>('executions', 'trace', { id })).body.steps;
  const decide = (id: string, approved: boolean) =>
    house().client.call('executions', 'decide', { id, input: { path: 'sign', approved, note: 'seen' } });
  const heard = (what: string) => receiver().heard.filter((one) => one.startsWith(what)).length;

  test('an approval holds the machine until somebody decides; approved, the run goes on from there', async () => {
    const announced = receiver().announced.length;
    const id = await start('asking', 'to be approved');
    const arn = await arnOf('asking', id);
    await asked(arn);
    expect([await statusOf(arn), receiver().announced.length]).toEqual(['RUNNING', announced]);
    await decide(id, true);
    expect(await ended('executions', id)).toMatchObject({ state: 'completed', output: { note: 'seen' } });
    expect(receiver().announced.length).toBe(announced + 1);
    await expect(decide(id, false)).rejects.toMatchObject({ status: 409 });
    const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn: arn, maxResults: 1000 }));
    expect(JSON.stringify(events)).not.toContain('to be approved');
  });

  test('refused, the run fails where it asked, and what it had done is undone', async () => {
    const [undone, announced] = [heard('DELETE'), receiver().announced.length];
    const id = await start('asking', 'to be refused');
    await asked(await arnOf('asking', id));
    await decide(id, false);
    expect(await ended('executions', id)).toMatchObject({ state: 'failed', failure: { name: 'Effect.Failed' } });
    expect([heard('DELETE'), receiver().announced.length]).toEqual([undone + 1, announced]);
  });

  test('a cancel stops the machine; its record is closed by the news of it, effects stay, nothing is undone', async () => {
    const undone = heard('DELETE');
    const id = await start('asking', 'to be cancelled');
    const arn = await arnOf('asking', id);
    await asked(arn);
    await house().client.call('executions', 'cancel', { id });
    expect(await statusOf(arn)).toBe('ABORTED');
    const { input } = await client.send(new DescribeExecutionCommand({ executionArn: arn }));
    const detail = { name: id, status: 'ABORTED', input, executionArn: arn };
    await house().invoke('reconcile', { 'detail-type': 'Step Functions Execution Status Change', detail });
    expect(await ended('executions', id)).toMatchObject({ state: 'cancelled', cancelRequested: true });
    expect((await stepsOf(id)).some(({ path, status }) => path === 'record' && status === 'succeeded')).toBe(true);
    expect(heard('DELETE')).toBe(undone);
    expect(JSON.parse(input ?? '')).toMatchObject({ workspaceId: house().workspaceId, executionId: id });
  });

  test('news that were lost are made good when the house looks after its runs', async () => {
    const id = await start('asking', 'to be forgotten');
    const arn = await arnOf('asking', id);
    await asked(arn);
    await house().client.call('executions', 'cancel', { id });
    await until(`${id} is closed`, async () => {
      const { body } = await house().client.get<Run>('executions', id);
      if (body.state === 'running') await house().invoke('reconcile', { schedule: true });
      return body.state !== 'running';
    });
    expect(await ended('executions', id)).toMatchObject({ state: 'cancelled' });
  });

  test('a failed run that is asked for again goes on as a new execution of its machine, and does nothing twice that was done', async () => {
    receiver().refuse = true;
    const id = await start('effects', 'tried twice');
    const failed = await ended('executions', id);
    receiver().refuse = false;
    expect(failed.state).toBe('failed');
    const announced = receiver().announced.length;
    await house().client.call('executions', 'redrive', { id });
    expect(await ended('executions', id)).toMatchObject({ state: 'completed', redrives: 1, failure: null });
    expect([await statusOf(await arnOf('effects', id)), await statusOf(await arnOf('effects', `${id}-2`))]).toEqual([
      'FAILED',
      'SUCCEEDED',
    ]);
    expect(receiver().announced.length).toBe(announced + 1);
  });

  test('who waits for a run that asks somebody is told where it will be; its machine has taken it over', async () => {
    const answers = heard('POST /answers');
    const { status, location } = await house().client.call('programs', 'run', {
      ...{ id: 'asking', wait: true },
      input: { input: { text: 'waited for' } },
    });
    const id = location?.split('/').at(-1) ?? '';
    expect(status).toBe(202);
    await asked(await arnOf('asking', id));
    await decide(id, true);
    expect(await ended('executions', id)).toMatchObject({ state: 'completed' });
    expect(heard('POST /answers')).toBe(answers + 1);
  });
}
