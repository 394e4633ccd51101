import { onTestFinished } from 'vitest';
import { type LocalHome, type LocalHomeOptions, openLocalHome } from '#lib/local/home';
import { makeFolder, removeFolder } from './folder.ts';
import { VirtualTime } from './virtual-time.ts';

/** An empty folder that lasts as long as the test. */
export function testFolder(): string {
  const dir = makeFolder();
  onTestFinished(() => removeFolder(dir));
  return dir;
}

/** A home on a folder of its own, with virtual time, closed after the test. */
export async function testHome(
  options: LocalHomeOptions & { dir?: string } = {},
): Promise<LocalHome & { dir: string; time: VirtualTime }> {
  const { dir = testFolder(), ...rest } = options;
  const time = new VirtualTime();
  const home = await openLocalHome(dir, { clock: time, timer: time, environment: {}, ...rest });
  onTestFinished(() => home.close());
  return { ...home, dir, time };
}
