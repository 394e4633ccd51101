import { spawnSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../code/bundle.ts';
import { elfMachineOf, MACHINES } from './elf.ts';
import { lockKey, MADE, type Made } from './made.ts';
import { type LayerArchitecture, PLATFORMS, PYTHON_VERSION } from './target.ts';

/** What Lambda takes with all layers is 250 MB unzipped; the function's own code needs the rest. */
export const MOST_BYTES = 240 * 1024 * 1024;
/** What Lambda takes as an image is 10 GB; the runtime itself has about 600 MB. */
const MOST_IMAGE_BYTES = 9 * 1024 * 1024 * 1024;

const LOCK = 'python-lambda/requirements.lock';

/** In Lambda's own runtime; an emulator's Python has it only from here. */
const IN_RUNTIME = ['boto3', 'boto3-*', 'botocore', 'botocore-*', 's3transfer', 's3transfer-*'];
/** Nobody runs these there. */
const PRUNED = [
  '**/__pycache__',
  '**/tests',
  '**/*.pyi',
  '**/*.pyx',
  '**/*.c',
  '**/*.h',
  'bin',
  'litellm/proxy/_experimental',
  'litellm/proxy/swagger',
];

export interface Layer {
  folder: string;
  bytes: number;
  binaries: number;
  /** `image`: what it holds does not fit into a layer, and becomes a container image. */
  as: 'layer' | 'image';
}

/**
 * `npm run layer [-- --host] [-- --with LOCK]`: DSPy and what it needs, from the hashed lock, without Docker: wheels for
 * Lambda's arm64, or for this machine where an emulator is to run them; `--with` adds the packages that adopted programs
 * want, DSPy's own winning where both name one. Prints the size. Above 240 MB it fails, unless packages were added: then
 * it becomes a container image. Fails on a wheel that is missing and on a binary for another processor.
 */
export function buildLayer(host: boolean, own?: string): Layer {
  const architecture: LayerArchitecture = host && process.arch === 'x64' ? 'x86_64' : 'arm64';
  const folder = join(ROOT, '.dspex', 'build', host ? 'layer-host' : 'layer-arm64');
  const target = join(folder, 'python');
  rmSync(folder, { recursive: true, force: true });
  for (const lock of [LOCK, ...(own === undefined ? [] : [own])]) install(lock, target, host, architecture);
  for (const pattern of host ? PRUNED : [...PRUNED, ...IN_RUNTIME])
    for (const found of globSync(pattern, { cwd: target }))
      rmSync(join(target, found), { recursive: true, force: true });
  const found = measured(target, architecture, own === undefined ? MOST_BYTES : MOST_IMAGE_BYTES);
  const as = found.bytes > MOST_BYTES ? 'image' : 'layer';
  if (as === 'image') writeImage(folder);
  const made: Made = { as, bytes: found.bytes, ...(own === undefined ? {} : { lock: lockKey(own) }) };
  writeFileSync(join(folder, MADE), JSON.stringify(made));
  return { folder, ...found, as };
}

/** The same files as an image: nothing is installed while it is built, so what was measured is what runs. */
function writeImage(folder: string): void {
  cpSync(join(ROOT, 'python-lambda', 'dspex_host'), join(folder, 'dspex_host'), {
    recursive: true,
    filter: (file) => !file.includes('__pycache__'),
  });
  writeFileSync(
    join(folder, 'Dockerfile'),
    [
      `FROM public.ecr.aws/lambda/python:${PYTHON_VERSION}`,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Docker's own variable.
      'COPY python ${LAMBDA_TASK_ROOT}/',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Docker's own variable.
      'COPY dspex_host ${LAMBDA_TASK_ROOT}/dspex_host',
      'CMD ["dspex_host.lambda_function.handler"]',
      '',
    ].join('\n'),
  );
}

function install(lock: string, target: string, host: boolean, architecture: LayerArchitecture): void {
  const version = host ? hostPython() : PYTHON_VERSION;
  const done = spawnSync(
    'python3',
    [
      ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--no-deps', '--no-compile'],
      ...['--target', target, '--only-binary', ':all:', '--require-hashes', '-r', lock],
      ...['--python-version', version, '--implementation', 'cp'],
      ...['--platform', PLATFORMS[architecture], '--platform', PLATFORMS[architecture].replace('2014', '_2_28')],
    ],
    { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  if (done.status !== 0)
    throw new Error(`pip could not install ${lock}: ${(done.stderr || String(done.error)).slice(-2000)}`);
}

/** Bytes of everything, and how many binaries there are; throws on one for another processor, and above the limit. */
export function measured(
  target: string,
  architecture: LayerArchitecture,
  most: number = MOST_BYTES,
): { bytes: number; binaries: number } {
  let [bytes, binaries] = [0, 0];
  const parts = new Map<string, number>();
  for (const file of globSync('**/*', { cwd: target })) {
    const stats = statSync(join(target, file));
    if (!stats.isFile()) continue;
    bytes += stats.size;
    const [part = ''] = file.split('/');
    parts.set(part, (parts.get(part) ?? 0) + stats.size);
    if (!/\.so(\.|$)/.test(file)) continue;
    binaries += 1;
    const machine = elfMachineOf(readFileSync(join(target, file)));
    if (machine !== MACHINES[architecture])
      throw new Error(`${file} is built for machine ${machine}, wanted ${MACHINES[architecture]} (${architecture})`);
  }
  if (bytes > most) {
    const largest = [...parts]
      .sort((a, b) => b[1] - a[1])
      .slice(0, 8)
      .map(([name, size]) => `${name} ${megabytes(size)}`);
    throw new Error(
      `the layer has ${megabytes(bytes)}, at most ${megabytes(most)} fit; largest: ${largest.join(', ')}`,
    );
  }
  return { bytes, binaries };
}

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`;

/** The emulator runs its own Python, whatever the template says. */
function hostPython(): string {
  const code = 'import sys; print("%d.%d" % sys.version_info[:2])';
  return spawnSync('python3', ['-c', code], { encoding: 'utf8' }).stdout.trim();
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { host: { type: 'boolean', default: false }, with: { type: 'string' } } });
  const { folder, bytes, binaries, as } = buildLayer(values.host, values.with);
  const why = as === 'image' ? ` of which ${megabytes(MOST_BYTES)} fit into a layer: it becomes a container image` : '';
  console.log(
    `${as}: ${megabytes(bytes)} unzipped,${why} ${binaries} binaries, all for the right processor, in ${folder}`,
  );
}
