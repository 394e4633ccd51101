import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startEmulators } from './emulators/emulators.ts';

/**
 * `npm run test:aws [-- vitest arguments]`: starts the emulators, runs the tests of this folder against them, ends them.
 * Exits as vitest did.
 */
const root = fileURLToPath(new URL('../../', import.meta.url));
const asked = process.argv.slice(2);
const running: { vitest: ChildProcess | null } = { vitest: null };
// A signal ends the tests first, and the emulators after them; before the tests, exiting ends the emulators.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => (running.vitest === null ? process.exit(1) : running.vitest.kill(signal)));

const emulators = await startEmulators();
const files = asked.length > 0 ? asked : ['test/aws'];
const vitest = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...files], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, DSPEX_TEST_MINISTACK: emulators.ministack, DSPEX_TEST_DYNAMODB: emulators.dynamodb },
});
running.vitest = vitest;
const [code] = await once(vitest, 'exit');
await emulators.stop();
process.exitCode = typeof code === 'number' ? code : 1;
