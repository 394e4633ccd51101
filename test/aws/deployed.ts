import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { invoker } from '#lib/aws/lambda/invoke';
import { createClient } from '#lib/derive/client/client';
import { awsEnvironment } from './emulators/emulators.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const CDK = join(ROOT, 'node_modules/.bin/cdk');

/** A stage as the CDK's command line has put it on the emulator, and a client with its first key. */
export interface Deployed {
  stage: string;
  client: ReturnType<typeof createClient>;
  workspaceId: string;
  key: string;
  baseUrl: string;
  /** Invokes a function of the stage by its short name. */
  invoke(name: string, event: object): Promise<unknown>;
  /** Of the app, bundles and all; of the CDK's own stack; of the stacks. */
  synthSeconds: number;
  bootstrapSeconds: number;
  deploySeconds: number;
  destroy(): Promise<void>;
}

/** Really bootstraps and deploys the synthesized app, as anybody would, but for what the emulator cannot do. */
export async function deployTo(endpoint: string, stage: string, more: object = {}): Promise<Deployed> {
  const folder = await mkdtemp(join(tmpdir(), 'dspex-deploy-'));
  const stages = join(folder, 'stages.json');
  const [account, region] = ['000000000000', 'us-east-1'];
  const settings = {
    simulate: true,
    retainData: false,
    python: false,
    account,
    region,
    defaultModel: 'scripted/simulated',
    ...more,
  };
  await writeFile(stages, JSON.stringify({ [stage]: settings }));
  const environment = { ...process.env, ...awsEnvironment(endpoint), DSPEX_STAGES: stages, CI: 'true' };
  const outputs = join(folder, 'outputs.json');
  const out = join(folder, 'out');
  const cdk = (...args: string[]) => run(CDK, args, environment);
  const started = performance.now();
  const passed = () => (performance.now() - started) / 1000;
  await cdk('synth', '--quiet', '-o', out, '-c', `stage=${stage}`, '-c', 'dspex:emulator=true');
  const synthSeconds = passed();
  // Where no app is, the account is prepared without reading one.
  await run(CDK, ['bootstrap', `aws://${account}/${region}`], environment, folder);
  const bootstrapSeconds = passed() - synthSeconds;
  await cdk('deploy', '--all', '-a', out, '--require-approval', 'never', '--outputs-file', outputs);
  const deploySeconds = passed() - synthSeconds - bootstrapSeconds;
  const told = JSON.parse(await readFile(outputs, 'utf8')) as Record<string, { ApiUrl?: string }>;
  const [id = ''] = new URL(told[`dspex-${stage}-api`]?.ApiUrl ?? '').hostname.split('.');
  // The emulator serves an API under a path, as host names cannot be made up.
  const baseUrl = `${endpoint}/_aws/execute-api/${id}/$default`;
  const call = invoker({ endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
  const invoke = (name: string, event: object) => call(`dspex-${stage}-${name}`, event as never);
  const { workspaceId, key } = (await invoke('setup', {})) as { workspaceId: string; key: string };
  return {
    ...{ stage, workspaceId, key, baseUrl, invoke, synthSeconds, bootstrapSeconds, deploySeconds },
    client: createClient({ apiKey: key, fetch: (request) => fetch(under(baseUrl, request)) }),
    destroy: async () => {
      await cdk('destroy', '--all', '-a', out, '--force');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The same request below a path. */
function under(baseUrl: string, request: Request): Request {
  const { pathname, search } = new URL(request.url);
  return new Request(baseUrl + pathname + search, request);
}

async function run(command: string, args: string[], env: NodeJS.ProcessEnv, cwd: string = ROOT): Promise<void> {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => said.push(bytes.toString()));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${command} ${args[0]} ended with ${code}:\n${said.join('').slice(-3000)}`);
}
