import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Unauthenticated } from '#lib/base/errors';
import type { Connection, ConnectOptions, ServeOptions, Tools } from '#lib/cli/command';
import { runCommandLine } from '#lib/cli/main';
import { version } from './version.ts';

/** `dspex ARGS`. Heavy rooms are loaded by the commands that need them. */
export async function main(args: string[]): Promise<void> {
  const tools: Tools = { version, environment: process.env, stdin: process.stdin, connect, serve, cloud };
  process.exitCode = await runCommandLine(args, tools, process);
  // Idle keep-alive sockets and a loaded model must not keep a finished command alive.
  if (args[0] !== 'dev') setImmediate(() => process.exit());
}

/** Through the server that holds the folder, when one runs; else the folder is opened here, for this command. */
async function connect(options: ConnectOptions): Promise<Connection> {
  const [{ createClient }, { announcedServer }] = await Promise.all([
    import('#lib/derive/client/client'),
    import('#lib/local/folder/server-file'),
  ]);
  const server = announcedServer(options.dataDir);
  if (server !== null && isAlive(server.pid)) {
    const client = createClient({ baseUrl: server.address, apiKey: await keyOf(options.dataDir) });
    return { client, address: server.address, close: async () => {} };
  }
  const { openHouse } = await import('./house.ts');
  const house = await openHouse({
    dataDir: options.dataDir,
    ...(options.model === undefined ? {} : { defaultModel: options.model }),
    ...(options.onDownload === undefined ? {} : { onProgress: options.onDownload }),
    ...(options.simulate === true ? { providers: await simulation() } : {}),
    onFault: (what, error) =>
      process.stderr.write(`${what}: ${error instanceof Error ? error.message : String(error)}\n`),
  });
  await house.work();
  const client = createClient({ apiKey: await keyOf(options.dataDir), fetch: (request) => house.app.fetch(request) });
  return { client, address: null, close: () => house.close() };
}

const cloud = async () => (await import('./cloud.ts')).openCloud();

async function serve(options: ServeOptions): Promise<void> {
  const { startServer } = await import('./server.ts');
  const { dataDir, host, port, exposed, model } = options;
  const running = await startServer({
    ...{ dataDir, host, port, exposed },
    ...(model === undefined ? {} : { defaultModel: model }),
    ...(options.simulate ? { providers: await simulation() } : {}),
    onFault: (what, error) =>
      process.stderr.write(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`),
  });
  options.onListening({ address: running.address, newKey: running.house.newKey, keyFile: running.house.keyFile });
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  await running.close();
}

async function simulation() {
  const { scriptedProvider } = await import('#lib/lm/scripted');
  const { simulatedAnswer } = await import('./simulation.ts');
  return { scripted: scriptedProvider(simulatedAnswer) };
}

async function keyOf(dataDir: string): Promise<string> {
  if (process.env.DSPEX_API_KEY) return process.env.DSPEX_API_KEY;
  const file = join(dataDir, 'admin.key');
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new Unauthenticated('no_key', `wanted an API key in $DSPEX_API_KEY or in ${file}, and neither is there`, {
      cause,
    });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is a process too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
