import { parseArgs } from 'node:util';
import { makeFolder, removeFolder } from '../local/folder.ts';
import { killWriters } from './store/killing.ts';

/**
 * Many kills of a writing process: `node test/fault/soak.ts --kills 200 [--seed text] [--mode two-step]`. Prints the
 * seed and the findings as JSON; exits with 1 when anything was lost, doubled or half applied.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: `${Date.now()}` },
    mode: { type: 'string', default: 'transaction' },
  },
});
const kills = Number(values.kills);
const mode = values.mode === 'two-step' ? 'two-step' : 'transaction';
const dir = makeFolder();
try {
  const { acknowledged, ...wrong } = await killWriters({
    dir,
    kills,
    seed: values.seed,
    mode,
    progress: (kill) => {
      if (kill % 20 === 0) process.stderr.write(`${kill} of ${kills}\n`);
    },
  });
  process.stdout.write(`${JSON.stringify({ kills, seed: values.seed, mode, acknowledged, ...wrong })}\n`);
  process.exitCode = Object.values(wrong).every((count) => count === 0) ? 0 : 1;
} finally {
  removeFolder(dir);
}
