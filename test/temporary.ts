import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary folder for the whole run, gone with it: tests need not remove what they put into `tmpdir()`. */
export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'dspex-tests-'));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
