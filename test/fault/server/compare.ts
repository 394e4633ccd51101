import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { must } from './api.ts';
import { type Shown, trialsOf } from './check.ts';
import { type Known, optimizationOf, prepare } from './load.ts';
import type { Oracle } from './oracle.ts';
import { type ServerProcess, startServerProcess } from './process.ts';

/**
 * The same optimizations, with the same seeds, in a server that is never killed: the same trials with the same values
 * and scores, and the same winner.
 */
export async function compareWithUndisturbed(
  dir: string,
  disturbed: ServerProcess,
  oracle: Oracle,
  known: Known,
): Promise<{ compared: number; different: string[] }> {
  const server = await startServerProcess({ dataDir: join(dir, 'undisturbed'), model: oracle.address });
  const different: string[] = [];
  let compared = 0;
  try {
    await prepare(server.address, oracle.address);
    for (const { id, seed } of known.optimizations) {
      const body = { version: 1, ...(optimizationOf(seed) as object) };
      const reply = await must<{ id: string }>(server.address, 'POST', 'programs/parity/optimize', { body });
      const calm = await outcome(server.address, reply.body.id);
      const torn = await outcome(disturbed.address, id);
      compared += 1;
      if (calm !== torn) different.push(`seed ${seed}: undisturbed ${calm}, killed ${torn}`);
    }
  } finally {
    await server.kill();
  }
  return { compared, different };
}

async function outcome(address: string, id: string): Promise<string> {
  for (;;) {
    const { body } = await must<Shown>(address, 'GET', `optimizations/${id}`);
    if (['queued', 'running'].includes(body.state)) {
      await sleep(50);
      continue;
    }
    const trials = await trialsOf(address, id);
    return JSON.stringify({
      trials: trials.map(({ number, state, assignment, quality, examples }) => [
        number,
        state,
        assignment,
        quality,
        examples,
      ]),
      winner: body.result?.winner,
      assignment: body.result?.assignment,
      baseline: body.result?.baseline.score,
      optimized: body.result?.optimized.score,
    });
  }
}
