// node bench/start/run.ts [--rounds 15] [--write]: how long starts take as multiples of a bare Node start in the same
// round, and how large the chunks are that they load. Bundled and minified by esbuild, as published functions are.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build, type Metafile } from 'esbuild';
import { machine, ratios, spread } from '../measure.ts';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, write: { type: 'boolean', default: false } },
});
const rounds = Number(options.rounds);
const root = fileURLToPath(new URL('../..', import.meta.url));
// Inside the repository, so that what is left out of the bundle is found.
const out = join(root, 'node_modules', '.cache', 'bench-start');
mkdirSync(out, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), 'dspex-start-'));
const key = `dsk_${'0'.repeat(26)}_${'a'.repeat(43)}`;

const { metafile } = await build({
  entryPoints: [join(root, 'bench/start/first-answer.ts'), join(root, 'bench/start/api.ts')],
  ...{ outdir: out, bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node24', minify: true },
  external: ['@cedar-policy/cedar-wasm', '@ai-sdk/*', 'node-llama-cpp', 'swagger-ui-dist'],
  banner: { js: "import{createRequire as requireOf}from'node:module';const require=requireOf(import.meta.url);" },
  ...{ metafile: true, absWorkingDir: root, logLevel: 'error' },
});

const mock: ChildProcess = spawn(process.execPath, [join(root, 'bench/gateway/mock.ts'), '0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [said] = (await once(mock.stdout as NonNullable<typeof mock.stdout>, 'data')) as [Buffer];
const env = {
  ...process.env,
  DSPEX_API_KEY: key,
  OPENAI_API_KEY: 'none',
  OPENAI_BASE_URL: `http://127.0.0.1:${String(said).trim()}/v1`,
};

const cases = {
  bare: ['-e', '0'],
  firstModelAnswer: [join(out, 'first-answer.js')],
  apiReady: [join(out, 'api.js'), folder, 'ready'],
  apiFirstAuthorizedRequest: [join(out, 'api.js'), folder, 'request'],
};
type Case = keyof typeof cases;
const took = Object.fromEntries(Object.keys(cases).map((name) => [name, [] as number[]])) as Record<Case, number[]>;

function once_(name: Case): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ['--no-warnings', ...cases[name]], { env, cwd: folder });
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${String(stderr).slice(-1000)}`);
  return performance.now() - started;
}

try {
  for (const name of Object.keys(cases) as Case[]) once_(name);
  for (let round = 0; round < rounds; round++)
    for (const name of Object.keys(cases) as Case[]) took[name].push(once_(name));
} finally {
  mock.kill();
  rmSync(folder, { recursive: true, force: true });
}

const result = {
  question: 'How long until the first answer of a model, until the API is ready, until its first authorized answer?',
  target: { firstModelAnswer: 2.5, apiReady: 2.5, apiFirstAuthorizedRequest: 6, apiEntryKilobytes: 700 },
  ...machine(),
  rounds,
  milliseconds: Object.fromEntries(Object.entries(took).map(([name, values]) => [name, spread(values)])),
  timesBareNode: Object.fromEntries(
    Object.entries(took).flatMap(([name, values]) => (name === 'bare' ? [] : [[name, ratios(values, took.bare)]])),
  ),
  minifiedBytes: {
    firstModelAnswer: loadedBy('first-answer.js', metafile),
    api: loadedBy('api.js', metafile),
  },
};
console.log(JSON.stringify(result, null, 2));
if (options.write)
  writeFileSync(new URL('results/start.json', import.meta.url), `${JSON.stringify(result, null, 2)}\n`);

/** The entry with every chunk it loads at its start; what is loaded later is not in it. */
function loadedBy(entry: string, { outputs }: Metafile): number {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const imported of outputs[path]?.imports ?? [])
      if (imported.kind === 'import-statement' && imported.external !== true) visit(imported.path);
  };
  visit(Object.keys(outputs).find((path) => path.endsWith(`/${entry}`)) ?? '');
  return [...seen].reduce((sum, path) => sum + (outputs[path]?.bytes ?? 0), 0);
}
