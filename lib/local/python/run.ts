import { spawn } from 'node:child_process';
import { Tail } from './tail.ts';

export interface Ran {
  /** `null` when it could not be started or was killed. */
  code: number | null;
  stdout: string;
  /** The last it said of what went wrong. */
  stderr: string;
}

/** Runs a command to its end. Never throws. */
export function run(
  command: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; signal?: AbortSignal; onLine?: (line: string) => void } = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    const { env = process.env, signal, onLine } = options;
    const out = new Tail(100_000);
    const err = new Tail(2000);
    const child = spawn(command, [...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
      ...(signal === undefined ? {} : { signal, killSignal: 'SIGKILL' as const }),
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out.add(text);
      for (const line of text.split('\n')) if (line.trim() !== '') onLine?.(line.trim());
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => err.add(text));
    child.on('error', (error) => resolve({ code: null, stdout: out.text, stderr: error.message }));
    child.on('close', (code) => resolve({ code, stdout: out.text, stderr: err.text }));
  });
}
