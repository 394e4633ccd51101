import { existsSync } from 'node:fs';
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { clientOptions } from '#lib/aws/client/options';
import { deleteMachinesOf } from '#lib/aws/deployment/machines';
import type { JsonObject } from '#lib/base/json';
import { buildLayer } from '../../cdk/layer/build.ts';
import { openReceiver, type Receiver } from '../../examples/rag/receiver.ts';
import { type Deployed, deployTo } from './deployed.ts';
import { whenEmulated } from './emulated.ts';
import { TEST_PATIENCE } from './tables.ts';

// What the emulator does first takes a cold start each; two cores may be busy with others.
vi.setConfig({ testTimeout: 150_000 });

interface Run extends JsonObject {
  id: string;
  state: string;
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

whenEmulated('a house deployed by the CDK', ({ ministack }) => {
  let house: Deployed;
  let receiver: Receiver;
  const effects = (port: number) => ({
    graph: {
      name: 'effects',
      input: { text: 'str' },
      output: { id: 'nodes.record.id' },
      nodes: [
        {
          ...{ id: 'record', kind: 'effect', inputs: { answer: 'input.text' } },
          http: { method: 'POST', url: `http://127.0.0.1:${port}/answers` },
          compensate: {
            ...{ id: 'take_back', kind: 'effect', inputs: { id: 'nodes.record.id' } },
            http: { method: 'DELETE', url: `http://127.0.0.1:${port}/answers` },
          },
        },
        {
          ...{ id: 'announce', kind: 'effect', inputs: { id: 'nodes.record.id' } },
          http: { method: 'POST', url: `http://127.0.0.1:${port}/announcements` },
        },
      ],
    },
    modules: {},
  });

  beforeAll(async () => {
    receiver = await openReceiver({ port: 0 });
    if (!existsSync('.dspex/build/layer-host/python/dspy')) buildLayer(true);
    house = await deployTo(ministack.endpoint ?? '', 'trial', {
      python: true,
      allowHosts: [`127.0.0.1:${receiver.port}`],
    });
    const { client } = house;
    await client.call('programs', 'create', { input: { name: 'sorter', source: sorter as never } });
    await client.call('programs', 'create', { input: { name: 'effects', source: effects(receiver.port) as never } });
    await client.call('datasets', 'create', { input: { name: 'numbers' } });
    await client.call('datasets', 'import', { id: 'numbers', input: { format: 'jsonl' }, upload: upload(1) });
  }, 300_000);
  afterAll(() => receiver.close());

  const ended = async <T extends Run = Run>(resource: string, id: string): Promise<T> => {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const { body } = await house.client.get<T>(resource, id);
      if (ENDED.has(body.state)) return body;
      if (Date.now() > until)
        throw new Error(`${resource}/${id} is still ${body.state}: ${JSON.stringify(body).slice(0, 2000)}`);
      // The house answers when it is asked; there is nothing to listen to.
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const start = async (program: string, text: string): Promise<string> => {
    const { location } = await house.client.call('programs', 'run', { id: program, input: { input: { text } } });
    return location?.split('/').at(-1) ?? '';
  };
  const machines = async (): Promise<string[]> => {
    const client = new SFNClient({ ...clientOptions(ministack, TEST_PATIENCE), disableHostPrefix: true });
    const { stateMachines = [] } = await client.send(new ListStateMachinesCommand({}));
    client.destroy();
    return stateMachines.map(({ name = '' }) => name).filter((name) => name.startsWith(`dspex-${house.stage}-`));
  };

  test('a run is carried out by its own state machine: parallel branches, a caught error, what stands in', async () => {
    const run = await ended('executions', await start('sorter', 'no number'));
    expect(run).toMatchObject({ state: 'completed', degraded: true, simulated: true, usage: { calls: 1 } });
    expect(run.output).toMatchObject({ loud: 'NO NUMBER', backup: 'plan b' });
    const { body: program } = await house.client.get<{ id: string }>('programs', 'sorter');
    expect(await machines()).toContain(`dspex-${house.stage}-${program.id}`);
    const { body } = await house.client.call<{ steps: { path: string }[] }>('executions', 'trace', { id: run.id });
    expect(body.steps.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['both', 'both/0/decide', 'both/1/loud', 'risky', 'risky/fallback/instead']),
    );
  });

  test('who waits gets the answer from the process that answers', async () => {
    const { body, status } = await house.client.call<Run>('programs', 'run', {
      ...{ id: 'sorter', wait: true },
      input: { input: { text: '12' } },
    });
    expect({ status, state: body.state, output: body.output }).toMatchObject({
      ...{ status: 200, state: 'completed' },
      output: { backup: 12, loud: '12' },
    });
  });

  test('a module runs in DSPy on its layer, its model call answered by the gateway function and recorded with the step', async () => {
    const { location } = await house.client.call('programs', 'run', {
      id: 'sorter',
      input: { input: { text: 'in Python' }, implementation: 'python' },
    });
    const run = await ended('executions', location?.split('/').at(-1) ?? '');
    expect(run).toMatchObject({ state: 'completed', usage: { calls: 1 }, simulated: true });
    const { body } = await house.client.call<{ steps: { path: string; implementation?: string; calls: unknown[] }[] }>(
      'executions',
      'trace',
      { id: run.id },
    );
    const decided = body.steps.find(({ path }) => path === 'both/0/decide');
    expect([decided?.implementation, decided?.calls.length]).toEqual(['python', 1]);
  });

  test('what was done is undone when a later step fails for good', async () => {
    const fine = await ended('executions', await start('effects', 'first'));
    expect(fine.state).toBe('completed');
    expect(receiver.answers.size).toBe(1);
    receiver.refuse = true;
    const failed = await ended('executions', await start('effects', 'second'));
    receiver.refuse = false;
    expect(failed).toMatchObject({ state: 'failed', failure: { name: 'Effect.Failed' } });
    expect(receiver.answers.size).toBe(1);
    expect(receiver.heard.filter((one) => one.startsWith('DELETE'))).toHaveLength(1);
  });

  test('a new version of the data starts an evaluation, once', async () => {
    const start = { start: 'evaluation', program: 'sorter', metric, split: 'test' };
    const { body: trigger } = await house.client.call<{ id: string }>('triggers', 'create', {
      input: { name: 'on-data', on: { event: 'dataset_version' }, start } as never,
    });
    await house.client.call('datasets', 'import', { id: 'numbers', input: { format: 'jsonl' }, upload: upload(2) });
    const until = Date.now() + PATIENCE_MS;
    let firings: { started: string | null }[] = [];
    while (firings[0]?.started == null && Date.now() < until) {
      firings = [];
      for await (const one of house.client.list<{ started: string | null }>('firings', {
        filter: { triggerId: trigger.id },
      }))
        firings.push(one);
    }
    expect(firings).toHaveLength(1);
    const evaluation = await ended('evaluations', firings[0]?.started ?? '');
    expect(evaluation).toMatchObject({ state: 'completed', report: { examples: 10, scored: 10 } });
  });

  test('an optimization searches over the queues and publishes what it found', async () => {
    const { location } = await house.client.call('programs', 'optimize', {
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

  test('it can be deployed again, set up again, and is gone when it is destroyed', async () => {
    expect(await house.invoke('setup', {})).toEqual({ workspaceId: house.workspaceId, key: null });
    expect(house.deploySeconds).toBeLessThan(60);
    await house.destroy();
    expect(await deleteMachinesOf(ministack, house.stage, `dspex-${house.stage}-`)).toHaveLength(2);
    expect(await machines()).toEqual([]);
    const answer = await fetch(`${house.baseUrl}/healthz`);
    expect(answer.status).toBe(404);
  }, 120_000);
});
