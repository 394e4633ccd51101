import { describe, expect, it } from 'vitest';
import { runStrategy } from '#lib/optimizer/drive';
import type { ExampleOutcome, History } from '#lib/optimizer/spec';
import { createStrategy } from '#lib/optimizer/strategies';
import { materialize } from '#lib/variable/candidates';
import { examples, historyOf, type TrialWork, triage } from './worlds.ts';

const strategy = createStrategy('BootstrapFewShot', () => undefined);

/** The pretended program is right on the examples whose number the test picks. */
function teacher(right: (number: number, work: TrialWork) => number | 'fail') {
  return async (work: TrialWork, ids: string[], history: History): Promise<ExampleOutcome[]> =>
    ids.map((exampleId) => {
      const example = [...history.examples.train, ...history.examples.validation].find(({ id }) => id === exampleId);
      const score = right(Number(exampleId.replace(/\D+/, '')), work);
      const base = { exampleId, costNanoUsd: 5, latencyMs: 1, tokens: 3 };
      if (score === 'fail') {
        return { ...base, score: null, failure: { name: 'Model.Refused', message: 'no key', retryable: false } };
      }
      const outputs = { queue: `answer to ${exampleId}` };
      return { ...base, score, traces: [{ nodeId: 'answer', inputs: { ...example?.inputs }, outputs }] };
    });
}

const demosOf = (history: History, id: string | null): Record<string, unknown>[] => {
  const trial = history.trials.find((candidate) => candidate.id === id);
  return materialize(strategy.space(history), trial?.work.assignment ?? {}).answer_demos as Record<string, unknown>[];
};
const taught = (history: History): string[] =>
  history.trials.filter(({ work }) => work.origin === 'bootstrap').map(({ work }) => work.exampleIds.join());

const few = { max_bootstrapped_demos: 2, max_labeled_demos: 3 };

describe('bootstrap_few_shot', () => {
  it('runs train examples one by one, in order, until enough of them pass', async () => {
    const { history, winner } = await runStrategy(
      strategy,
      historyOf({ config: few }),
      teacher((n) => (n % 2 ? 1 : 0)),
    );
    expect(taught(history)).toEqual(['train0', 'train1', 'train2', 'train3']);
    expect(history.trials.find(({ id }) => id === winner)?.work).toMatchObject({
      split: 'validation',
      origin: 'bootstrapped',
    });
  });

  it('makes demos of passing traces first, marked, then labelled examples it did not use', async () => {
    const { history, winner } = await runStrategy(
      strategy,
      historyOf({ config: few }),
      teacher((n) => (n % 2 ? 1 : 0)),
    );
    const demos = demosOf(history, winner);
    expect(demos.slice(0, 2)).toEqual([
      { augmented: true, ticket: 'ticket train1', queue: 'answer to train1' },
      { augmented: true, ticket: 'ticket train3', queue: 'answer to train3' },
    ]);
    expect(demos).toHaveLength(3);
    expect(demos[2]).not.toHaveProperty('augmented');
    expect(['ticket train1', 'ticket train3']).not.toContain(demos[2]?.ticket);
  });

  it('never shows the teacher the example it is asked', async () => {
    const config = { max_bootstrapped_demos: 24, max_labeled_demos: 16 };
    await runStrategy(strategy, historyOf({ config }), async (work, ids, history) => {
      const demos = materialize(strategy.space(history), work.assignment).answer_demos as { ticket: string }[];
      if (work.split === 'train') {
        expect(demos.map(({ ticket }) => ticket)).not.toContain(`ticket ${ids[0]}`);
        expect(demos.length).toBeGreaterThanOrEqual(15);
      }
      return teacher(() => 1)(work, ids, history);
    });
  });

  it.each([
    [undefined, 1],
    [0, 1],
    [0.9, 4],
  ])('with the threshold %s takes a score of 0.5 for what DSPy takes it for', async (threshold, runs) => {
    const config = { max_bootstrapped_demos: 1, ...(threshold === undefined ? {} : { metric_threshold: threshold }) };
    const { history } = await runStrategy(
      strategy,
      historyOf({ config }),
      teacher((n) => (n === 3 ? 1 : 0.5)),
    );
    expect(taught(history)).toHaveLength(runs);
  });

  it('tries failed examples again in further rounds, as new draws at temperature 1', async () => {
    const start = historyOf({
      config: { ...few, max_rounds: 3 },
      examples: { train: examples(3, 'train'), validation: [] },
    });
    const right = (number: number, work: TrialWork): number =>
      number === 1 && work.draw?.sample !== 1 ? 0 : number > 1 ? 0 : 1;
    const { history, reason } = await runStrategy(strategy, start, teacher(right));
    expect(taught(history)).toEqual(['train0', 'train1', 'train2', 'train1']);
    expect(history.trials[3]?.work.draw).toEqual({ sample: 1, temperature: 1 });
    expect(reason).toBe('2 of 4 bootstrapping runs passed the metric, 2 were wanted');
  });

  it('gives up, with the reason, when too many train examples fail', async () => {
    const config = { ...few, max_errors: 3 };
    const ending = await runStrategy(
      strategy,
      historyOf({ config }),
      teacher(() => 'fail'),
    );
    expect(ending).toMatchObject({ winner: null, reason: '3 train examples failed: no key' });
  });

  it('falls back to labelled demos when nothing passes', async () => {
    const { history, winner } = await runStrategy(
      strategy,
      historyOf({ config: few }),
      teacher(() => 0),
    );
    expect(demosOf(history, winner)).toHaveLength(3);
  });

  it('asks ahead with several workers and uses the first that pass in order', async () => {
    const start = historyOf({ config: few, parallelism: 8 });
    const { history, winner } = await runStrategy(
      strategy,
      start,
      teacher((n) => (n > 0 ? 1 : 0)),
    );
    expect(demosOf(history, winner).slice(0, 2)).toMatchObject([
      { ticket: 'ticket train1' },
      { ticket: 'ticket train2' },
    ]);
  });

  it('ends with the program as it is when there is nothing to teach with', async () => {
    const start = historyOf({ config: few, examples: { train: [], validation: examples(2, 'v') } });
    const { history, winner } = await runStrategy(
      strategy,
      start,
      teacher(() => 1),
    );
    expect(history.trials).toHaveLength(1);
    expect(demosOf(history, winner)).toEqual([]);
  });

  it('gives each variable the demos of its own node, and a node called twice one of its calls', async () => {
    const second = {
      ...triage,
      inputs: [{ ...triage.inputs[0], name: 'queue' }],
      outputs: [{ ...triage.outputs[0], name: 'reply' }],
    };
    const start = historyOf({
      config: { max_bootstrapped_demos: 1, max_labeled_demos: 0 },
      space: {
        variables: ['a_demos', 'b_demos'].map((name) => ({ name, type: { kind: 'demos' as const } })),
        constraints: [],
        candidates: {},
      },
      program: {
        nodes: [
          { id: 'a', signature: triage, instructions: '', demos: [] },
          { id: 'b', signature: second as typeof triage, instructions: '', demos: [] },
        ],
        bindings: [
          { variable: 'a_demos', to: ['nodes.a.demos'] },
          { variable: 'b_demos', to: ['nodes.b.demos'] },
        ],
      },
    });
    const { history, winner } = await runStrategy(strategy, start, async (_work, ids) =>
      ids.map((exampleId) => ({
        exampleId,
        score: 1,
        costNanoUsd: null,
        latencyMs: 1,
        tokens: 1,
        traces: [
          { nodeId: 'a', inputs: { ticket: 't' }, outputs: { queue: 'q' } },
          { nodeId: 'b', inputs: { queue: 'q' }, outputs: { reply: 'first' } },
          { nodeId: 'b', inputs: { queue: 'q' }, outputs: { reply: 'second' } },
        ],
      })),
    );
    const trial = history.trials.find(({ id }) => id === winner);
    const values = materialize(strategy.space(history), trial?.work.assignment ?? {});
    expect(values.a_demos).toEqual([{ augmented: true, ticket: 't', queue: 'q' }]);
    expect(values.b_demos).toEqual([{ augmented: true, queue: 'q', reply: expect.stringMatching(/first|second/) }]);
  });
});

describe('labeled_few_shot', () => {
  const labeled = createStrategy('LabeledFewShot', () => undefined);
  const run = (config: History['config']) =>
    runStrategy(
      labeled,
      historyOf({ config }),
      teacher(() => 1),
    );

  it('shows k labelled train examples, drawn by the seed or the first ones', async () => {
    const { history } = await run({ k: 3, sample: false });
    const demos = labeled.space(history).candidates.answer_demos?.labeled;
    expect(demos).toMatchObject([
      { ticket: 'ticket train0' },
      { ticket: 'ticket train1' },
      { ticket: 'ticket train2' },
    ]);
    const drawn = labeled.space((await run({ k: 4 })).history).candidates.answer_demos?.labeled;
    expect(drawn).toHaveLength(4);
    expect(labeled.space((await run({ k: 4 })).history).candidates.answer_demos?.labeled).toEqual(drawn);
  });

  it('runs nothing but the validation split', async () => {
    const { history } = await run({ k: 3 });
    expect(history.trials.map(({ work }) => work.split)).toEqual(['validation']);
  });
});
