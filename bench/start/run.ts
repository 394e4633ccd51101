// node bench/start/run.ts [--rounds 15] [--write]: how long starts take as multiples of a bare Node start in the same
// round, and how large the chunks are that they load. Bundled as the functions are (cdk/code/bundle.ts), once with Node's
// compile cache filled, as on every start of the command line but its first, and once without, as a function starts.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build, type Metafile } from 'esbuild';
import { BESIDE, NODE } from '../../cdk/code/bundle.ts';
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
const ruled = `${folder}-ruled`;
const key = `dsk_${'0'.repeat(26)}_${'a'.repeat(43)}`;

const { metafile } = await build({
  ...NODE,
  mainFields: [...NODE.mainFields],
  entryPoints: ['first-answer', 'api', 'policy'].map((name) => join(root, `bench/start/${name}.ts`)),
  ...{ outdir: out, outExtension: { '.js': '.mjs' }, splitting: true, metafile: true, external: [...BESIDE] },
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

const compiled = { ...env, NODE_COMPILE_CACHE: join(folder, 'compiled') };
const entry = (name: string) => join(out, `${name}.mjs`);

const cases = {
  bare: { args: ['-e', 'const { user, system } = process.cpuUsage(); console.log((user + system) / 1000)'], env },
  firstModelAnswer: { args: [entry('first-answer')], env: compiled },
  apiReady: { args: [entry('api'), folder, 'ready'], env: compiled },
  apiFirstAuthorizedRequest: { args: [entry('api'), folder, 'request'], env: compiled },
  apiFirstRequestWithPolicies: { args: [entry('api'), ruled, 'request'], env: compiled },
  firstModelAnswerNotCompiled: { args: [entry('first-answer')], env },
  apiReadyNotCompiled: { args: [entry('api'), folder, 'ready'], env },
  apiFirstAuthorizedRequestNotCompiled: { args: [entry('api'), folder, 'request'], env },
};
type Case = keyof typeof cases;
const names = Object.keys(cases) as Case[];
const none = () => Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Case, number[]>;
const took = none();
const cpu = none();

/** Milliseconds from spawn to end, and of processor time. */
function start(name: string, args: string[], environment: NodeJS.ProcessEnv): [wall: number, cpu: number] {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', ...args], {
    ...{ env: environment, cwd: folder },
  });
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${String(stderr).slice(-1000)}`);
  return [performance.now() - started, Number(String(stdout).trim())];
}

try {
  start('a house', [entry('api'), folder, 'ready'], env);
  cpSync(folder, ruled, { recursive: true });
  start('a house with a policy', [entry('policy'), ruled], env);
  for (const name of names) start(name, cases[name].args, cases[name].env);
  for (let round = 0; round < rounds; round++)
    for (const name of names) {
      const [wall, processor] = start(name, cases[name].args, cases[name].env);
      took[name].push(wall);
      cpu[name].push(processor);
    }
} finally {
  mock.kill();
  for (const each of [folder, ruled]) rmSync(each, { recursive: true, force: true });
}
const multiples = (values: Record<Case, number[]>) =>
  Object.fromEntries(names.slice(1).map((name) => [name, ratios(values[name], values.bare)]));

const result = {
  question: 'How long until the first answer of a model, until the API is ready, until its first authorized answer?',
  target: { firstModelAnswer: 2.5, apiReady: 2.5, apiFirstAuthorizedRequest: 6, apiEntryKilobytes: 700 },
  ...machine(),
  rounds,
  milliseconds: Object.fromEntries(Object.entries(took).map(([name, values]) => [name, spread(values)])),
  timesBareNode: multiples(took),
  cpuMilliseconds: Object.fromEntries(names.map((name) => [name, spread(cpu[name])])),
  cpuTimesBareNode: multiples(cpu),
  minifiedBytes: {
    firstModelAnswer: loadedBy('first-answer.mjs', metafile),
    api: loadedBy('api.mjs', metafile),
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
