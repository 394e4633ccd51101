import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StepFailure } from '#lib/base/failure';
import type { ScriptedCall } from '#lib/lm/scripted';
import { chat, idOf, openTestHouse, type TestHouse } from './house.ts';

/** Right more often at high temperatures and with demos: a landscape whose best point is known. */
function parity(call: ScriptedCall): string {
  const number = Number(/n(\d+)/.exec(String(call.messages.at(-1)?.content))?.[1] ?? 0);
  const hot = (call.parameters.temperature ?? 0) > 0.6;
  const demos = call.messages.length > 3;
  const right = number % 10 < 3 + (hot ? 4 : 0) + (demos ? 2 : 0);
  return chat({ label: (number % 2 === 1) === right ? 'odd' : 'even' });
}

const source = {
  graph: {
    name: 'parity',
    input: { text: 'str' },
    output: { label: 'nodes.decide.label' },
    nodes: [{ id: 'decide', kind: 'module', module: 'decider', inputs: { text: 'input.text' } }],
    bindings: [
      { variable: 'temperature', to: ['nodes.*.lm.temperature'] },
      { variable: 'demos', to: ['nodes.decide.demos'] },
    ],
  },
  modules: { decider: { type: 'predict', signature: 'text -> label: Literal["odd", "even"]' } },
  variables: [
    { name: 'temperature', type: { kind: 'float', min: 0, max: 1 }, default: 0.1 },
    { name: 'demos', type: { kind: 'demos', maxDemos: 4 }, default: [] },
  ],
};
const metric = { kind: 'exact_match', output: 'label' };
const examples = Array.from({ length: 140 }, (_, n) => ({
  inputs: { text: `n${n}` },
  labels: { label: n % 2 === 1 ? 'odd' : 'even' },
  split: n < 40 ? 'train' : n < 80 ? 'validation' : 'test',
}));

describe('the main job, through the API', () => {
  let home: TestHouse;
  beforeAll(async () => {
    home = await openTestHouse(parity);
    await home.client.call('programs', 'create', { input: { name: 'parity', source } });
    await home.client.call('datasets', 'create', { input: { name: 'numbers' } });
    const content = examples.map((example) => JSON.stringify(example)).join('\n');
    await home.client.call('datasets', 'import', {
      id: 'numbers',
      input: { format: 'jsonl' },
      upload: { contentType: 'application/x-ndjson', content },
    });
  });
  afterAll(async () => {
    await home.close();
    expect(home.faults).toEqual([]);
  });

  test('a run answers with output, usage and cost, and its trace shows every model call', async () => {
    const { body } = await home.client.call('programs', 'run', {
      id: 'parity',
      wait: true,
      input: { input: { text: 'n1' } },
    });
    expect(body).toMatchObject({
      state: 'completed',
      output: { label: 'odd' },
      usage: { calls: 1 },
      simulated: true,
      version: 1,
    });
    const { body: trace } = await home.client.call<{ steps: { nodeId: string; calls: unknown[] }[] }>(
      'executions',
      'trace',
      { id: String(body.id) },
    );
    expect(trace.steps.map((step) => [step.nodeId, step.calls.length])).toEqual([['decide', 1]]);
  });

  test('an evaluation counts each example of its split once and says how sure it is', async () => {
    const { body } = await home.client.call('programs', 'evaluate', {
      id: 'parity',
      wait: true,
      input: { dataset: 'numbers', split: 'test', metric },
    });
    expect(body).toMatchObject({ state: 'completed', report: { examples: 60, scored: 60, failed: 0, score: 0.3 } });
    const { body: outcomes } = await home.client.call<{ items: { exampleId: string }[] }>('evaluations', 'outcomes', {
      id: String(body.id),
      input: { limit: 1000 },
    });
    expect(new Set(outcomes.items.map((outcome) => outcome.exampleId)).size).toBe(60);
  });

  test('an optimization finds the better values, measures them on the untouched split and publishes a version', async () => {
    const started = await home.client.call('programs', 'optimize', {
      id: 'parity',
      input: {
        dataset: 'numbers',
        metric,
        seed: 1,
        promote: true,
        optimizer: {
          strategy: 'variable_search',
          config: { trials: 10, bootstrap: { sets: 2, maxDemos: 3 }, racing: {} },
        },
      },
    });
    const events = [];
    for await (const event of home.client.stream('optimizations', idOf(started.location), 'events')) events.push(event);
    const { data } = events.at(-1) as unknown as {
      data: {
        state: string;
        result: {
          baseline: { score: number };
          optimized: { score: number };
          version: number;
          promoted: boolean;
          comparison: { interval: { low: number } };
        };
      };
    };
    expect(data.state).toBe('completed');
    expect(data.result).toMatchObject({
      baseline: { score: 0.3 },
      optimized: { score: 0.9 },
      version: 2,
      promoted: true,
    });
    expect(data.result.comparison.interval.low).toBeGreaterThan(0);
    const { body: program } = await home.client.get('programs', 'parity');
    expect(program).toMatchObject({
      latestVersion: 2,
      status: 'production',
      optimizationId: null,
      aliases: { live: { version: 2 } },
    });
  });

  test('the promoted version serves at once, and a rollback has nothing to go back to before a second promotion', async () => {
    const { body } = await home.client.call('programs', 'run', {
      id: 'parity',
      wait: true,
      input: { input: { text: 'n8' } },
    });
    expect(body).toMatchObject({ version: 2, alias: 'live', output: { label: 'even' } });
    const { rev } = await home.client.get('programs', 'parity');
    await expect(home.client.call('programs', 'rollback', { id: 'parity', ifMatch: rev ?? 0 })).rejects.toMatchObject({
      status: 409,
      code: 'nothing_to_roll_back',
    });
  });

  test('the difference of two versions is what the search changed', async () => {
    const { body } = await home.client.call<{ changes: { path: string }[] }>('programs', 'diff', {
      id: 'parity',
      input: { from: 1, to: 2 },
    });
    expect(body.changes.map((change) => change.path).sort()).toEqual(['/assignment/demos', '/assignment/temperature']);
  });

  test('an exported version publishes the same program again', async () => {
    const { body } = await home.client.call<{ text: string }>('programs', 'export', {
      id: 'parity',
      input: { version: 2, format: 'json' },
    });
    const { body: copy } = await home.client.call('programs', 'create', {
      input: { name: 'copy', source: JSON.parse(body.text) },
    });
    const [one, two] = await Promise.all([
      home.client.version<{ body: { checksum: string } }>('programs', 'parity', 2),
      home.client.version<{ body: { checksum: string } }>('programs', String(copy.id), 1),
    ]);
    expect(two.body.body.checksum).toBe(one.body.body.checksum);
  });
});

test('a search without a usable model ends at once and says why, instead of failing trial by trial', async () => {
  const home = await openTestHouse(() => new StepFailure('Model.Refused', 'the key is wrong'));
  try {
    await home.client.call('programs', 'create', { input: { name: 'parity', source } });
    await home.client.call('datasets', 'create', { input: { name: 'numbers' } });
    const content = examples.map((example) => JSON.stringify(example)).join('\n');
    const upload = { contentType: 'application/x-ndjson', content };
    await home.client.call('datasets', 'import', { id: 'numbers', input: { format: 'jsonl' }, upload });
    const { body } = await home.client.call('programs', 'optimize', {
      id: 'parity',
      wait: true,
      input: { dataset: 'numbers', metric, optimizer: { strategy: 'random', config: { trials: 20 } } },
    });
    expect(body).toMatchObject({
      state: 'failed',
      failure: 'the model cannot be used: the key is wrong',
      progress: { trials: 1 },
    });
  } finally {
    await home.close();
  }
});
