import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StepFailure } from '#lib/base/failure';
import { sha256 } from '#lib/base/hash';

const FILE = 'pip-25.3-py3-none-any.whl';
const SHA256 = '9655943313a94722b7774661c21049070f6bbb0a1516bf02f7c8d5d9201514cd';
const PATIENCE_MS = 60_000;

/**
 * pip itself, fetched without pip from a package index (PEP 503 pages, PEP 691 JSON): the one in `PIP_INDEX_URL`, else
 * pypi.org. The bytes are checked against the pinned SHA-256, so the index need not be trusted. Returns the wheel's path.
 */
export async function pipWheel(folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const index = `${(env.PIP_INDEX_URL ?? 'https://pypi.org/simple').replace(/\/+$/, '')}/pip/`;
  try {
    const page = await (await get(index, 'application/vnd.pypi.simple.v1+json, text/html;q=0.5')).text();
    const link = wheelLink(page, index);
    if (link === undefined) throw new Error(`the package index lists no ${FILE}`);
    const bytes = new Uint8Array(await (await get(link, '*/*')).arrayBuffer());
    const found = sha256(bytes);
    if (found !== SHA256) throw new Error(`${FILE} should have SHA-256 ${SHA256} but has ${found}`);
    const path = join(folder, FILE);
    await writeFile(path, bytes);
    return path;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StepFailure('Python.Unavailable', `This Python has no pip, and pip could not be fetched: ${why}`);
  }
}

/** The wheel's address on an index page, JSON or HTML. */
export function wheelLink(page: string, base: string): string | undefined {
  const name = FILE.replaceAll('.', '\\.');
  const found =
    new RegExp(`"url": *"([^"]*${name})[#"]`).exec(page) ?? new RegExp(`href="([^"]*${name})[#"]`).exec(page);
  return found?.[1] === undefined ? undefined : new URL(found[1].replaceAll('&amp;', '&'), base).href;
}

/** A user and password in the index's address are sent as a header: `fetch` refuses them in one. */
async function get(address: string, accept: string): Promise<Response> {
  const url = new URL(address);
  const { username, password, host } = url;
  const key = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  url.username = '';
  url.password = '';
  const reply = await fetch(url, {
    headers: { accept, ...(username === '' ? {} : { authorization: `Basic ${key}` }) },
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (!reply.ok) throw new Error(`${host} answered ${reply.status}`);
  return reply;
}
