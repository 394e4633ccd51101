import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import type { createClient } from '#lib/derive/client/client';

export interface Run extends JsonObject {
  id: string;
  state: string;
}

/** A house that has been deployed, wherever it stands. */
export interface Driven {
  stage: string;
  client: ReturnType<typeof createClient>;
  /** Names of the state machines of this stage. */
  machines(): Promise<string[]>;
}

const ENDED = new Set(['completed', 'failed', 'cancelled']);
/** Long for a machine that does other things, too; a run takes about two seconds. */
const PATIENCE_MS = 120_000;

const sorter = {
  graph: {
    name: 'sorter',
    input: { text: 'str' },
    output: { label: 'nodes.decide.label', loud: 'nodes.loud', backup: 'nodes.risky' },
    nodes: [
      {
        ...{ id: 'both', kind: 'parallel' },
        branches: [
          [{ id: 'decide', kind: 'module', module: 'decider', inputs: { text: 'input.text' } }],
          [{ id: 'loud', kind: 'transform', expression: '$uppercase(input.text)' }],
        ],
      },
      {
        ...{ id: 'risky', kind: 'transform', expression: '$number(input.text)' },
        fallback: [{ id: 'instead', kind: 'transform', expression: '"plan b"' }],
      },
    ],
    bindings: [{ variable: 'temperature', to: ['nodes.*.lm.temperature'] }],
  },
  modules: { decider: { type: 'predict', signature: 'text -> label: Literal["odd", "even"]' } },
  variables: [{ name: 'temperature', type: { kind: 'float', min: 0, max: 1 }, default: 0.1 }],
};
const metric = { kind: 'exact_match', output: 'label' };
const rows = Array.from({ length: 30 }, (_, n) => ({
  inputs: { text: `n${n}` },
  labels: { label: n % 2 === 1 ? 'odd' : 'even' },
  split: n < 10 ? 'train' : n < 20 ? 'validation' : 'test',
}));
const upload = (from: number) => ({
  contentType: 'application/x-ndjson',
  content: rows.map((row) => JSON.stringify({ ...row, inputs: { text: `${row.inputs.text}-${from}` } })).join('\n'),
});

/** What a house is asked while it is driven: by the tests below, and by those of the place where it stands. */
export function driving(house: () => Driven) {
  const ended = async <T extends Run = Run>(resource: string, id: string): Promise<T> => {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const { body } = await house().client.get<T>(resource, id);
      if (ENDED.has(body.state)) return body;
      if (Date.now() > until)
        throw new Error(`${resource}/${id} is still ${body.state}: ${JSON.stringify(body).slice(0, 2000)}`);
      // The house answers when it is asked; there is nothing to listen to.
      await pause(200);
    }
  };
  const start = async (program: string, text: string): Promise<string> => {
    const { location } = await house().client.call('programs', 'run', { id: program, input: { input: { text } } });
    return location?.split('/').at(-1) ?? '';
  };
  return { ended, start };
}

/**
 * Registers what a house has to do, on the emulator as on AWS: runs on machines and in the answering process, DSPy on its
 * layer, an evaluation set off by an event, a search over the queues.
 */
export function drive(house: () => Driven): void {
  const { ended, start } = driving(house);

  beforeAll(async () => {
    const { client } = house();
    await client.call('programs', 'create', { input: { name: 'sorter', source: sorter as never } });
    await client.call('datasets', 'create', { input: { name: 'numbers' } });
    await client.call('datasets', 'import', { id: 'numbers', input: { format: 'jsonl' }, upload: upload(1) });
  });

  test('a run is carried out by its own state machine: parallel branches, a caught error, what stands in', async () => {
    const run = await ended('executions', await start('sorter', 'no number'));
    expect(run).toMatchObject({ state: 'completed', degraded: true, simulated: true, usage: { calls: 1 } });
    expect(run.output).toMatchObject({ loud: 'NO NUMBER', backup: 'plan b' });
    const { body: program } = await house().client.get<{ id: string }>('programs', 'sorter');
    expect(await house().machines()).toContain(`dspex-${house().stage}-${program.id}`);
    const { body } = await house().client.call<{ steps: { path: string }[] }>('executions', 'trace', { id: run.id });
    expect(body.steps.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['both', 'both/0/decide', 'both/1/loud', 'risky', 'risky/fallback/instead']),
    );
  });

  test('who waits gets the answer from the process that answers', async () => {
    const { body, status } = await house().client.call<Run>('programs', 'run', {
      ...{ id: 'sorter', wait: true },
      input: { input: { text: '12' } },
    });
    expect({ status, state: body.state, output: body.output }).toMatchObject({
      ...{ status: 200, state: 'completed' },
      output: { backup: 12, loud: '12' },
    });
  });

  test('a module runs in DSPy on its layer, its model call answered by the gateway function and recorded with the step', async () => {
    const { location } = await house().client.call('programs', 'run', {
      id: 'sorter',
      input: { input: { text: 'in Python' }, implementation: 'python' },
    });
    const run = await ended('executions', location?.split('/').at(-1) ?? '');
    expect(run).toMatchObject({ state: 'completed', usage: { calls: 1 }, simulated: true });
    const { body } = await house().client.call<{
      steps: { path: string; implementation?: string; calls: unknown[] }[];
    }>('executions', 'trace', { id: run.id });
    const decided = body.steps.find(({ path }) => path === 'both/0/decide');
    expect([decided?.implementation, decided?.calls.length]).toEqual(['python', 1]);
  });

  test('a new version of the data starts an evaluation, once', async () => {
    const start = { start: 'evaluation', program: 'sorter', metric, split: 'test' };
    const { body: trigger } = await house().client.call<{ id: string }>('triggers', 'create', {
      input: { name: 'on-data', on: { event: 'dataset_version' }, start } as never,
    });
    await house().client.call('datasets', 'import', { id: 'numbers', input: { format: 'jsonl' }, upload: upload(2) });
    const until = Date.now() + PATIENCE_MS;
    let firings: { started: string | null }[] = [];
    while (firings[0]?.started == null && Date.now() < until) {
      firings = [];
      for await (const one of house().client.list<{ started: string | null }>('firings', {
        filter: { triggerId: trigger.id },
      }))
        firings.push(one);
    }
    expect(firings).toHaveLength(1);
    const evaluation = await ended('evaluations', firings[0]?.started ?? '');
    expect(evaluation).toMatchObject({ state: 'completed', report: { examples: 10, scored: 10 } });
  });

  test('an optimization searches over the queues and publishes what it found', async () => {
    const { location } = await house().client.call('programs', 'optimize', {
      id: 'sorter',
      input: {
        ...{ dataset: 'numbers', metric, seed: 1 },
        optimizer: { strategy: 'variable_search', config: { trials: 4, racing: {} } },
      },
    });
    const done = await ended('optimizations', location?.split('/').at(-1) ?? '');
    expect(done.failure).toBeNull();
    expect(done).toMatchObject({ state: 'completed', result: { baseline: { score: expect.any(Number) } } });
  });
}
