// How much of a 50 ms model's ideal throughput the gateway keeps, what it costs per call, and what a cache hit takes.
// `node bench/gateway/run.ts` writes results/gateway.json. The mock runs in its own process, pinned to the other core.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createGateway } from '#lib/lm/gateway';
import { openaiProvider } from '#lib/lm/openai/provider';
import { scriptedProvider } from '#lib/lm/scripted';
import type { LmRequest } from '#lib/lm/spec';
import type { Store } from '#lib/ports/store';

const DELAY_MS = 50;
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const SECONDS = 2;
const secrets = { get: async () => null, put: async () => '' };

function request(endpoint: string | null, unique: number, concurrency: number): LmRequest {
  return {
    workspaceId: 'wsp_bench',
    model: {
      provider: endpoint === null ? 'scripted' : 'openai',
      model: 'mock',
      ...(endpoint === null ? {} : { endpoint }),
      limits: { concurrency },
    },
    messages: [
      {
        role: 'system',
        content: `Your input fields are:\n1. \`text\` (str): \n${'Structure and objective. '.repeat(30)}`,
      },
      {
        role: 'user',
        content: `[[ ## text ## ]]\nmail number ${unique}\n\nRespond with the corresponding output fields.`,
      },
    ],
    parameters: { temperature: 0, maxTokens: 100 },
  };
}

async function startMock(delayMs: number): Promise<{ endpoint: string; process: ChildProcess }> {
  const node = [process.execPath, join(import.meta.dirname, 'mock.ts'), String(delayMs)];
  const pinned = cpus().length > 1 && process.platform === 'linux';
  const child = spawn(pinned ? 'taskset' : process.execPath, pinned ? ['-c', '1', ...node] : node.slice(1), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<string>((resolve) =>
    child.stdout.once('data', (data) => resolve(String(data).trim())),
  );
  return { endpoint: `http://127.0.0.1:${port}/v1`, process: child };
}

type Call = (unique: number) => Promise<unknown>;

function throughGateway(endpoint: string, concurrency: number): Call {
  const gateway = createGateway({ providers: { openai: openaiProvider({}) }, secrets });
  return (unique) => gateway.complete(request(endpoint, unique, concurrency));
}

/** The same exchange by hand, with nothing around it: what node:http itself can do on this machine at this moment. */
function bare(endpoint: string): Call {
  const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity, scheduling: 'lifo' });
  const { hostname, port, pathname } = new URL(`${endpoint}/chat/completions`);
  return (unique) =>
    new Promise((resolve, reject) => {
      const { messages } = request(endpoint, unique, 1);
      const body = JSON.stringify({ model: 'mock', messages, temperature: 0, max_tokens: 100 });
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const call = http.request({ method: 'POST', agent, hostname, port, path: pathname, headers }, (reply) => {
        let text = '';
        reply.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        reply.on('end', () => resolve(JSON.parse(text)));
      });
      call.on('error', reject);
      call.end(body);
    });
}

async function throughput(call: Call, concurrency: number, seconds: number) {
  let unique = 0;
  const loop = async (until: number) => {
    let calls = 0;
    while (performance.now() < until) {
      await call(unique++);
      calls += 1;
    }
    return calls;
  };
  const all = (until: number) => Promise.all(Array.from({ length: concurrency }, () => loop(until)));
  await all(performance.now() + 1000);
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const calls = (await all(startedAt + seconds * 1000)).reduce((sum, n) => sum + n, 0);
  const elapsed = (performance.now() - startedAt) / 1000;
  const used = process.cpuUsage(cpu);
  const perSecond = calls / elapsed;
  const shareOfIdeal = perSecond / ((concurrency * 1000) / DELAY_MS);
  return { perSecond, shareOfIdeal, cpuUsPerCall: (used.user + used.system) / calls };
}

/** The smallest Store that is durable: enough for the cache's reads and grouped writes. */
function sqliteStore(path: string): Store {
  const db = new DatabaseSync(path);
  db.exec(
    'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE i (pk TEXT, sk TEXT, d TEXT, PRIMARY KEY (pk, sk))',
  );
  const read = db.prepare('SELECT d FROM i WHERE pk = ? AND sk = ?');
  const write = db.prepare('INSERT OR REPLACE INTO i VALUES (?, ?, ?)');
  return {
    get: async ({ pk, sk }) => {
      const row = read.get(pk, sk);
      return row === undefined ? null : JSON.parse(String(row.d));
    },
    getMany: async () => [],
    query: async () => ({ items: [], cursor: null }),
    transact: async (operations) => {
      db.exec('BEGIN');
      for (const o of operations) if ('put' in o) write.run(o.put.pk, o.put.sk, JSON.stringify(o.put));
      db.exec('COMMIT');
    },
    close: async () => db.close(),
  };
}

async function perCall(store: Store | null, calls: number) {
  const providers = { scripted: scriptedProvider(() => 'answer') };
  const make = () => createGateway({ providers, secrets, ...(store === null ? {} : { store }) });
  const gateway = make();
  const time = async (work: (i: number) => Promise<unknown>) => {
    const startedAt = performance.now();
    for (let i = 0; i < calls; i++) await work(i);
    return ((performance.now() - startedAt) * 1000) / calls;
  };
  const shift = store === null ? 0 : 10_000_000;
  await time((i) => gateway.complete(request(null, shift + i - 1_000_000, 256)));
  const missUs = await time((i) => gateway.complete(request(null, shift + i, 256)));
  const memoryHitUs = await time((i) => gateway.complete(request(null, shift + i, 256)));
  await gateway.flush();
  const fresh = make();
  const storeHitUs = store === null ? null : await time((i) => fresh.complete(request(null, shift + i, 256)));
  return { missUs, memoryHitUs, storeHitUs };
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
function spread<K extends string>(rounds: Record<K, number>[]) {
  const keys = Object.keys(rounds[0] ?? {}) as K[];
  const of = (key: K) => rounds.map((round) => round[key]);
  return Object.fromEntries(
    keys.map((key) => [key, { median: median(of(key)), lowest: Math.min(...of(key)), highest: Math.max(...of(key)) }]),
  );
}

const loadAverageAtStart = loadavg();
const mock = await startMock(DELAY_MS);
const concurrent: Record<string, unknown> = {};
for (const concurrency of [1, 8, 64, 128, 256]) {
  const rounds: Record<'gateway' | 'nodeHttpAlone', Awaited<ReturnType<typeof throughput>>[]> = {
    gateway: [],
    nodeHttpAlone: [],
  };
  for (let round = 0; round < ROUNDS; round++) {
    rounds.nodeHttpAlone.push(await throughput(bare(mock.endpoint), concurrency, SECONDS));
    rounds.gateway.push(await throughput(throughGateway(mock.endpoint, concurrency), concurrency, SECONDS));
  }
  concurrent[concurrency] = { gateway: spread(rounds.gateway), nodeHttpAlone: spread(rounds.nodeHttpAlone) };
  console.log(concurrency, JSON.stringify(concurrent[concurrency]));
}
mock.process.kill();

const folder = mkdtempSync(join(tmpdir(), 'gateway-bench-'));
const store = sqliteStore(join(folder, 'store.db'));
const inMemory = await perCall(null, 20_000);
const withStore = await perCall(store, 5_000);
await store.close();
rmSync(folder, { recursive: true });

const result = {
  node: process.version,
  cpus: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
  model: `node:http mock, ${DELAY_MS} ms, own process; ${ROUNDS} alternating rounds of ${SECONDS} s after 1 s of warm-up`,
  loadAverageAtStart,
  concurrent,
  perCallUs: {
    note: 'sequential calls of a scripted model that answers at once, whole gateway path included',
    withoutStore: inMemory,
    withStore: { ...withStore, store: 'SQLite, WAL, synchronous=FULL, grouped writes' },
  },
};
mkdirSync(join(import.meta.dirname, 'results'), { recursive: true });
writeFileSync(join(import.meta.dirname, 'results', 'gateway.json'), `${JSON.stringify(result, null, 2)}\n`);
console.log(JSON.stringify(result.perCallUs, null, 2));
