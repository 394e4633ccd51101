import type { Failure } from '#lib/base/failure';
import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';

/** What goes to a worker; `python-lambda/dspex_host/worker.py` reads it. */
export type ToWorker =
  | { id: number; operation: string; payload: JsonObject }
  | { id: number; cancel: true }
  | { id: number; ask: number; answer: Json }
  | { id: number; ask: number; failure: Failure };

/** What comes back. `rss` is the process's resident memory in bytes. */
export type FromWorker =
  | { ready: JsonObject }
  | { id: number; begun: true }
  | { id: number; progress: Json }
  | { id: number; ask: number; kind: string; request: JsonObject }
  | { id: number; result: JsonObject; rss: number }
  | { id: number; failure: Failure; rss: number };

/** One message from one line. Throws an Error for anything else: a process that talks nonsense cannot be trusted again. */
export function parseMessage(line: string): FromWorker {
  const value = JSON.parse(line) as Json;
  if (isJsonObject(value)) {
    if (isJsonObject(value.ready ?? null)) return value as unknown as FromWorker;
    const ends = isJsonObject(value.result ?? null) || isFailure(value.failure ?? null);
    const asks = typeof value.ask === 'number' && typeof value.kind === 'string' && isJsonObject(value.request ?? null);
    const tells = value.begun === true || value.progress !== undefined;
    if (typeof value.id === 'number' && (ends || asks || tells)) return value as unknown as FromWorker;
  }
  throw new Error(`not a message of the worker's protocol: ${line.slice(0, 200)}`);
}

function isFailure(value: Json): boolean {
  return isJsonObject(value) && typeof value.name === 'string' && typeof value.message === 'string';
}

/**
 * Cuts a byte stream into lines. A line longer than `maxBytes` is an Error: nobody may fill our memory by never
 * finishing one.
 */
export function lineSplitter(maxBytes: number, onLine: (line: string) => void): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let length = 0;
  return (chunk) => {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end));
      const line = parts.length === 1 ? parts[0] : Buffer.concat(parts);
      parts = [];
      length = 0;
      from = end + 1;
      if (line !== undefined) onLine(line.toString('utf8'));
    }
    if (from === chunk.length) return;
    parts.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > maxBytes) throw new Error(`a line of more than ${maxBytes} bytes`);
  };
}
