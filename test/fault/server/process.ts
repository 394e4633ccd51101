import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const ENTRY = fileURLToPath(new URL('../../../functions/node24.mjs', import.meta.url));

export const KEY = `dsk_${'0'.repeat(26)}_${'a'.repeat(43)}`;

/** The real server as a process of its own, as `npm start` runs it. */
export interface ServerProcess {
  address: string;
  /** From the spawn until it listened. */
  readySeconds: number;
  complaints: () => string;
  kill(): Promise<void>;
}

export interface ServerOptions {
  dataDir: string;
  /** Base address of the `openai` provider. */
  model: string;
  /** No file may grow beyond so many blocks of 512 bytes. */
  maxFileBlocks?: number;
}

export async function startServerProcess(options: ServerOptions): Promise<ServerProcess> {
  const started = performance.now();
  const serve = ['dev', '--json', '--port', '0', '--data-dir', options.dataDir, '--model', 'openai/soak'];
  const node = [process.execPath, '--no-warnings', ENTRY, ...serve];
  // The signal that comes with the limit is ignored, so that writes fail as on a full disk.
  const limited = ['sh', '-c', `trap '' XFSZ; ulimit -f ${options.maxFileBlocks}; exec "$0" "$@"`, ...node];
  const [command = '', ...args] = options.maxFileBlocks === undefined ? node : limited;
  const child: ChildProcess = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      DSPEX_API_KEY: KEY,
      OPENAI_API_KEY: 'none',
      OPENAI_BASE_URL: `${options.model}/v1`,
      // Its effects are received here, too.
      DSPEX_ALLOW_HOSTS: '127.0.0.1',
    },
  });
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-20_000);
  });
  const closed = once(child, 'close');
  const { promise: listening, resolve, reject } = Promise.withResolvers<string>();
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes('\n')) resolve((JSON.parse(said) as { address: string }).address);
  });
  closed.then(() => reject(new Error(`the server ended by itself: ${complaint}`)));
  const address = await listening;
  return {
    address,
    readySeconds: (performance.now() - started) / 1000,
    complaints: () => complaint,
    kill: async () => {
      child.kill('SIGKILL');
      const [, signal] = (await closed) as [number | null, string | null];
      if (signal !== 'SIGKILL') throw new Error(`the server ended by itself: ${complaint}`);
    },
  };
}
