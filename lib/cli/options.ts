import { readFile } from 'node:fs/promises';
import type { JsonObject } from '#lib/base/json';
import type { CommandCall, Connection, ConnectOptions } from './command.ts';
import { WrongUsage } from './command.ts';
import { megabytes } from './format.ts';

/** Reading what commands are given. */

export function text(call: CommandCall, name: string): string | undefined {
  const value = call.values[name];
  return typeof value === 'string' ? value : undefined;
}

export function required(call: CommandCall, name: string): string {
  const value = text(call, name);
  if (value === undefined) throw new WrongUsage(`--${name} is missing`);
  return value;
}

export function flag(call: CommandCall, name: string): boolean {
  return call.values[name] === true;
}

export function integer(call: CommandCall, name: string): number | undefined {
  const value = text(call, name);
  if (value === undefined) return undefined;
  if (!/^-?\d+$/.test(value)) throw new WrongUsage(`--${name} wants a whole number, there was "${value}"`);
  return Number(value);
}

export function positional(call: CommandCall, index: number, what: string): string {
  const value = call.positionals[index];
  if (value === undefined) throw new WrongUsage(`${what} is missing`);
  return value;
}

/** `{"a": 1}`, or `@file.json`. */
export async function jsonObject(call: CommandCall, name: string): Promise<JsonObject | undefined> {
  const given = text(call, name);
  if (given === undefined) return undefined;
  const source = given.startsWith('@') ? await readFile(given.slice(1), 'utf8') : given;
  try {
    const value: unknown = JSON.parse(source);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // Said below, the same way as for JSON that is no object.
  }
  throw new WrongUsage(`--${name} wants a JSON object or @FILE with one, there was ${source.slice(0, 60)}`);
}

export function dataDir(call: CommandCall): string {
  return text(call, 'data-dir') ?? (call.tools.environment.DSPEX_DATA_DIR || '.dspex');
}

/** Connects, does the work, and lets go again whatever happened. Downloads of the embedded model show a bar. */
export async function connected<T>(
  call: CommandCall,
  work: (connection: Connection) => Promise<T>,
  options: Partial<ConnectOptions> = {},
): Promise<T> {
  const bars = new Map<string, ReturnType<typeof call.screen.bar>>();
  const connection = await call.tools.connect({
    dataDir: dataDir(call),
    onDownload: ({ step, doneBytes, totalBytes }) => {
      const bar = bars.get(step) ?? call.screen.bar(step === 'runtime' ? 'embedded runtime' : 'embedded model');
      bars.set(step, bar);
      bar.update(doneBytes, totalBytes, megabytes(doneBytes));
      if (totalBytes !== null && doneBytes >= totalBytes) bar.done(megabytes(totalBytes));
    },
    ...options,
  });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}
