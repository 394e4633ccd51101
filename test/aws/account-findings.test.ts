import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { expect, test } from 'vitest';
import { clientOptions } from '#lib/aws/client/options';
import { accountFindings, identity } from '#lib/aws/deployment/account';
import { whenEmulated } from './emulated.ts';
import { TEST_PATIENCE } from './tables.ts';

// What the emulator answers; everything else is told by a server in test/cli/inspection.test.ts.
whenEmulated('an account looked at before anything is deployed', ({ ministack: emulated }) => {
  // A region of its own: the one of the other tests is really bootstrapped by some of them.
  const ministack = { ...emulated, region: 'eu-central-1' };
  const look = async () => {
    const all = await accountFindings(ministack, { bootstrap: 6, workers: 32, models: [] });
    return Object.fromEntries(all.map((one) => [one.what, one]));
  };

  test('says whose it is, and how many functions may run at once', async () => {
    expect(await identity(ministack)).toMatchObject({ account: '000000000000', region: 'eu-central-1' });
    expect((await look())['Lambda: functions at once']).toMatchObject({ state: 'ok', found: '1,000 not reserved' });
  });

  test('an old version of the CDK in it fails; what cannot be looked at there is said, and hides nothing', async () => {
    const client = new SSMClient(clientOptions(ministack, TEST_PATIENCE));
    const Name = '/cdk-bootstrap/hnb659fds/version';
    await client.send(new PutParameterCommand({ Name, Value: '5', Type: 'String', Overwrite: true }));
    const all = await look();
    expect(all['CDK bootstrap']).toMatchObject({ state: 'failed', found: expect.stringContaining('wanted 6') });
    expect(all['SQS: messages in flight']?.state).toBe('unknown');
    client.destroy();
  });
});
