import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { beforeAll, describe, expect, it, test, vi } from 'vitest';
import { createClient } from '#lib/derive/client/client';
import { type Driven, drive, driving } from './drive.ts';

const { DSPEX_TEST_ACCOUNT: stage, DSPEX_TEST_REGION: region = '' } = process.env;

if (stage === undefined)
  describe('a house in an AWS account', () => {
    it.skipIf(true)('needs one: npm run test:account', () => undefined);
  });
else onAws(stage);

/** Nothing is stripped but CloudFront, which takes minutes to come and to go; models are simulated, their tokens cost. */
function onAws(stage: string): void {
  vi.setConfig({ testTimeout: 300_000, hookTimeout: 1_800_000 });

  describe('a house in an AWS account', () => {
    let house: Driven;
    let address = '';

    beforeAll(async () => {
      const stages = join(await mkdtemp(join(tmpdir(), 'dspex-account-')), 'stages.json');
      const settings = { region, simulate: true, retainData: false, edge: false, defaultModel: 'scripted/simulated' };
      await writeFile(stages, JSON.stringify({ [stage]: settings }));
      process.env.DSPEX_STAGES = stages;
      const prepared = process.env.DSPEX_TEST_BOOTSTRAP === 'true' ? ['--bootstrap'] : [];
      const told = JSON.parse(await dspex('deploy', '--stage', stage, '--no-diff', '--json', ...prepared)) as {
        address: string;
        key: string;
      };
      address = told.address;
      house = {
        stage,
        client: createClient({ baseUrl: address, apiKey: told.key }),
        machines: () => machinesOf(stage),
      };
      const ssm = new SSMClient({ region });
      const Name = `/dspex/${stage}/drive`;
      await ssm.send(new PutParameterCommand({ Name, Type: 'SecureString', Value: told.key, Overwrite: true }));
      ssm.destroy();
    });

    drive(() => house);
    const { ended, start } = driving(() => house);

    test('what was done is undone when a later step fails for good', async () => {
      // The house is its own other side: the same name twice is refused, and the first is taken back.
      const http = { url: `${address}v1/datasets`, secretRef: 'ssm:drive' };
      const undo = { ...http, url: `${address}v1/datasets/effect-record`, headers: { 'if-match': '*' } };
      const once = { kind: 'effect', inputs: { name: 'input.text' } };
      const source = {
        graph: {
          ...{ name: 'effects', input: { text: 'str' }, output: { id: 'nodes.record.id' } },
          nodes: [
            {
              ...{ ...once, id: 'record', http: { ...http, method: 'POST' } },
              compensate: { id: 'take_back', kind: 'effect', http: { ...undo, method: 'DELETE' } },
            },
            { ...once, id: 'announce', inputs: { name: 'nodes.record.name' }, http: { ...http, method: 'POST' } },
          ],
        },
        modules: {},
      };
      await house.client.call('programs', 'create', { input: { name: 'effects', source: source as never } });
      const failed = await ended('executions', await start('effects', 'effect-record'));
      expect(failed).toMatchObject({ state: 'failed', failure: { name: 'Effect.Failed' } });
      await expect(house.client.get('datasets', 'effect-record')).rejects.toMatchObject({ status: 404 });
    });

    test.skipIf(process.env.DSPEX_TEST_KEEP === 'true')(
      'it is gone when it is destroyed',
      async () => {
        await dspex('destroy', '--stage', stage, '--yes', '--json');
        expect(await machinesOf(stage)).toEqual([]);
      },
      1_200_000,
    );
  });
}

/** As anybody would; what it says to people is shown, what it answers is given. */
async function dspex(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, ['functions/node24.mjs', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`dspex ${args[0]} ended with ${code}`);
  return out;
}

async function machinesOf(stage: string): Promise<string[]> {
  const client = new SFNClient({ region });
  const { stateMachines = [] } = await client.send(new ListStateMachinesCommand({ maxResults: 1000 }));
  client.destroy();
  return stateMachines.map(({ name = '' }) => name).filter((name) => name.startsWith(`dspex-${stage}-`));
}
