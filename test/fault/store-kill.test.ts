import { describe, expect, it } from 'vitest';
import { makeFolder, removeFolder } from '../local/folder.ts';
import { type Killing, killWriters } from './store/killing.ts';

async function killing(how: Pick<Killing, 'kills' | 'seed' | 'mode'>) {
  const dir = makeFolder();
  try {
    return await killWriters({ dir, ...how });
  } finally {
    removeFolder(dir);
  }
}

// Each kill starts a process: 10 to 20 seconds in all on an idle machine. 200 kills: node test/fault/soak.ts --kills 200
describe('kill -9 of a writing process', () => {
  it('a write acknowledged before kill -9 is there after the restart, nothing is half applied or counted twice', async () => {
    const findings = await killing({ kills: 20, seed: 'store-kill', mode: 'transaction' });
    expect(findings).toMatchObject({ lostResults: 0, lostMessages: 0, halfApplied: 0, miscounted: 0, lostEvents: 0 });
    expect(findings.acknowledged).toBeGreaterThan(500);
  }, 300_000);

  it('control: the same count in two writes comes out wrong, so the check can fail', async () => {
    const findings = await killing({ kills: 5, seed: 'store-kill-control', mode: 'two-step' });
    expect(findings.lostResults).toBe(0);
    expect(findings.miscounted).toBeGreaterThan(0);
  }, 120_000);
});
