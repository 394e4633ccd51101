import { describe, expect, it } from 'vitest';
import { runStrategy } from '#lib/optimizer/drive';
import type { ExampleOutcome, History, Objective } from '#lib/optimizer/spec';
import { createStrategy } from '#lib/optimizer/strategies';
import { materialize } from '#lib/variable/candidates';
import type { Assignment } from '#lib/variable/variable';
import { chance, historyOf, mixedSpace, skill } from './worlds.ts';

const strategy = createStrategy('variable_search', () => undefined);
const space = {
  ...mixedSpace,
  variables: [
    { name: 'style', type: { kind: 'text' as const, candidates: ['Be short.', 'Be exact.', 'Be kind.', 'Be warm.'] } },
    { name: 'module', type: { kind: 'choice' as const, choices: ['predict', 'chain_of_thought'] } },
    { name: 'depth', type: { kind: 'integer' as const, min: 1, max: 4 } },
    { name: 'tone', type: { kind: 'choice' as const, choices: ['a', 'b', 'c', 'd'] } },
  ],
};

/** Runs a search in which an example is scored by `score`. */
function search(history: History, score: (assignment: Assignment, id: string) => number) {
  return runStrategy(strategy, history, async ({ assignment }, ids): Promise<ExampleOutcome[]> => {
    const values = materialize(space, assignment);
    const latencyMs = values.tone === 'd' ? 9 : 5;
    return ids.map((exampleId) => ({
      exampleId,
      score: score(values, exampleId),
      costNanoUsd: 10,
      latencyMs,
      tokens: 10,
    }));
  });
}
const winnerIn = ({ history, winner }: Awaited<ReturnType<typeof search>>) =>
  history.trials.find(({ id }) => id === winner);

describe('the winner that is believed best', () => {
  it('is better on examples nobody has seen than the one measured best, of the same trials', async () => {
    let gain = 0;
    let changed = 0;
    for (let seed = 0; seed < 20; seed++) {
      // Each program has luck of its own on each example: what is measured is the skill and as much noise.
      const lucky = (values: Assignment, id: string) => (chance(seed, values, id) < skill(values) ? 1 : 0);
      const [measured, believed] = await Promise.all(
        ['measured', 'believed'].map((winner) =>
          search(historyOf({ seed, space, config: { trials: 40, winner } }), lucky),
        ),
      );
      if (measured === undefined || believed === undefined) throw new Error('unreachable');
      expect(believed.history.trials).toEqual(measured.history.trials);
      const [a, b] = [measured, believed].map((one) => skill(materialize(space, winnerIn(one)?.work.assignment ?? {})));
      gain += (b ?? 0) - (a ?? 0);
      if (measured.winner !== believed.winner) changed++;
      else expect(believed.reason).toBe(measured.reason);
    }
    expect(changed).toBeGreaterThan(5);
    expect(gain).toBeGreaterThan(0);
  });

  it('is the one measured best where the examples all say the same, interactions too', async () => {
    const both = ({ style, tone, depth }: Assignment) =>
      style === 'Be exact.' && tone === 'c' ? 0.9 : 0.1 * Number(depth);
    for (let seed = 0; seed < 5; seed++) {
      const ending = await search(historyOf({ seed, space, config: { trials: 60, winner: 'believed' } }), both);
      const best = Math.max(...ending.history.trials.map(({ objectives }) => objectives.quality ?? 0));
      expect(winnerIn(ending)?.objectives.quality).toBe(best);
    }
  });

  it('has seen the whole validation split and keeps the limits, and it is said that another measured higher', async () => {
    let said = 0;
    for (let seed = 0; seed < 10; seed++) {
      const config = { trials: 30, minibatch: { first: 5 }, winner: 'believed' };
      const objectives: Objective[] = [
        { name: 'quality', goal: 'maximize' },
        { name: 'latencyMs', goal: 'minimize', weight: 0, atMost: 5 },
      ];
      const ending = await search(historyOf({ seed, space, config, objectives }), (values, id) =>
        chance(seed, values, id) < skill(values) ? 1 : 0,
      );
      const winner = winnerIn(ending);
      expect(winner?.outcomes).toHaveLength(20);
      expect(winner?.objectives.latencyMs).toBe(5);
      const [, higher] = /; (\S+) measured higher, more is believed of the winner$/.exec(ending.reason) ?? [];
      if (higher === undefined) continue;
      said++;
      const other = ending.history.trials.find(({ id }) => id === higher);
      expect(other?.objectives.quality).toBeGreaterThanOrEqual(winner?.objectives.quality ?? 0);
    }
    expect(said).toBeGreaterThan(0);
  });

  it('is nobody where every trial failed, and who succeeded where only one did', async () => {
    const config = { trials: 5, winner: 'believed' };
    const failing = (only: string | null) =>
      runStrategy(strategy, historyOf({ space, config }), async ({ id }, ids) =>
        ids.map((exampleId) =>
          id === only
            ? { exampleId, score: 0.5, costNanoUsd: 10, latencyMs: 5, tokens: 10 }
            : {
                ...{ exampleId, score: null, costNanoUsd: 10, latencyMs: 5, tokens: 10 },
                failure: { name: 'Model.Refused' as const, message: 'the model is gone', retryable: false },
              },
        ),
      );
    await expect(failing(null)).resolves.toMatchObject({ winner: null, reason: expect.stringContaining('is gone') });
    await expect(failing('t3')).resolves.toMatchObject({ winner: 't3' });
  });
});
