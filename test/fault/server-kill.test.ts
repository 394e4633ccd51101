import { expect, it, onTestFinished } from 'vitest';
import { makeFolder, removeFolder } from '../local/folder.ts';
import { noFindings } from './server/check.ts';
import { compareWithUndisturbed } from './server/compare.ts';
import { killServers } from './server/killing.ts';

// About 40 seconds on two cores: the real process, started and killed 20 times. `node test/fault/server-soak.ts` does 200.
it('a server killed 20 times while it writes and works loses nothing, counts everything once and ends all it began', {
  timeout: 480_000,
}, async () => {
  const dir = makeFolder();
  onTestFinished(() => removeFolder(dir));
  const outcome = await killServers({
    ...{ dir, kills: 20, seed: 'suite' },
    most: { executions: 50, evaluations: 6, optimizations: 1 },
    life: { from: 60, to: 450 },
    drainSeconds: 180,
  });
  const { server, oracle, known, findings, amplification, checked, asked } = outcome;
  onTestFinished(async () => {
    await server.kill();
    await oracle.close();
  });
  expect({ ...findings, slowStart: [] }).toEqual(noFindings());
  const compared = await compareWithUndisturbed(dir, server, oracle, known);
  expect(compared).toEqual({ compared: asked.optimizations, different: [] });
  // The checks had something to look at, and a crash repeats little.
  expect(asked.executions).toBeGreaterThan(5);
  expect(checked.journaledSteps).toBeGreaterThan(5);
  expect(asked.optimizations).toBe(1);
  expect(amplification.lm).toBeLessThan(1.5);
  expect(amplification.effects).toBeLessThan(1.5);
});
