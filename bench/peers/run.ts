// node bench/peers/run.ts [--rounds 5] [--only CASE,...] [--write]: dspex beside DSPy and @ax-llm/ax, one process a
// measurement, the peers in turn within each round, so that a slow moment of the machine falls on all of them.
// First: `npm ci --prefix bench/peers/ax` and `npm run goldens` (for the Python environment).
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { machine, spread } from '../measure.ts';
import { table } from './table.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const python = process.env.DSPEX_TEST_PYTHON ?? join(root, '.dspex/goldens-python/bin/python');
for (const [file, how] of [
  [python, 'npm run goldens'],
  [join(root, 'bench/peers/ax/node_modules/@ax-llm/ax'), 'npm ci --prefix bench/peers/ax'],
] as const)
  if (!existsSync(file)) throw new Error(`wanted ${file}: run "${how}" first`);

// dspex is measured as it is published: bundled and minified.
const out = join(root, 'node_modules', '.cache', 'bench-peers');
mkdirSync(out, { recursive: true });
await build({
  entryPoints: [join(root, 'bench/peers/dspex.ts'), join(root, 'bench/peers/first.ts')],
  ...{ outdir: out, bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node24', minify: true },
  external: ['@cedar-policy/cedar-wasm', '@ai-sdk/*', '@aws-sdk/*', 'node-llama-cpp', 'swagger-ui-dist'],
  banner: { js: "import{createRequire as requireOf}from'node:module';const require=requireOf(import.meta.url);" },
  logLevel: 'error',
});
const mock = spawn(process.execPath, [join(root, 'bench/peers/mock.ts')], { stdio: ['ignore', 'pipe', 'inherit'] });
const [said] = (await once(mock.stdout, 'data')) as [Buffer];
const server = `http://127.0.0.1:${String(said).trim()}`;
const cwd = mkdtempSync(join(tmpdir(), 'dspex-peers-'));

type Peer = 'dspex' | 'ax' | 'dspy' | 'node';
interface Case {
  /** What the number is, and how many are done by each peer. */
  unit: string;
  counts: Partial<Record<Peer, number>>;
  delayMs: number;
}
const cases: Record<string, Case> = {
  signature: { unit: 'us each', counts: { dspex: 20_000, ax: 2000, dspy: 200 }, delayMs: 0 },
  prompt: { unit: 'us each', counts: { dspex: 10_000, dspy: 200 }, delayMs: 0 },
  call: { unit: 'us each', counts: { dspex: 5000, ax: 300, dspy: 100 }, delayMs: 0 },
  evaluate: { unit: 'examples/s', counts: { dspex: 2560, ax: 2560, dspy: 512 }, delayMs: 50 },
  cpu: { unit: 'us each', counts: { dspex: 2560, ax: 2560, dspy: 512 }, delayMs: 50 },
  first: { unit: 'ms', counts: { node: 0, dspex: 1, ax: 1, dspy: 1 }, delayMs: 0 },
  memory: { unit: 'MB at the peak', counts: { dspex: 2000, ax: 2000, dspy: 2000 }, delayMs: 50 },
};

function measure(name: string, peer: Peer, { counts, delayMs }: Case): number {
  const url = `${server}/${peer === 'ax' ? 'ax' : 'chat'}/${delayMs}/v1`;
  const tail = [name, String(counts[peer]), url];
  const [command, args]: [string, string[]] = {
    node: [process.execPath, ['-e', '0']] as [string, string[]],
    dspex: [process.execPath, ['--no-warnings', join(out, name === 'first' ? 'first.js' : 'dspex.js'), ...tail]] as [
      string,
      string[],
    ],
    ax: [process.execPath, ['--no-warnings', join(root, 'bench/peers/ax/measure.mjs'), ...tail]] as [string, string[]],
    dspy: [python, [join(root, 'bench/peers/peer_dspy.py'), ...tail]] as [string, string[]],
  }[peer];
  const env = { ...process.env, OPENAI_API_KEY: 'none', OPENAI_BASE_URL: url, DSPY_CACHEDIR: join(cwd, 'cache') };
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, { env, cwd, encoding: 'utf8', timeout: 300_000 });
  if (status !== 0) throw new Error(`${peer} ${name} ended with ${status}: ${stderr.slice(-1500)}`);
  return name === 'first' ? performance.now() - started : Number(stdout.trim().split('\n').at(-1));
}

const taken: Record<string, Partial<Record<Peer, number[]>>> = {};
const loads: number[] = [];
try {
  for (const [name, one] of Object.entries(cases)) {
    if (options.only !== undefined && !options.only.split(',').includes(name)) continue;
    const peers = Object.keys(one.counts) as Peer[];
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const peer of round % 2 === 0 ? peers : peers.toReversed()) {
        const values = taken[name] ?? {};
        taken[name] = values;
        values[peer] = [...(values[peer] ?? []), measure(name, peer, one)];
      }
      loads.push(loadavg()[0] ?? 0);
    }
    console.error(name, JSON.stringify(taken[name]));
  }
} finally {
  mock.kill();
}
const result = {
  question: 'How does dspex compare with DSPy and @ax-llm/ax, in one run?',
  peers: { ax: '24.0.21', dspy: '3.4.1' },
  ...machine(),
  rounds: Number(options.rounds),
  loadWhileMeasuring: spread(loads),
  cases: Object.fromEntries(
    Object.entries(taken).map(([name, values]) => [
      name,
      {
        unit: cases[name]?.unit,
        examples: cases[name]?.counts,
        ...Object.fromEntries(Object.entries(values).map(([peer, all]) => [peer, { ...spread(all ?? []), all }])),
      },
    ]),
  ),
};
const readme = table(taken, result);
console.log(readme);
if (options.write) {
  mkdirSync(new URL('results/', import.meta.url), { recursive: true });
  writeFileSync(new URL('results/peers.json', import.meta.url), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(new URL('README.md', import.meta.url), readme);
}
