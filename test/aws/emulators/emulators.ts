import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, startProcess } from './emulator-process.ts';
import { installDynamoDbLocal } from './install-dynamodb-local.ts';
import { installMinistack } from './install-ministack.ts';

const SERVE = fileURLToPath(new URL('serve.py', import.meta.url));

export interface Emulators {
  /** `http://localhost:PORT` of ministack: every service. */
  ministack: string;
  /** `http://localhost:PORT` of DynamoDB Local. */
  dynamodb: string;
  /** What a process (a CDK deploy, an SDK client) needs to speak to ministack instead of AWS. */
  environment: Record<string, string>;
  /** Where the emulators write what they do. */
  logs: string;
  stop(): Promise<void>;
}

/** One emulator by itself. */
export interface Emulator {
  /** `http://localhost:PORT`. */
  endpoint: string;
  stop(): Promise<void>;
}

/**
 * Installs what is missing, starts ministack and DynamoDB Local on free ports with nothing in them, and waits until both
 * answer. Everything ends with `stop()`, at the latest with this process.
 *
 *     const emulators = await startEmulators();
 *     await run('cdk', ['deploy'], { env: { ...process.env, ...emulators.environment } });
 *     await emulators.stop();
 */
export async function startEmulators(): Promise<Emulators> {
  const logs = await mkdtemp(join(tmpdir(), 'dspex-emulators-'));
  const outcomes = await Promise.allSettled([startMinistack(logs), startDynamoDbLocal(logs)] as const);
  const stopAll = () => Promise.all(outcomes.map((one) => (one.status === 'fulfilled' ? one.value.stop() : null)));
  const [ministack, dynamodb] = outcomes;
  if (ministack.status === 'rejected' || dynamodb.status === 'rejected') {
    // The logs stay: the error names them.
    await stopAll();
    throw [ministack, dynamodb].find((one) => one.status === 'rejected')?.reason;
  }
  return {
    ministack: ministack.value.endpoint,
    dynamodb: dynamodb.value.endpoint,
    environment: awsEnvironment(ministack.value.endpoint),
    logs,
    stop: async () => {
      await stopAll();
      await rm(logs, { recursive: true, force: true });
    },
  };
}

/** ministack alone, writing what it does into a folder. */
export async function startMinistack(logs: string): Promise<Emulator> {
  const python = await installMinistack();
  const port = await freePort();
  // `localhost`, not 127.0.0.1: the CDK and virtual host names need it.
  const endpoint = `http://localhost:${port}`;
  const { stop } = await startProcess({
    name: 'ministack',
    command: python,
    args: [SERVE],
    environment: {
      ...awsEnvironment(endpoint),
      GATEWAY_PORT: String(port),
      MINISTACK_ACCOUNT_ID: ACCOUNT,
      LAMBDA_EXECUTOR: 'local',
      BIND_HOST: '127.0.0.1',
      LOG_LEVEL: 'INFO',
      TMPDIR: logs,
      // The functions run on the Node that runs the tests, not on an older one that comes first.
      PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
    },
    log: join(logs, 'ministack.log'),
    ready: () => fetch(`${endpoint}/_ministack/health`).then(wellAnswered),
    readySeconds: 180,
  });
  return { endpoint, stop };
}

async function startDynamoDbLocal(logs: string): Promise<Emulator> {
  const { java, dir } = await installDynamoDbLocal();
  const port = await freePort();
  const endpoint = `http://localhost:${port}`;
  const { stop } = await startProcess({
    name: 'DynamoDB Local',
    command: java,
    args: ['-Xmx512m', '-Djava.library.path=DynamoDBLocal_lib', '-jar', 'DynamoDBLocal.jar', ...inMemoryOn(port)],
    cwd: dir,
    log: join(logs, 'dynamodb-local.log'),
    // A bare request is refused with 400, which is an answer.
    ready: () => fetch(endpoint),
    readySeconds: 180,
  });
  return { endpoint, stop };
}

const ACCOUNT = '000000000000';

/** Credentials that open nothing but an emulator. */
export function awsEnvironment(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    CDK_DEFAULT_ACCOUNT: ACCOUNT,
    CDK_DEFAULT_REGION: 'us-east-1',
  };
}

function inMemoryOn(port: number): string[] {
  return ['-inMemory', '-port', String(port), '-disableTelemetry'];
}

function wellAnswered(response: Response): void {
  if (!response.ok) throw new Error(`answered ${response.status}`);
}
