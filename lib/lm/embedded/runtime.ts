import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { folderBytes } from './folder-bytes.ts';
import { binaryPackage } from './platform.ts';
import type { OnProgress } from './progress.ts';
import { exists, publish } from './publish.ts';
import { EmbeddedUnavailable } from './unavailable.ts';

export const RUNTIME_VERSION = '3.22.1';
// What the two packages and their dependencies take on disk, for the progress bar only.
const RUNTIME_BYTES = 85_000_000;

/**
 * The folder of an installed node-llama-cpp below `<data dir>/runtime`, installing it on first use (about 85 MB).
 * It is kept out of our own package.json because its default install is 725 MB and breaks `npm ci`.
 */
export async function ensureRuntime(dataDir: string, onProgress?: OnProgress): Promise<string> {
  const binary = binaryPackage(process.platform, process.arch);
  if (binary === null)
    throw new EmbeddedUnavailable(`no prebuilt llama.cpp is published for ${process.platform} on ${process.arch}`);
  // Absolute: npm runs inside the new folder, from where a relative path leads elsewhere.
  const folder = join(
    resolve(dataDir),
    'runtime',
    `node-llama-cpp-${RUNTIME_VERSION}-${process.platform}-${process.arch}`,
  );
  await publish(folder, async (partial) => {
    await mkdir(partial, { recursive: true });
    const report = async () =>
      onProgress?.({ step: 'runtime', doneBytes: await folderBytes(partial), totalBytes: RUNTIME_BYTES });
    const timer = onProgress && setInterval(report, 500);
    try {
      await npmInstall(partial, [`node-llama-cpp@${RUNTIME_VERSION}`, `${binary}@${RUNTIME_VERSION}`]);
    } finally {
      clearInterval(timer);
    }
    if (!(await exists(join(partial, 'node_modules', 'node-llama-cpp', 'dist', 'index.js'))))
      throw new EmbeddedUnavailable('npm said it had installed node-llama-cpp, and it is not there');
    onProgress?.({ step: 'runtime', doneBytes: RUNTIME_BYTES, totalBytes: RUNTIME_BYTES });
  });
  return join(folder, 'node_modules', 'node-llama-cpp');
}

function npmInstall(prefix: string, packages: string[]): Promise<void> {
  const flags = ['--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  return new Promise((resolve, reject) => {
    // A shell only on Windows, where npm is a .cmd file; every argument is a constant of ours or a path.
    const child = spawn('npm', ['install', '--prefix', prefix, ...flags, ...packages], {
      cwd: prefix,
      stdio: ['ignore', 'ignore', 'pipe'],
      shell: process.platform === 'win32',
    });
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr = `${stderr}${data}`.slice(-2000);
    });
    child.on('error', (cause) => reject(new EmbeddedUnavailable('npm could not be started', cause)));
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new EmbeddedUnavailable(`npm could not install ${packages.join(' and ')}`, new Error(stderr.trim())));
    });
  });
}
