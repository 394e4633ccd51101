import { spawn } from 'node:child_process';

/** Runs a command to its end and gives its output; throws with the last lines it wrote when it failed. */
export async function command(name: string, args: readonly string[], cwd?: string): Promise<string> {
  const child = spawn(name, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(cwd === undefined ? {} : { cwd }) });
  const said: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => said.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const code = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (status, signal) => resolve(status ?? signal ?? 'killed'));
  });
  const output = said.join('');
  if (code !== 0) throw new Error(`${name} ${args.join(' ')} failed (${code}):\n${output.slice(-2000)}`);
  return output;
}

/** What a command printed; null when it is not there or failed. */
export async function tried(name: string, args: readonly string[]): Promise<string | null> {
  return command(name, args).catch(() => null);
}
