// What DSPy behind the pool costs: a warm call against plain DSPy in a process of its own, both with a model that answers
// at once; and what four workers do with calls that wait for their model. Usage: node bench/python/run.ts [environment]
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createGateway } from '#lib/lm/gateway';
import { scriptedProvider } from '#lib/lm/scripted';
import { prepareEnvironment } from '#lib/local/python/environment';
import { HOST_FOLDER } from '#lib/local/python/host-folder';
import { localPython } from '#lib/local/python/python';
import { runPythonModule } from '#lib/module/python';
import type { ModuleContext } from '#lib/module/runtime';
import type { ModuleSpec } from '#lib/module/spec';
import { parseSignature } from '#lib/signature/parse';
import { machine, spread } from '../measure.ts';

const ROUNDS = 15;
const CALLS = 100;
const WAITING = 48;
const WAIT_MS = 250;

const folder = process.argv[2] ?? fileURLToPath(new URL('../../.dspex/test-python', import.meta.url));
const { command } = await prepareEnvironment({
  folder,
  lock: `${HOST_FOLDER}requirements.lock`,
  environment: process.env,
});
const module: ModuleSpec = {
  ...{ type: 'predict', implementation: 'python', demos: [], config: {} },
  signature: parseSignature('question -> answer'),
};
const context: ModuleContext = {
  workspaceId: 'bench',
  gateway: createGateway({
    providers: { scripted: scriptedProvider(() => '[[ ## answer ## ]]\nyes\n\n[[ ## completed ## ]]') },
    secrets: { get: async () => null },
  }),
  model: () => ({ provider: 'scripted', model: 'now', limits: { concurrency: 64 } }),
};

async function ours(size: number) {
  const python = localPython({ folder, pool: { size, queueTimeoutMs: 120_000 } });
  const call = async (question: string, where = context) => {
    const { failure } = await runPythonModule(python, module, { question }, where);
    if (failure !== undefined) throw new Error(JSON.stringify(failure));
  };
  // Every worker begun and warm.
  for (let i = 0; i < 5; i++) await Promise.all(Array.from({ length: size }, (_, k) => call(`warm ${i} ${k}`)));
  return { python, call };
}

const plain = spawn(command, [fileURLToPath(new URL('plain.py', import.meta.url))], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const lines = createInterface({ input: plain.stdout })[Symbol.asyncIterator]();
const plainRound = async (calls: number): Promise<number> => {
  plain.stdin.write(`${calls}\n`);
  return Number((await lines.next()).value);
};

const before = machine();
const { python, call } = await ours(1);
await plainRound(20);
const plainMs: number[] = [];
const oursMs: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  plainMs.push(await plainRound(CALLS));
  const begin = performance.now();
  for (let i = 0; i < CALLS; i++) await call(`${round} ${i}`);
  oursMs.push((performance.now() - begin) / CALLS);
}
plain.stdin.end();

/** Calls whose model takes its time, all asked at once. */
async function waitingMs(one: typeof call, label: string): Promise<number> {
  const slow: ModuleContext = {
    ...context,
    gateway: createGateway({
      providers: {
        scripted: scriptedProvider(() => ({
          text: '[[ ## answer ## ]]\nyes\n\n[[ ## completed ## ]]',
          delayMs: WAIT_MS,
        })),
      },
      secrets: { get: async () => null },
    }),
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: WAITING }, (_, i) => one(`${label} ${i}`, slow)));
  return performance.now() - begin;
}

const four = await ours(4);
const ratios: number[] = [];
for (let round = 0; round < 3; round++) {
  const alone = await waitingMs(call, `alone ${round}`);
  ratios.push(alone / (await waitingMs(four.call, `four ${round}`)));
}
await python.close();
await four.python.close();

const overhead = oursMs.map((value, i) => value - (plainMs[i] ?? Number.NaN));
const result = {
  question: 'What does DSPy behind the pool cost, and what do more workers bring?',
  machine: { before, after: machine() },
  warmCall: {
    rounds: ROUNDS,
    callsARound: CALLS,
    plainDspyMs: spread(plainMs),
    poolMs: spread(oursMs),
    overheadMs: spread(overhead),
    target: 'overhead <= 5 ms',
    met: spread(overhead).median <= 5,
  },
  fourWorkers: {
    calls: WAITING,
    modelMs: WAIT_MS,
    timesOneWorker: spread(ratios),
    target: '>= 3.5',
    met: spread(ratios).median >= 3.5,
  },
};
writeFileSync(new URL('results/latest.json', import.meta.url), `${JSON.stringify(result, null, 2)}\n`);
console.log(JSON.stringify(result, null, 2));
