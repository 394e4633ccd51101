import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { WrongUsage } from './command.ts';

const MOST_FILES = 2000;
const MOST_BYTES = 32 * 1024 * 1024;
// What tools leave beside the code, and what nobody should send away by mistake.
const LEFT_OUT = /^(\..*|__pycache__|node_modules|venv|env|.*\.(pyc|pyo|so|egg-info))$/;

/**
 * The files of an adopted program as the archive the API takes: the package (or the single module) of the entry below
 * `path`, its `requirements.lock`, and what else is `include`d. The same files give the same bytes. Throws WrongUsage.
 */
export async function packAdopted(
  entry: string,
  path: string,
  include: readonly string[],
): Promise<{ packed: Uint8Array; files: number }> {
  const top = /^([A-Za-z_]\w*)(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$/.exec(entry)?.[1];
  if (top === undefined)
    throw new WrongUsage(`wanted PACKAGE.MODULE:CLASS, such as hops.program:MultiHop; there was "${entry}"`);
  const found = new Map<string, Buffer>();
  if ((await kindOf(join(path, top))) === 'folder') await gather(path, top, found);
  else if ((await kindOf(join(path, `${top}.py`))) === 'file') await gather(path, `${top}.py`, found);
  else
    throw new WrongUsage(
      `${path} has neither ${top}/ nor ${top}.py; it has ${await shown(path)} (--path names the folder)`,
    );
  if ((await kindOf(join(path, 'requirements.lock'))) === 'file') await gather(path, 'requirements.lock', found);
  for (const name of include) {
    if (name.split('/').includes('..') || (await kindOf(join(path, name))) === undefined)
      throw new WrongUsage(`--include ${name}: wanted a file or folder in ${path}; it has ${await shown(path)}`);
    await gather(path, name, found);
  }
  const files = Object.fromEntries(
    [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, content]) => [name, content.toString('base64')]),
  );
  return { packed: gzipSync(JSON.stringify({ files }), { level: 9 }), files: found.size };
}

async function gather(root: string, name: string, found: Map<string, Buffer>): Promise<void> {
  if ((await kindOf(join(root, name))) === 'folder') {
    for (const child of await readdir(join(root, name)))
      if (!LEFT_OUT.test(child)) await gather(root, `${name}/${child}`, found);
    return;
  }
  found.set(name, await readFile(join(root, name)));
  const bytes = [...found.values()].reduce((sum, { length }) => sum + length, 0);
  if (found.size > MOST_FILES || bytes > MOST_BYTES) {
    const [largest] = [...found]
      .sort(([, a], [, b]) => b.length - a.length)
      .map(([file, { length }]) => `${file} (${length} bytes)`);
    throw new WrongUsage(
      `a package has at most ${MOST_FILES} files and ${MOST_BYTES} bytes; the largest is ${largest}`,
    );
  }
}

async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ? 'folder' : found?.isFile() ? 'file' : undefined;
}

async function shown(path: string): Promise<string> {
  const names = await readdir(path).catch(() => []);
  return (
    names
      .filter((name) => !LEFT_OUT.test(name))
      .slice(0, 12)
      .join(', ') || 'nothing'
  );
}
