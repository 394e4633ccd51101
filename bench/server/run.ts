// node bench/server/run.ts [--executions 100000] [--rounds 5] [--write]: the local server as `npm start` runs it, with many
// executions on disk: how soon it is ready, how fast a page of a list is, how much it reads and durably writes a second.
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { machine, ratios, spread } from '../measure.ts';
import { seedFolder } from './seed.ts';

const { values: options } = parseArgs({
  options: {
    executions: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    write: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);
const executions = Number(options.executions);
const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const key = `dsk_${'0'.repeat(26)}_${'a'.repeat(43)}`;
const folder = mkdtempSync(join(tmpdir(), 'dspex-server-'));
const full = join(folder, 'full');
const empty = join(folder, 'empty');

interface Server {
  address: string;
  milliseconds: number;
  child: ChildProcess;
}

async function started(dataDir: string): Promise<Server> {
  const begin = performance.now();
  const args = ['--no-warnings', file('../../functions/node24.mjs'), 'dev', '--json', '--port', '0'];
  const child = spawn(process.execPath, [...args, '--data-dir', dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, DSPEX_API_KEY: key },
  });
  let said = '';
  for await (const piece of child.stdout) {
    said += String(piece);
    if (said.includes('\n')) break;
  }
  return { address: (JSON.parse(said) as { address: string }).address, milliseconds: performance.now() - begin, child };
}

async function stopped({ child }: Server): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'close');
}

interface Load {
  failed: number;
  perSecond: number;
  p95Ms: number;
}

async function loaded(address: string, what: 'read' | 'write', connections: number, prefix: string): Promise<Load> {
  const args = [file('client.ts'), address, key, what, String(connections), options.seconds ?? '3', prefix];
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', ...args]);
  const load = JSON.parse(stdout) as Load;
  if (load.failed > 0) throw new Error(`${load.failed} requests failed: ${stdout}`);
  return load;
}

/** The middle of 40 pages, one after the other. */
async function pageMs(address: string, path: string): Promise<number> {
  const took: number[] = [];
  for (let n = 0; n < 40; n++) {
    const begin = performance.now();
    const response = await fetch(`${address}/v1/${path}`, { headers: { authorization: `Bearer ${key}` } });
    const { items } = (await response.json()) as { items: unknown[] };
    took.push(performance.now() - begin);
    if (items.length === 0) throw new Error(`${path} is empty`);
  }
  return spread(took).median;
}

try {
  const seeding = performance.now();
  await seedFolder(full, key, executions);
  await seedFolder(empty, key, 1);
  console.error(`seeded in ${Math.round((performance.now() - seeding) / 1000)} s`);

  const bare = spawn(process.execPath, ['--no-warnings', file('bare.ts')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(bare.stdout, 'data')) as [Buffer];
  const bareAddress = `http://127.0.0.1:${String(port).trim()}/x`;
  const taken = {
    ...{ bareNodeMs: [] as number[], readyFullMs: [] as number[], readyEmptyMs: [] as number[] },
    ...{ pageMs: [] as number[], pageOfProgramMs: [] as number[], reads: [] as number[], writes: [] as number[] },
    ...{ bareReads: [] as number[], bareWrites: [] as number[], readP95Ms: [] as number[], writeP95Ms: [] as number[] },
  };
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now();
    spawnSync(process.execPath, ['-e', '0']);
    taken.bareNodeMs.push(performance.now() - begin);
    const small = await started(empty);
    taken.readyEmptyMs.push(small.milliseconds);
    await stopped(small);
    const server = await started(full);
    const { address } = server;
    taken.readyFullMs.push(server.milliseconds);
    taken.pageMs.push(await pageMs(address, 'executions?limit=50'));
    taken.pageOfProgramMs.push(await pageMs(address, 'executions?state=completed&limit=50'));
    const read = await loaded(`${address}/v1/programs/spam`, 'read', 32, '');
    taken.reads.push(read.perSecond);
    taken.readP95Ms.push(read.p95Ms);
    const write = await loaded(address, 'write', 64, `r${round}`);
    taken.writes.push(write.perSecond);
    taken.writeP95Ms.push(write.p95Ms);
    await stopped(server);
    taken.bareReads.push((await loaded(bareAddress, 'read', 32, '')).perSecond);
    taken.bareWrites.push((await loaded(bareAddress, 'write', 64, '')).perSecond);
    console.error(`round ${round + 1} of ${rounds}`);
  }
  bare.kill();
  const result = {
    question: 'The local server with many executions on disk: start, list pages, reads and durable writes over HTTP.',
    target: { readyFullMs: 2000, pageMs: 20, readsPerSecond: 3000, writesPerSecond: 1000 },
    ...machine(),
    ...{ executions, rounds, databaseBytes: statSync(join(full, 'data.db')).size },
    clients: 'a process of their own on the same cores; 32 connections read, 64 write',
    ...Object.fromEntries(Object.entries(taken).map(([name, values]) => [name, spread(values)])),
    ratios: {
      readyFullToReadyEmpty: ratios(taken.readyFullMs, taken.readyEmptyMs),
      readyFullToBareNode: ratios(taken.readyFullMs, taken.bareNodeMs),
      readsToBareServer: ratios(taken.reads, taken.bareReads),
      writesToBareServer: ratios(taken.writes, taken.bareWrites),
    },
  };
  console.log(JSON.stringify(result, null, 2));
  if (options.write)
    writeFileSync(new URL('results/server.json', import.meta.url), `${JSON.stringify(result, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
