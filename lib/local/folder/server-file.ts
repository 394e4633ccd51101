import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, type Json } from '#lib/base/json';
import { writeAtomically } from './atomic-write.ts';

/** Which server holds a data folder, so that a command can talk to it instead. */
export interface ServerInfo {
  /** Such as `http://127.0.0.1:7331`. */
  address: string;
  pid: number;
}

/** Written by the server that has opened the folder, when it listens. */
export async function announceServer(dir: string, { address, pid }: ServerInfo): Promise<void> {
  await writeAtomically(serverFile(dir), `${JSON.stringify({ address, pid })}\n`);
}

/** `null` when no server said that it holds the folder, or the file makes no sense. */
export function announcedServer(dir: string): ServerInfo | null {
  try {
    const info = JSON.parse(readFileSync(serverFile(dir), 'utf8')) as Json;
    if (!isJsonObject(info) || typeof info.address !== 'string' || typeof info.pid !== 'number') return null;
    return { address: info.address, pid: info.pid };
  } catch {
    return null;
  }
}

/** Only the holder of the folder may call it: what is there was left by a server that is gone. */
export function forgetServer(dir: string): void {
  rmSync(serverFile(dir), { force: true });
}

function serverFile(dir: string): string {
  return join(dir, 'server.json');
}
