import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher, Pool } from 'undici';
import { MAX_REPLY_BYTES, networkFailure, post, readText, type Target, tooLarge } from './transport.ts';

/** A reply that was read to its end. */
export interface WholeReply {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/**
 * From this many calls at once on undici carries them: it needs half the processor time of node:http a call, but loading
 * it costs a start as much as everything else together, so a process that asks a few questions never does.
 */
const BUSY = 16;

let open = 0;
let undici: 'not needed' | 'loading' | typeof import('undici').default = 'not needed';
const pools = new Map<string, Pool>();

/** Posts JSON and resolves with the whole reply. Follows no redirect. Rejects with StepFailure or the signal's reason. */
export async function postForText(
  target: Target,
  headers: Record<string, string>,
  body: string,
  signal?: AbortSignal,
): Promise<WholeReply> {
  open++;
  try {
    if (open > BUSY && undici === 'not needed') void load();
    if (typeof undici === 'object')
      return await dispatch(poolOf(target.origin, undici.Pool), target.path, headers, body, signal);
    const reply = await post(target, headers, body, signal);
    return { status: reply.status, headers: reply.headers, text: await readText(reply.body, signal) };
  } finally {
    open--;
  }
}

async function load(): Promise<void> {
  undici = 'loading';
  // Its default is the same whether it is imported or was bundled; the names beside it are not.
  undici = (await import('undici')).default;
}

function poolOf(origin: string, Connections: typeof Pool): Pool {
  // How long a call may take is the gateway's to say, by its signal.
  const limits = { headersTimeout: 0, bodyTimeout: 0, allowH2: false };
  const kept = pools.get(origin) ?? new Connections(origin, limits);
  pools.set(origin, kept);
  return kept;
}

function dispatch(
  pool: Pool,
  path: string,
  headers: Record<string, string>,
  body: string,
  signal?: AbortSignal,
): Promise<WholeReply> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    let controller: Dispatcher.DispatchController | undefined;
    const abort = () => controller?.abort(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let status = 0;
    let head: IncomingHttpHeaders = {};
    pool.dispatch(
      { path, method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body },
      {
        onRequestStart(given) {
          controller = given;
          if (signal?.aborted) abort();
        },
        onResponseStart(_, statusCode, responseHeaders) {
          status = statusCode;
          head = responseHeaders;
        },
        onResponseData(given, chunk) {
          bytes += chunk.length;
          if (bytes > MAX_REPLY_BYTES) given.abort(tooLarge());
          else chunks.push(chunk);
        },
        onResponseEnd() {
          signal?.removeEventListener('abort', abort);
          const whole = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
          resolve({ status, headers: head, text: (whole ?? '').toString('utf8') });
        },
        onResponseError(_, error) {
          signal?.removeEventListener('abort', abort);
          reject(signal?.aborted ? signal.reason : networkFailure(error));
        },
      },
    );
  });
}
