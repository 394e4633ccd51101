import { describe, expect, it } from 'vitest';
import { MiproV2Config, sizesOf } from '#lib/optimizer/mipro-v2/config';
import type { History } from '#lib/optimizer/spec';
import { createStrategy } from '#lib/optimizer/strategies';
import { garbage, knowing, promptHistory, promptSkill, promptSpace, run, teacher, valuesOf } from './teachers.ts';
import { examples } from './worlds.ts';

const strategy = createStrategy('MIPROv2', () => undefined);
const full = { num_candidates: 6, num_trials: 18, minibatch: false };
const texts = (history: History): string[] =>
  history.trials.flatMap(({ work }) =>
    Object.values(work.proposes?.answer_text ?? {}).flatMap((one) => ('text' in one ? [one.text] : [])),
  );
const purposes = (history: History): string[] => history.generations.map(({ purpose }) => purpose);
const prompts = (history: History, purpose: string): string[] =>
  history.generations
    .filter((one) => one.purpose === purpose)
    .map(({ work }) => work.messages.map(({ content }) => String(content)).join('\n'));

describe('mipro_v2', () => {
  it('finds what only the teacher knows, together with demos and settings', async () => {
    const { history, winner } = await run(strategy, promptHistory({ config: full }));
    const best = valuesOf(strategy, history, winner);
    expect(promptSkill(best)).toBeGreaterThan(promptSkill({ temperature: 1 }) + 0.3);
    expect(String(best.answer_text)).toMatch(/queue|evidence|calm/);
    expect(best.answer_demos).not.toEqual([]);
  });

  it('bootstraps first, then asks about program and data, then for instructions that show both', async () => {
    const said = teacher((work) =>
      work.purpose === 'summary of the data'
        ? { summary: 'Tickets from three queues.' }
        : { description: 'It sorts tickets.', role: 'The sorter.', observations: 'short texts', instruction: 'Sort.' },
    );
    const { history } = await run(strategy, promptHistory({ config: full }), said);
    expect(purposes(history).slice(0, 3)).toEqual([
      'description of the program',
      'role of answer_text',
      'observations about the data',
    ]);
    expect(purposes(history).filter((one) => one === 'instruction for answer_text')).toHaveLength(5);
    const [prompt] = prompts(history, 'instruction for answer_text');
    for (const part of [
      'Tickets from three queues.',
      'It sorts tickets.',
      'The sorter.',
      'Sort tickets.',
      'ticket train',
    ])
      expect(prompt).toContain(part);
  });

  it('leaves out what it is told not to look at', async () => {
    const blind = {
      ...full,
      program_aware_proposer: false,
      data_aware_proposer: false,
      tip_aware_proposer: false,
      fewshot_aware_proposer: false,
    };
    const { history } = await run(strategy, promptHistory({ config: blind }));
    expect(new Set(purposes(history))).toEqual(new Set(['instruction for answer_text']));
    const [prompt] = prompts(history, 'instruction for answer_text');
    expect(prompt).not.toMatch(/## (dataset|program|demos|tip) ##/);
  });

  it('draws each proposal on its own, under a sample number that makes it repeatable', async () => {
    const samples = (history: History) =>
      history.generations.filter(({ purpose }) => purpose.startsWith('instruction')).map(({ work }) => work.sample);
    const one = samples((await run(strategy, promptHistory({ config: full }))).history);
    const two = samples((await run(strategy, promptHistory({ config: full }))).history);
    expect(new Set(one).size).toBe(5);
    expect(two).toEqual(one);
    expect(samples((await run(strategy, promptHistory({ config: full, seed: 2 }))).history)).not.toEqual(one);
  });

  it('goes on with the instruction there is when the teacher answers garbage or fails', async () => {
    for (const bad of [
      garbage,
      () => Promise.reject(new Error('no such model')),
      teacher(() => ({ instruction: '' })),
    ]) {
      const { history, winner } = await run(strategy, promptHistory({ config: full }), bad);
      const asked = history.generations.filter(({ purpose }) => purpose.startsWith('instruction'));
      expect(asked.every(({ failure, text }) => failure !== undefined && text === null)).toBe(true);
      expect(texts(history)).toEqual([]);
      expect(valuesOf(strategy, history, winner).answer_text).toBe('Sort tickets.');
      // Demos and settings are searched all the same.
      expect(history.trials.filter(({ work }) => work.origin === 'tpe').length).toBe(18);
    }
  });

  it('asks a teacher that cannot be understood about the data once, not ten times', async () => {
    const { history } = await run(strategy, promptHistory({ config: full }), garbage);
    expect(purposes(history).filter((one) => one.startsWith('observations'))).toHaveLength(1);
  });

  it('measures on minibatches, and the best of them in full without running an example twice', async () => {
    const config = { num_candidates: 6, num_trials: 12, minibatch_size: 6, minibatch_full_eval_steps: 4 };
    const ran: Record<string, number> = {};
    const { history, winner } = await run(strategy, promptHistory({ config }));
    for (const { work, outcomes } of history.trials) ran[work.origin] = (ran[work.origin] ?? 0) + outcomes.length;
    const fulls = history.trials.filter(({ work }) => work.origin === 'full');
    expect(fulls).toHaveLength(3);
    for (const { work } of fulls) {
      expect(work).toMatchObject({ continues: true });
      expect(history.trials.find(({ id }) => id === work.parent)?.work.assignment).toEqual(work.assignment);
    }
    expect(history.trials.find(({ id }) => id === winner)?.outcomes).toHaveLength(20);
  });

  it('searches instructions and demos alone when told to leave the other variables', async () => {
    const { history } = await run(strategy, promptHistory({ config: { ...full, variables: false } }));
    expect(new Set(history.trials.map(({ work }) => work.assignment.temperature))).toEqual(new Set([1]));
    expect(texts(history).length).toBeGreaterThan(0);
  });

  it('uses no demos when none are wanted, but lets runs inform the instructions', async () => {
    const config = { ...full, max_bootstrapped_demos: 0, max_labeled_demos: 0 };
    const { history } = await run(strategy, promptHistory({ config }));
    expect(history.trials.some(({ work }) => work.origin === 'bootstrap')).toBe(true);
    const demos = history.trials.filter(({ work }) => work.split === 'validation').map(({ work }) => work.assignment);
    expect(new Set(demos.map(({ answer_demos }) => JSON.stringify(answer_demos)))).toEqual(
      new Set(['{"candidate":"default"}']),
    );
  });

  it('ends soundly with nothing to choose, one example, or scores that are all equal', async () => {
    const space = { ...promptSpace, variables: promptSpace.variables.filter(({ name }) => name === 'answer_text') };
    const nothing = await run(strategy, promptHistory({ space, config: full }), garbage);
    expect(nothing).toMatchObject({ winner: 't0' });
    expect(nothing.reason).toContain('nothing to choose from');
    const single = { train: examples(1, 'train'), validation: examples(1, 'val') };
    expect((await run(strategy, promptHistory({ examples: single, config: full }))).winner).not.toBeNull();
    const none = { train: [], validation: examples(3, 'val') };
    expect((await run(strategy, promptHistory({ examples: none, config: full }))).winner).not.toBeNull();
    expect((await run(strategy, promptHistory({ config: full }), knowing, () => 0)).winner).toBe('t0');
    const empty = { train: examples(4, 'train'), validation: [] };
    expect(await run(strategy, promptHistory({ examples: empty, config: full }))).toMatchObject({ winner: null });
  });
});

describe('the sizes of a mipro_v2 run', () => {
  const parse = (config: object) => MiproV2Config.parse(config);
  it('are those DSPy decides for one module with demos', () => {
    expect(
      [10, 18, 27].map((_, index) => sizesOf(parse({ auto: ['light', 'medium', 'heavy'][index] }), 500).trials(2)),
    ).toEqual([10, 18, 27]);
    expect(sizesOf(parse({}), 500)).toMatchObject({ demoSets: 6, instructions: 3, validation: 100, minibatch: 35 });
    expect(sizesOf(parse({}), 40)).toMatchObject({ validation: 40, minibatch: null });
    expect(sizesOf(parse({ max_bootstrapped_demos: 0, max_labeled_demos: 0 }), 500).instructions).toBe(6);
  });

  it('cannot be given twice, and by hand need the number of candidates', () => {
    expect(MiproV2Config.safeParse({ auto: 'light', num_trials: 3 }).error?.issues[0]?.path).toEqual(['auto']);
    expect(MiproV2Config.safeParse({ auto: null }).error?.issues[0]?.path).toEqual(['num_candidates']);
    expect(sizesOf(parse({ num_candidates: 10 }), 60)).toMatchObject({
      instructions: 10,
      validation: 60,
      minibatch: 35,
    });
  });
});
