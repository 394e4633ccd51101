import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrapVersion } from '#lib/aws/deployment/bootstrap';
import { deleteMachinesOf } from '#lib/aws/deployment/machines';
import { invoker } from '#lib/aws/lambda/invoke';
import { NotFound, Unavailable } from '#lib/base/errors';
import type { Cloud } from '#lib/cli/cloud';
import { inspection } from './inspection.ts';
import { LAYER, settingsOf } from './stage-settings.ts';

/** Where the CDK app lies, seen from a clone. */
const APP = 'cdk/app.ts';

/** The account that the SDK's chain of credentials leads to, through the CDK's command line of this clone. */
export async function openCloud(environment: NodeJS.ProcessEnv = process.env): Promise<Cloud> {
  if (!existsSync(APP))
    throw new NotFound('no_clone', `wanted ${APP} here: deploy from a clone of the project, in its folder`);
  const outputs = join(mkdtempSync(join(tmpdir(), 'dspex-outputs-')), 'outputs.json');
  const settings = remembered((stage: string) => settingsOf(stage, environment));
  const cdk = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk');
  const run = async (args: readonly string[]): Promise<boolean> => {
    // Everything people may want to see goes to standard error: standard output is the command's result.
    const child = spawn(process.execPath, args, { stdio: ['ignore', 2, 2], env: { ...environment, CI: 'true' } });
    const [code] = (await once(child, 'exit')) as [number | null];
    return code === 0;
  };
  return {
    bootstrapVersion: () => bootstrapVersion({}),
    cdk: (stage, args) =>
      run([cdk, ...args, '-c', `stage=${stage}`, ...(args[0] === 'deploy' ? ['--outputs-file', outputs] : [])]),
    buildLayer: async (stage) => {
      const { config } = await settings(stage);
      if (!config.python || existsSync(`${LAYER}/dspy`)) return;
      if (!(await run(['cdk/layer/build.ts'])))
        throw new Unavailable('no_layer', 'the Python layer could not be built; or say `"python": false` in the stage');
    },
    addressOf: async (stage) => {
      const told = JSON.parse(readFileSync(outputs, 'utf8')) as Record<string, Record<string, string>>;
      const address = told[`dspex-${stage}-edge`]?.Url ?? told[`dspex-${stage}-api`]?.ApiUrl;
      if (address === undefined) throw new NotFound('no_address', `the stacks of ${stage} told no address`);
      return address;
    },
    setUp: async (stage) =>
      (await invoker({})(`dspex-${stage}-setup`, {})) as { workspaceId: string; key: string | null },
    smoke: async (address, key) => {
      for (const path of key === null ? ['healthz'] : ['healthz', 'v1/programs'])
        await answered(`${address}${path}`, key);
    },
    retainsData: async (stage) => (await settings(stage)).config.retainData,
    deleteMachines: (stage) => deleteMachinesOf({}, stage, `dspex-${stage}-`),
    inspect: (stage) => inspection(() => settings(stage), environment),
  };
}

function remembered<T>(ask: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (name) => {
    const found = known.get(name) ?? ask(name);
    known.set(name, found);
    return found;
  };
}

/** A new distribution's name is known everywhere only after a while. */
const TRIES = 20;

async function answered(url: string, key: string | null): Promise<void> {
  let said = '';
  for (let i = 0; i < TRIES; i++) {
    try {
      const answer = await fetch(url, key === null ? {} : { headers: { authorization: `Bearer ${key}` } });
      if (answer.ok) return;
      said = `answered ${answer.status}`;
    } catch (error) {
      said = (error as Error).message;
    }
    await new Promise((resolve) => setTimeout(resolve, 3000));
  }
  throw new Unavailable('smoke_failed', `the house was deployed, but ${url} ${said}`);
}
