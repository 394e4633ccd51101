import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AwsAccess } from '#lib/aws/client/options';
import { identity } from '#lib/aws/deployment/account';
import { bootstrapVersion } from '#lib/aws/deployment/bootstrap';
import { deleteMachinesOf } from '#lib/aws/deployment/machines';
import { deleteParameters, emptyBucket } from '#lib/aws/deployment/remains';
import { invoker } from '#lib/aws/lambda/invoke';
import { NotFound, Unavailable } from '#lib/base/errors';
import type { Cloud } from '#lib/cli/cloud';
import { inspection } from './inspection.ts';
import { buildPython } from './python-build.ts';
import { LAYER, settingsOf } from './stage-settings.ts';

/** Where the CDK app lies, seen from a clone. */
const APP = 'cdk/app.ts';

/** The account that the SDK's chain of credentials leads to, through the CDK's command line of this clone. */
export async function openCloud(environment: NodeJS.ProcessEnv = process.env): Promise<Cloud> {
  if (!existsSync(APP))
    throw new NotFound('no_clone', `wanted ${APP} here: deploy from a clone of the project, in its folder`);
  const folder = mkdtempSync(join(tmpdir(), 'dspex-deployment-'));
  const outputs = join(folder, 'outputs.json');
  const settings = remembered((stage: string) => settingsOf(stage, environment));
  const cdk = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk');
  const run = async (args: readonly string[], cwd = process.cwd()): Promise<boolean> => {
    // Everything people may want to see goes to standard error: standard output is the command's result.
    const child = spawn(process.execPath, args, { stdio: ['ignore', 2, 2], env: { ...environment, CI: 'true' }, cwd });
    const [code] = (await once(child, 'exit')) as [number | null];
    return code === 0;
  };
  // Read, bundled and checked once; showing the difference and deploying go on from there.
  const synthesized = remembered(async (stage: string): Promise<string | null> => {
    const out = join(folder, stage);
    return (await run([cdk, 'synth', '--quiet', '-o', out, '-c', `stage=${stage}`])) ? out : null;
  });
  /** The stage's own region, wherever the credentials point. */
  const accessOf = async (stage: string): Promise<AwsAccess> => {
    const { region } = (await settings(stage)).config;
    return region === undefined ? {} : { region };
  };
  const placeOf = async (stage: string): Promise<string[]> => {
    const { account, region } = (await settings(stage)).config;
    const here = await identity(await accessOf(stage));
    return [`aws://${account ?? here.account}/${region ?? here.region}`];
  };
  return {
    bootstrapVersion: async (stage) => bootstrapVersion(await accessOf(stage)),
    cdk: async (stage, [verb = '', ...args]) => {
      // The account is prepared where no app is: one would be read for nothing.
      if (verb === 'bootstrap') return run([cdk, verb, ...args, ...(await placeOf(stage))], folder);
      const app = await synthesized(stage);
      if (app === null) return false;
      return run([cdk, verb, ...args, '-a', app, ...(verb === 'deploy' ? ['--outputs-file', outputs] : [])]);
    },
    buildLayer: async (stage) => {
      const { python, pythonLock: lock } = (await settings(stage)).config;
      const say = (text: string) => void process.stderr.write(`${text}\n`);
      if (python) await buildPython({ folder: LAYER, lock, run, say });
    },
    addressOf: async (stage) => {
      const told = JSON.parse(readFileSync(outputs, 'utf8')) as Record<string, Record<string, string>>;
      const address = told[`dspex-${stage}-edge`]?.Url ?? told[`dspex-${stage}-api`]?.ApiUrl;
      if (address === undefined) throw new NotFound('no_address', `the stacks of ${stage} told no address`);
      return address;
    },
    setUp: async (stage) =>
      (await invoker(await accessOf(stage))(`dspex-${stage}-setup`, {})) as { workspaceId: string; key: string | null },
    smoke: async (address, key) => {
      for (const path of key === null ? ['healthz'] : ['healthz', 'v1/programs'])
        await answered(`${address}${path}`, key);
    },
    retainsData: async (stage) => (await settings(stage)).config.retainData,
    deleteMachines: async (stage) => deleteMachinesOf(await accessOf(stage), stage, `dspex-${stage}-`),
    deleteData: async (stage) => {
      const access = await accessOf(stage);
      const { account, region } = await identity(access);
      const objects = await emptyBucket(access, `dspex-${stage}-blobs-${account}-${region}`);
      return { objects, keys: (await deleteParameters(access, `/dspex/${stage}/`)).length };
    },
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
