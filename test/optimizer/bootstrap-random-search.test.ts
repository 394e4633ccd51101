import { describe, expect, it } from 'vitest';
import { runStrategy } from '#lib/optimizer/drive';
import type { ExampleOutcome, History } from '#lib/optimizer/spec';
import { createStrategy } from '#lib/optimizer/strategies';
import { materialize } from '#lib/variable/candidates';
import { chance, historyOf, mixedSpace, type TrialWork } from './worlds.ts';

const strategy = createStrategy('BootstrapFewShotWithRandomSearch', () => undefined);
const small = { num_candidate_programs: 3, max_bootstrapped_demos: 3, max_labeled_demos: 2 };

/** Right on train examples whose number is odd; on validation with one demo of example `best` among those shown. */
function world(best: string, fails: (id: string) => boolean = () => false) {
  return async (work: TrialWork, ids: string[], history: History): Promise<ExampleOutcome[]> => {
    const values = materialize(strategy.space(history), work.assignment);
    const demos = (values.answer_demos ?? []) as Record<string, unknown>[];
    return ids.map((exampleId) => {
      const all = [...history.examples.train, ...history.examples.validation];
      const example = all.find(({ id }) => id === exampleId);
      const taught = demos.some((demo) => demo.ticket === `ticket ${best}`);
      const right =
        work.split === 'train'
          ? Number(exampleId.slice(5)) % 2 === 1
          : chance('hard', exampleId) < (taught ? 0.9 : 0.3);
      const base = { exampleId, costNanoUsd: 1, latencyMs: 1, tokens: 1 };
      if (fails(exampleId))
        return {
          ...base,
          score: null,
          failure: { name: 'Model.Transient' as const, message: 'busy', retryable: true },
        };
      const traces = [{ nodeId: 'answer', inputs: { ...example?.inputs }, outputs: { queue: String(right) } }];
      return { ...base, score: right ? 1 : 0, ...(work.keepTraces === true ? { traces } : {}) };
    });
  };
}

const demosOf = (history: History, id: string | null): Record<string, unknown>[] => {
  const trial = history.trials.find((candidate) => candidate.id === id);
  return materialize(strategy.space(history), trial?.work.assignment ?? {}).answer_demos as Record<string, unknown>[];
};

describe('bootstrap_random_search', () => {
  it('measures every demo set on the whole validation split and takes the best', async () => {
    const { history, winner } = await runStrategy(strategy, historyOf({ config: small }), world('train7'));
    const measured = history.trials.filter(({ work }) => work.split === 'validation');
    expect(measured.map(({ work }) => work.origin)).toEqual([
      'baseline',
      'labeled',
      ...Array.from({ length: 4 }, () => 'bootstrapped'),
    ]);
    expect(measured.every(({ outcomes }) => outcomes.length === 20)).toBe(true);
    expect(demosOf(history, winner)).toContainEqual({ augmented: true, ticket: 'ticket train7', queue: 'true' });
  });

  it('fills a set with passing runs in the order of the data, then with labelled examples', async () => {
    const { history } = await runStrategy(strategy, historyOf({ config: small }), world('train1'));
    const first = history.trials.find(({ work }) => work.origin === 'bootstrapped');
    const demos = demosOf(history, first?.id ?? null);
    expect(demos.map(({ ticket }) => ticket)).toEqual(['ticket train1', 'ticket train3', 'ticket train5']);
    const [labeled] = history.trials.filter(({ work }) => work.origin === 'labeled');
    expect(demosOf(history, labeled?.id ?? null)).toHaveLength(2);
    expect(demosOf(history, labeled?.id ?? null)[0]).not.toHaveProperty('augmented');
  });

  it('runs no train example twice, and none with itself among the demos', async () => {
    const seen: string[] = [];
    await runStrategy(
      strategy,
      historyOf({ config: { ...small, max_labeled_demos: 6 } }),
      async (work, ids, history) => {
        if (work.split === 'train') {
          const shown = (materialize(strategy.space(history), work.assignment).answer_demos ?? []) as {
            ticket: string;
          }[];
          for (const id of ids) expect(shown.map(({ ticket }) => ticket)).not.toContain(`ticket ${id}`);
          seen.push(...ids);
        }
        return world('train1')(work, ids, history);
      },
    );
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeLessThan(24);
  });

  it('tries a failing example again, hotter and as another draw, while rounds are left', async () => {
    const config = { ...small, max_rounds: 2, num_candidate_programs: 0, max_labeled_demos: 0 };
    const { history } = await runStrategy(strategy, historyOf({ config }), world('train1'));
    const second = history.trials.filter(({ work }) => work.draw !== undefined);
    expect(second.length).toBeGreaterThan(0);
    for (const { work } of second) expect(work.draw).toEqual({ sample: 1, temperature: 1 });
  });

  it('stops when a score is reached', async () => {
    const config = { ...small, stop_at_score: 0.1 };
    const { history } = await runStrategy(strategy, historyOf({ config }), world('train1'));
    expect(history.trials.filter(({ work }) => work.split === 'validation')).toHaveLength(1);
  });

  it('ends with what it has when too many runs fail, and says why', async () => {
    const config = { ...small, max_errors: 3 };
    const ending = await runStrategy(
      strategy,
      historyOf({ config }),
      world('train1', (id) => id.startsWith('train')),
    );
    expect(ending).toMatchObject({ winner: 't0' });
    expect(ending.reason).toMatch(/runs on train examples failed, the last one with: busy/);
  });

  it('draws the other variables with the demos when asked to', async () => {
    const config = { ...small, variables: true };
    const { history } = await runStrategy(strategy, historyOf({ config }), world('train7'));
    const temperatures = new Set(history.trials.map(({ work }) => work.assignment.temperature));
    expect(temperatures.size).toBe(4);
  });

  it('says what is missing when there is nothing to choose', async () => {
    const space = { ...mixedSpace, variables: mixedSpace.variables.filter(({ name }) => name === 'temperature') };
    const ending = await runStrategy(strategy, historyOf({ space }), world('train7'));
    expect(ending.reason).toContain('no variable for demos');
  });
});
