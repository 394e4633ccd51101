import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Makes `target` (a file or a folder) appear whole or not at all: `build` fills a fresh neighbour, which is then renamed
 * into place. When two processes build at once, the first rename wins and the other's work is thrown away; a crash
 * leaves only a `.partial-*` neighbour that nobody reads.
 */
export async function publish(target: string, build: (partial: string) => Promise<void>): Promise<void> {
  if (await exists(target)) return;
  const partial = join(dirname(target), `.partial-${process.pid}-${randomBytes(4).toString('hex')}`);
  await mkdir(dirname(target), { recursive: true });
  try {
    await build(partial);
    await rename(partial, target);
  } catch (error) {
    if (!(await exists(target))) throw error;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
