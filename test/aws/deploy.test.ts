import { existsSync } from 'node:fs';
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { clientOptions } from '#lib/aws/client/options';
import { deleteMachinesOf } from '#lib/aws/deployment/machines';
import { buildLayer } from '../../cdk/layer/build.ts';
import { openReceiver, type Receiver } from '../../examples/rag/receiver.ts';
import { type Deployed, deployTo } from './deployed.ts';
import { type Driven, drive, driving } from './drive.ts';
import { whenEmulated } from './emulated.ts';
import { testRuns } from './runs.ts';
import { TEST_PATIENCE } from './tables.ts';

// What the emulator does first takes a cold start each; two cores may be busy with others.
vi.setConfig({ testTimeout: 150_000 });

whenEmulated('a house deployed by the CDK', ({ ministack }) => {
  let house: Deployed & Driven;
  let receiver: Receiver;
  const effects = (port: number) => ({
    graph: {
      name: 'effects',
      input: { text: 'str' },
      output: { id: 'nodes.record.id' },
      nodes: [
        {
          ...{ id: 'record', kind: 'effect', inputs: { answer: 'input.text' } },
          http: { method: 'POST', url: `http://127.0.0.1:${port}/answers` },
          compensate: {
            ...{ id: 'take_back', kind: 'effect', inputs: { id: 'nodes.record.id' } },
            http: { method: 'DELETE', url: `http://127.0.0.1:${port}/answers` },
          },
        },
        {
          ...{ id: 'announce', kind: 'effect', inputs: { id: 'nodes.record.id' } },
          http: { method: 'POST', url: `http://127.0.0.1:${port}/announcements` },
        },
      ],
    },
    modules: {},
  });

  const machines = async (): Promise<string[]> => {
    const client = new SFNClient({ ...clientOptions(ministack, TEST_PATIENCE), disableHostPrefix: true });
    const { stateMachines = [] } = await client.send(new ListStateMachinesCommand({}));
    client.destroy();
    return stateMachines.map(({ name = '' }) => name).filter((name) => name.startsWith(`dspex-${house.stage}-`));
  };

  beforeAll(async () => {
    receiver = await openReceiver({ port: 0 });
    if (!existsSync('.dspex/build/layer-host/python/dspy')) buildLayer(true);
    const allowHosts = [`127.0.0.1:${receiver.port}`];
    const deployed = await deployTo(ministack.endpoint ?? '', 'trial', { python: true, allowHosts });
    house = Object.assign(deployed, { machines });
    const input = { name: 'effects', source: effects(receiver.port) as never };
    await house.client.call('programs', 'create', { input });
  }, 900_000);
  afterAll(() => receiver.close());

  drive(() => house);
  const { ended, start } = driving(() => house);

  test('what was done is undone when a later step fails for good', async () => {
    const fine = await ended('executions', await start('effects', 'first'));
    expect(fine.state).toBe('completed');
    expect(receiver.answers.size).toBe(1);
    receiver.refuse = true;
    const failed = await ended('executions', await start('effects', 'second'));
    receiver.refuse = false;
    expect(failed).toMatchObject({ state: 'failed', failure: { name: 'Effect.Failed' } });
    expect(receiver.answers.size).toBe(1);
    expect(receiver.heard.filter((one) => one.startsWith('DELETE'))).toHaveLength(1);
  });

  testRuns({ house: () => house, receiver: () => receiver, access: ministack, ended });

  test('it can be deployed again, set up again, and is gone when it is destroyed', async () => {
    expect(await house.invoke('setup', {})).toEqual({ workspaceId: house.workspaceId, key: null });
    await house.destroy();
    expect(await deleteMachinesOf(ministack, house.stage, `dspex-${house.stage}-`)).toHaveLength(3);
    expect(await machines()).toEqual([]);
    const answer = await fetch(`${house.baseUrl}/healthz`);
    expect(answer.status).toBe(404);
  }, 120_000);
});
