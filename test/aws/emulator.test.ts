import { randomUUID } from 'node:crypto';
import { SFNClient, StartSyncExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, it } from 'vitest';
import { clientOptions } from '#lib/aws/client/options';
import { publishMachine } from '#lib/aws/sfn/machines';
import { whenEmulated } from './emulated.ts';
import { TEST_PATIENCE } from './tables.ts';

/** What the emulator was mended for is there: tests of compiled programs rest on it. */
whenEmulated('the mended emulator runs state machines as AWS documents them', ({ ministack }) => {
  const client = new SFNClient({ ...clientOptions(ministack, TEST_PATIENCE), disableHostPrefix: true });

  async function run(states: object, input: object = {}) {
    const [StartAt = ''] = Object.keys(states);
    const machine = await publishMachine(
      client,
      { arnPrefix: 'arn:aws:states:us-east-1:000000000000:stateMachine:' },
      {
        name: `test-${randomUUID()}`,
        definition: JSON.stringify({ QueryLanguage: 'JSONata', StartAt, States: states }),
        roleArn: 'arn:aws:iam::000000000000:role/states',
        type: 'EXPRESS',
      },
    );
    const command = new StartSyncExecutionCommand({ stateMachineArn: machine, input: JSON.stringify(input) });
    const { status, output = 'null', error } = await client.send(command);
    return { status, output: JSON.parse(output), error };
  }
  const branch = (state: object) => ({ StartAt: 'Inner', States: { Inner: state } });

  it('a Parallel has Arguments, Output and Assign, and its branches have variables of their own', async () => {
    const pass = { Type: 'Pass', Assign: { mine: '{% $outer + 1 %}' }, Next: 'Last' };
    const last = { Type: 'Pass', Output: '{% {"in": $states.input, "mine": $mine} %}', End: true };
    const inner = { StartAt: 'First', States: { First: pass, Last: last } };
    const { output } = await run({
      Start: { Type: 'Pass', Assign: { outer: 1 }, Output: { x: 5 }, Next: 'Both' },
      Both: {
        Type: 'Parallel',
        Arguments: '{% {"y": $states.input.x} %}',
        Branches: [inner, inner],
        Assign: { results: '{% $states.result %}' },
        Output: '{% {"count": $count($states.result)} %}',
        Next: 'End',
      },
      End: { Type: 'Succeed', Output: '{% {"input": $states.input, "results": $results, "mine": $exists($mine)} %}' },
    });
    const each = { in: { y: 5 }, mine: 2 };
    expect(output).toEqual({ input: { count: 2 }, results: [each, each], mine: false });
  });

  it('a failing branch ends in the Catch of its Parallel, by the name of its error', async () => {
    const { output } = await run({
      Both: {
        Type: 'Parallel',
        Branches: [branch({ Type: 'Fail', Error: 'Model.Refused' }), branch({ Type: 'Succeed' })],
        Catch: [
          { ErrorEquals: ['Other'], Next: 'Wrong' },
          { ErrorEquals: ['States.ALL'], Output: '{% {"caught": $states.errorOutput.Error} %}', Next: 'End' },
        ],
        Next: 'Wrong',
      },
      End: { Type: 'Succeed' },
      Wrong: { Type: 'Fail' },
    });
    expect(output).toEqual({ caught: 'Model.Refused' });
  });

  it('a Map takes Items and ItemSelector from expressions, keeps order, and fails with its item', async () => {
    const over = (state: object) => ({
      Each: {
        Type: 'Map',
        Items: '{% $states.input.items %}',
        ItemSelector: { at: '{% $states.context.Map.Item.Index %}', item: '{% $states.context.Map.Item.Value %}' },
        MaxConcurrency: 2,
        ItemProcessor: branch(state),
        End: true,
      },
    });
    const items = ['a', 'b', 'c'];
    expect((await run(over({ Type: 'Succeed' }), { items })).output).toEqual(items.map((item, at) => ({ at, item })));
    expect((await run(over({ Type: 'Succeed' }), { items: [] })).output).toEqual([]);
    const failing = over({ Type: 'Fail', Error: '{% "Item." & $states.input.item %}' });
    expect(await run(failing, { items: ['x'] })).toMatchObject({ status: 'FAILED', error: 'Item.x' });
  });

  it('the first retrier that matches decides, also when it has no attempt', async () => {
    const { output } = await run({
      Call: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        TimeoutSeconds: 5,
        Arguments: { FunctionName: 'none', Payload: {} },
        Retry: [
          { ErrorEquals: ['Lambda.ResourceNotFoundException'], MaxAttempts: 0 },
          { ErrorEquals: ['States.ALL'], MaxAttempts: 5, IntervalSeconds: 30 },
        ],
        Catch: [{ ErrorEquals: ['Lambda.ResourceNotFoundException'], Output: 'caught', Next: 'End' }],
        End: true,
      },
      End: { Type: 'Succeed' },
    });
    expect(output).toBe('caught');
  });
});
