import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** What a script of this folder is asked: over how many seeds (`--seeds N`), and whether to keep what came out (`--write`). */
export function asked(usual: number): { seeds: number; keep: (name: string, found: object) => void } {
  const { values } = parseArgs({
    options: { seeds: { type: 'string', default: String(usual) }, write: { type: 'boolean', default: false } },
  });
  const seeds = Number(values.seeds);
  if (!Number.isInteger(seeds) || seeds < 1)
    throw new Error(`--seeds wants a whole number from 1, got ${values.seeds}`);
  return {
    seeds,
    keep: (name, found) => {
      if (!values.write) return;
      const file = join(import.meta.dirname, `results/${name}.json`);
      writeFileSync(file, `${JSON.stringify(found, null, 1)}\n`);
    },
  };
}
