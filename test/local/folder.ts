import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An empty folder; remove it with `removeFolder`. */
export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'dspex-test-'));
}

export function removeFolder(dir: string): void {
  rmSync(dir, { recursive: true, force: true });
}
