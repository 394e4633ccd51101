import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command, tried } from './command.ts';
import { digestOf, EMULATORS_DIR } from './places.ts';

const LOCK = fileURLToPath(new URL('requirements.lock', import.meta.url));
const PYTHONS = ['python3.13', 'python3.12', 'python3.11', 'python3.10', 'python3', 'python'];
const OLDEST = 310;

/** ministack, from PyPI, pinned and checked by hash, in an environment of its own. Gives that environment's Python. */
export async function installMinistack(): Promise<string> {
  const environment = join(EMULATORS_DIR, 'ministack');
  const python = join(environment, 'bin', 'python');
  const stamp = join(environment, 'lock.sha256');
  const wanted = await digestOf(LOCK, 'sha256');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;
  await mkdir(EMULATORS_DIR, { recursive: true });
  await command(await findPython(), ['-m', 'venv', '--clear', environment]);
  await command(python, ['-m', 'pip', 'install', '--quiet', '--require-hashes', '--no-deps', '-r', LOCK]);
  writeFileSync(stamp, wanted);
  return python;
}

async function findPython(): Promise<string> {
  const { DSPEX_PYTHON } = process.env;
  const names = DSPEX_PYTHON === undefined ? PYTHONS : [DSPEX_PYTHON];
  const script = 'import sys, venv, ensurepip; print(sys.version_info[0] * 100 + sys.version_info[1])';
  for (const name of names) if (Number(await tried(name, ['-c', script])) >= OLDEST) return name;
  throw new Error(
    `the AWS emulator needs Python 3.10 or later with venv; found none as ${names.join(', ')}. Set DSPEX_PYTHON to one.`,
  );
}
