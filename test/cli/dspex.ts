import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Ended {
  code: number | null;
  out: string;
  error: string;
}

/** `dspex ARGS` as a user runs it: a process of its own. */
export function dspex(
  args: readonly string[],
  options: { stdin?: string; environment?: Record<string, string> } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, ['functions/node24.mjs', ...args], {
    env: { ...process.env, DSPEX_DATA_DIR: '', DSPEX_API_KEY: '', ...options.environment },
  });
  let out = '';
  let error = '';
  child.stdout.on('data', (piece: Buffer) => {
    out += piece;
  });
  child.stderr.on('data', (piece: Buffer) => {
    error += piece;
  });
  child.stdin.end(options.stdin ?? '');
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, error })));
}

export function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'dspex-cli-'));
}
