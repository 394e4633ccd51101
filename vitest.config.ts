import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './test/closing-line.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // How long something may take is no business of a test: a machine may stand still for seconds.
    expect: { poll: { timeout: 30_000 } },
    // Two cores are the machine we promise to fit.
    maxWorkers: 2,
    setupFiles: ['test/setup.ts'],
    globalSetup: ['test/temporary.ts'],
  },
});
