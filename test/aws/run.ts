import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startEmulators } from './emulators/emulators.ts';

/**
 * `npm run test:aws [-- vitest arguments]`: starts the emulators, runs the tests of this folder against them, ends them.
 * Exits as vitest did.
 */
const root = fileURLToPath(new URL('../../', import.meta.url));
const asked = process.argv.slice(2);
const emulators = await startEmulators();
const vitest = spawn(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', ...(asked.length > 0 ? asked : ['test/aws'])],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      DSPEX_TEST_MINISTACK: emulators.ministack,
      DSPEX_TEST_DYNAMODB: emulators.dynamodb,
    },
  },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => vitest.kill(signal));
const [code] = await once(vitest, 'exit');
await emulators.stop();
process.exitCode = code ?? 1;
