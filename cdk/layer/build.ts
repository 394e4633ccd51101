import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../code/bundle.ts';
import { elfMachineOf, MACHINES } from './elf.ts';
import { type LayerArchitecture, PLATFORMS, PYTHON_VERSION } from './target.ts';

/** What Lambda takes with all layers is 250 MB unzipped; the function's own code needs the rest. */
export const MOST_BYTES = 240 * 1024 * 1024;

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

/**
 * `npm run layer [-- --host]`: DSPy and what it needs, from the hashed lock, without Docker: wheels for Lambda's arm64, or
 * for this machine where an emulator is to run them. Prints the size; fails above 240 MB, on a wheel that is missing, and
 * on a binary for another processor.
 */
export function buildLayer(host: boolean): { folder: string; bytes: number; binaries: number } {
  const architecture: LayerArchitecture = host && process.arch === 'x64' ? 'x86_64' : 'arm64';
  const folder = join(ROOT, '.dspex', 'build', host ? 'layer-host' : 'layer-arm64');
  const target = join(folder, 'python');
  rmSync(folder, { recursive: true, force: true });
  const version = host ? hostPython() : PYTHON_VERSION;
  const done = spawnSync(
    'python3',
    [
      ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--no-deps', '--no-compile'],
      ...['--target', target, '--only-binary', ':all:', '--require-hashes', '-r', 'python-lambda/requirements.lock'],
      ...['--python-version', version, '--implementation', 'cp'],
      ...['--platform', PLATFORMS[architecture], '--platform', PLATFORMS[architecture].replace('2014', '_2_28')],
    ],
    { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  if (done.status !== 0)
    throw new Error(`pip could not put the layer together: ${(done.stderr || String(done.error)).slice(-2000)}`);
  for (const pattern of host ? PRUNED : [...PRUNED, ...IN_RUNTIME])
    for (const found of globSync(pattern, { cwd: target }))
      rmSync(join(target, found), { recursive: true, force: true });
  return { folder, ...measured(target, architecture) };
}

/** Bytes of everything, and how many binaries there are; throws on one for another processor, and above the limit. */
export function measured(target: string, architecture: LayerArchitecture): { bytes: number; binaries: number } {
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
  if (bytes > MOST_BYTES) {
    const largest = [...parts]
      .sort((a, b) => b[1] - a[1])
      .slice(0, 8)
      .map(([name, size]) => `${name} ${megabytes(size)}`);
    throw new Error(
      `the layer has ${megabytes(bytes)}, at most ${megabytes(MOST_BYTES)} fit; largest: ${largest.join(', ')}`,
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
  const { values } = parseArgs({ options: { host: { type: 'boolean', default: false } } });
  const { folder, bytes, binaries } = buildLayer(values.host);
  console.log(`layer: ${megabytes(bytes)} unzipped, ${binaries} binaries, all for the right processor, in ${folder}`);
}
