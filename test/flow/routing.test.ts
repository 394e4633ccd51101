import { afterEach, expect, test } from 'vitest';
import { openRealHouse, type RealHouse, SOURCE } from '../api/real-house.ts';

let house: RealHouse | undefined;
afterEach(() => house?.close());

const NO_PYTHON = { DSPEX_PYTHON: '/no/such/python' };
const hybrid = { type: 'predict', implementation: 'hybrid', signature: 'text -> label', lm: 'default_a' };

interface Trace {
  steps: { nodeId: string; status: string; implementation: string; routing: { because: string; reason: string } }[];
}

/** A program whose module is hybrid, run once. */
async function runOnce(implementation: 'native' | 'python' | undefined, opened: RealHouse) {
  const { client } = opened.ours;
  const graph = { ...SOURCE.graph, name: 'hybrids', defaults: { lm: 'default_a' } };
  const source = { ...SOURCE, graph, modules: { sorter: { ...SOURCE.modules.sorter, implementation: 'hybrid' } } };
  const { body: program } = await client.call<{ id: string }>('programs', 'create', {
    input: { name: `hybrids-${implementation ?? 'any'}`, source: source as never },
  });
  const { body: run } = await client.call<{ id: string; state: string; failure: { name: string } | null }>(
    'programs',
    'run',
    {
      ...{ id: program.id, wait: true },
      input: { input: { text: 'n1' }, ...(implementation === undefined ? {} : { implementation }) },
    },
  );
  const { body: trace } = await client.call<Trace>('executions', 'trace', { id: run.id });
  return { run, trace };
}

test('a hybrid module without Python is served natively, and the trace says why', async () => {
  house = await openRealHouse({ work: true, environment: NO_PYTHON });
  const { run, trace } = await runOnce(undefined, house);
  expect(run.state).toBe('completed');
  expect(trace.steps[0]).toMatchObject({ implementation: 'native', routing: { implementation: 'native' } });
  expect(trace.steps[0]?.routing.reason).not.toBe('');
});

test('an implementation asked for wins: without Python the run fails with a typed error, and nothing falls back', async () => {
  house = await openRealHouse({ work: true, environment: NO_PYTHON });
  const { run, trace } = await runOnce('python', house);
  expect(run).toMatchObject({ state: 'failed', failure: { name: 'Python.Unavailable' } });
  expect(trace.steps[0]).toMatchObject({ implementation: 'python', routing: { because: 'asked' } });
});

test('a route is explained without anything being run, and what was run is what explains it', async () => {
  house = await openRealHouse({ environment: NO_PYTHON });
  const { client } = house.ours;
  const { body: module } = await client.call<{ id: string }>('modules', 'create', {
    input: { name: 'sorter', definition: hybrid as never },
  });
  const explain = async () => (await client.call('modules', 'route', { id: module.id, input: {} })).body;
  expect(await explain()).toMatchObject({
    ...{ route: { implementation: 'native', because: 'default', fallback: 'python' } },
    ...{ measured: { native: { calls: 0 }, python: { calls: 0 } }, standing: { native: { able: true } } },
  });
  const inputs = { text: 'n1' };
  const { body: ran } = await client.call('modules', 'run', { id: module.id, input: { inputs } });
  expect(ran).toMatchObject({ outputs: { label: 'odd' }, failure: null, routing: { implementation: 'native' } });
  const { body: refused } = await client.call('modules', 'run', {
    ...{ id: module.id, input: { inputs, implementation: 'python' } },
  });
  expect(refused).toMatchObject({ outputs: null, failure: { name: 'Python.Unavailable' } });
  // Once it is known that there is no Python, it is not able any more.
  expect(await explain()).toMatchObject({
    ...{ route: { implementation: 'native', because: 'only_able' }, standing: { python: { able: false } } },
    measured: { native: { calls: 1 } },
  });
});
