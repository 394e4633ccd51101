import { describe, expect, test } from 'vitest';
import { StepFailure } from '#lib/base/failure';
import type { ConfiguredProgram } from '#lib/program/configured';
import type { Graph } from '#lib/program/graph';
import type { Node } from '#lib/program/node';
import { configured, trace, World } from './world.ts';

const graph = (nodes: Node[], output: Graph['output'], input: Graph['input'] = { q: 'str' }): Graph => ({
  name: 'p',
  input,
  output,
  nodes,
});
const post = { method: 'POST', url: 'https://example.com/' } as const;

describe('a module node', () => {
  test('gets its inputs by name and gives its outputs; a list input is given a list whatever the expression finds', async () => {
    const program = await configured(
      graph(
        [
          {
            id: 'a',
            kind: 'module',
            module: 'm',
            inputs: { docs: 'input.docs.text', none: 'input.docs.nothing', one: 'input.q' },
          },
        ],
        { x: 'nodes.a.value' },
        { q: 'str', docs: 'list[dict]' },
      ),
      { m: 'docs: list[str], none: list[str], one: list[str] -> value' },
    );
    const world = new World();
    await world.run(program, { q: 'hi', docs: [{ text: 'only' }] });
    expect(world.inputs.get('a')).toEqual({ docs: ['only'], none: [], one: ['hi'] });
  });

  test('leaves out an input its expression does not find, and passes null on', async () => {
    const program = await configured(
      graph(
        [{ id: 'a', kind: 'module', module: 'm', inputs: { x: 'input.d.nothing', y: 'input.d.nil' } }],
        {},
        { d: 'dict' },
      ),
      { m: 'x: Any, y: Any -> value' },
    );
    const world = new World();
    await world.run(program, { d: { nil: null } });
    expect(world.inputs.get('a')).toEqual({ y: null });
  });

  test('fails when an expression does, naming it, and is not tried again for that', async () => {
    const program = await configured(
      graph(
        [{ id: 'a', kind: 'module', module: 'echo', inputs: { a: '$number(input.q)' }, retry: { maxAttempts: 3 } }],
        {},
      ),
    );
    const result = await new World().run(program, { q: 'abc' });
    expect(result).toMatchObject({ status: 'failed', failedAt: 'a', failure: { name: 'Expression.Failed' } });
    expect(result.failure?.message).toContain('$number(input.q)');
    expect(trace(result)).toEqual(['a#1:failed']);
  });
});

describe('when', () => {
  test('skips a node whose condition is false or finds nothing; its value, and what it shows, is null', async () => {
    const program = await configured(
      graph(
        [
          { id: 'a', kind: 'module', module: 'echo', when: 'input.flag' },
          { id: 'p', kind: 'parallel', when: 'false', branches: [[{ id: 'inner', kind: 'module', module: 'echo' }]] },
          { id: 'b', kind: 'module', module: 'echo', inputs: { a: 'nodes.a', b: 'nodes.inner' } },
        ],
        { b: 'nodes.b.value' },
      ),
    );
    const result = await new World().run(program, { q: 'x' });
    expect(result.output).toEqual({ b: 'b(null,null)' });
    expect(trace(result)).toEqual(['a#1:skipped', 'p#1:skipped', 'b#1:succeeded']);
    expect(result.steps[0]?.reason).toBe('input.flag is not true');
  });

  test('refuses a condition that is neither true nor false', async () => {
    const program = await configured(graph([{ id: 'a', kind: 'module', module: 'echo', when: 'input.q' }], {}));
    const result = await new World().run(program, { q: 'yes' });
    expect(result.failure?.message).toBe('Condition "input.q": wanted true or false, got "yes"');
  });
});

describe('a choice', () => {
  const choice: Node = {
    id: 'c',
    kind: 'choice',
    arms: [
      { when: 'input.n > 10', nodes: [{ id: 'big', kind: 'module', module: 'echo', inputs: { a: 'input.n' } }] },
      { when: 'input.n > 5', nodes: [{ id: 'middle', kind: 'transform', expression: '"middle"' }] },
    ],
    otherwise: [{ id: 'small', kind: 'transform', expression: '"small"' }],
  };
  test.each([
    [20, { c: { value: 'big(20)' }, middle: null }, ['c/0/big#1:succeeded', 'c#1:succeeded']],
    [7, { c: 'middle', middle: 'middle' }, ['c/1/middle#1:succeeded', 'c#1:succeeded']],
    [1, { c: 'small', middle: null }, ['c/otherwise/small#1:succeeded', 'c#1:succeeded']],
  ])('of %i runs the first true arm and gives its last value', async (n, output, steps) => {
    const program = await configured(graph([choice], { c: 'nodes.c', middle: 'nodes.middle' }, { n: 'int' }));
    const result = await new World().run(program, { n });
    expect(result.output).toEqual(output);
    expect(trace(result)).toEqual(steps);
  });

  test('without a true arm and without otherwise gives null', async () => {
    const { otherwise: _, ...bare } = choice as Extract<Node, { kind: 'choice' }>;
    const program = await configured(graph([bare], { c: 'nodes.c' }, { n: 'int' }));
    expect((await new World().run(program, { n: 1 })).output).toEqual({ c: null });
  });
});

describe('a map', () => {
  const each = (concurrency: number): Node => ({
    id: 'each',
    kind: 'map',
    items: 'input.items',
    concurrency,
    nodes: [
      { id: 'one', kind: 'module', module: 'echo', inputs: { a: 'item', b: 'index' } },
      { id: 'two', kind: 'transform', expression: 'nodes.one.value & input.q' },
    ],
  });
  const input = { q: '!', items: ['x', 'y', 'z'] };

  test('gives what the last node gave for each item, in item order', async () => {
    const program = await configured(graph([each(2)], { all: 'nodes.each' }, { q: 'str', items: 'list[str]' }));
    const result = await new World().run(program, input);
    expect(result.output).toEqual({ all: ['one(x,0)!', 'one(y,1)!', 'one(z,2)!'] });
    expect(trace(result)).toContain('each/1/two#1:succeeded');
  });

  test.each([1, 2, 3])('never has more than %i items under way', async (concurrency) => {
    const program = await configured(
      graph([each(concurrency)], { all: 'nodes.each' }, { q: 'str', items: 'list[str]' }),
    );
    let now = 0;
    let most = 0;
    const world = new World(
      {},
      {
        one: async () => {
          most = Math.max(most, ++now);
          await new Promise<void>((resolve) => world.time.timers(1000, resolve));
          now--;
          return { value: 'v' };
        },
      },
    );
    const result = await world.run(program, input);
    expect(most).toBe(concurrency);
    // Each call took 50 ms of the provider; 3 items in so many lanes.
    expect(result.latencyMs).toBe(50 * Math.ceil(3 / concurrency));
  });

  test('ends all items before it fails, and tells of the first as written', async () => {
    const program = await configured(graph([each(1)], { all: 'nodes.each' }, { q: 'str', items: 'list[str]' }));
    const world = new World(
      {},
      {
        one: (inputs) => {
          if (inputs.a === 'x') return { value: 'fine' };
          throw new StepFailure('Model.Refused', `no ${inputs.a}`);
        },
      },
    );
    const result = await world.run(program, input);
    expect(result).toMatchObject({ status: 'failed', failedAt: 'each/1/one', failure: { message: 'no y' } });
    expect(world.begun).toEqual(['each/0/one', 'each/1/one', 'each/2/one']);
  });

  test('of nothing is an empty list; of one bare value a list of one; of too many a failure', async () => {
    const program = await configured(graph([each(2)], { all: 'nodes.each' }, { q: 'str', items: 'Any' }));
    const run = (items: never) => new World().run(program, { q: '', items });
    expect((await run(null as never)).output).toEqual({ all: [] });
    expect((await run('x' as never)).output).toEqual({ all: ['one(x,0)'] });
    const many = await run(Array.from({ length: 10_001 }, () => 0) as never);
    expect(many.failure?.message).toBe('A map takes at most 10000 items, this has 10001');
  });
});

describe('a parallel', () => {
  test('runs branches side by side and gives their last values by id; inner nodes can be read afterwards', async () => {
    const program = await configured(
      graph(
        [
          {
            id: 'p',
            kind: 'parallel',
            branches: [
              [
                { id: 'a', kind: 'module', module: 'echo', inputs: { a: 'input.q' } },
                { id: 'b', kind: 'module', module: 'echo', inputs: { a: 'nodes.a.value' } },
              ],
              [{ id: 'c', kind: 'module', module: 'echo' }],
            ],
          },
        ],
        { p: 'nodes.p', a: 'nodes.a.value' },
      ),
    );
    const result = await new World().run(program, { q: 'x' });
    expect(result.output).toEqual({ p: { b: { value: 'b(a(x))' }, c: { value: 'c()' } }, a: 'a(x)' });
    expect(result.latencyMs).toBe(100);
  });

  test('lets every branch end before it fails', async () => {
    const program = await configured(
      graph(
        [
          {
            id: 'p',
            kind: 'parallel',
            branches: [[{ id: 'a', kind: 'module', module: 'echo' }], [{ id: 'b', kind: 'module', module: 'echo' }]],
          },
        ],
        { p: 'nodes.p' },
      ),
    );
    const result = await new World({ a: ['Model.Refused'] }).run(program, { q: 'x' });
    expect(trace(result)).toEqual(['p/0/a#1:failed', 'p/1/b#1:succeeded', 'p#1:failed']);
    expect(result.failedAt).toBe('p/0/a');
  });
});

describe('a transform', () => {
  test('sees its own inputs as `inputs`', async () => {
    const program = await configured(
      graph([{ id: 't', kind: 'transform', inputs: { x: 'input.q' }, expression: 'inputs.x & "!"' }], { t: 'nodes.t' }),
    );
    expect((await new World().run(program, { q: 'hi' })).output).toEqual({ t: 'hi!' });
  });
});

describe('an effect', () => {
  test('is asked under a key that names the step, and gives what it gave', async () => {
    const program = await configured(
      graph([{ id: 'e', kind: 'effect', http: post, inputs: { a: 'input.q' } }], { e: 'nodes.e' }),
    );
    const world = new World();
    expect((await world.run(program, { q: 'x' }, { runId: 'exe_1' })).output).toEqual({ e: 'e(x)' });
    expect(world.keys).toEqual(['exe_1/e']);
  });

  test('keeps its key over attempts, so that a reply that got lost is not a second effect', async () => {
    const program = await configured(
      graph([{ id: 'e', kind: 'effect', http: post, retry: { maxAttempts: 3 } }], { e: 'nodes.e' }),
    );
    const keys: string[] = [];
    const world = new World();
    await world.run(
      program,
      { q: 'x' },
      { runId: 'r' },
      {
        effects: {
          http: async (_request, _inputs, { idempotencyKey, attempt }) => {
            keys.push(idempotencyKey);
            if (attempt < 3) throw new StepFailure('Effect.Failed', 'lost', { retryable: true });
            return null;
          },
        },
      },
    );
    expect(keys).toEqual(['r/e', 'r/e', 'r/e']);
  });

  test('reaches a Lambda function with its inputs as payload', async () => {
    const program = await configured(
      graph([{ id: 'e', kind: 'effect', lambda: { function: 'f' }, inputs: { a: 'input.q' } }], { e: 'nodes.e' }),
    );
    const result = await new World().run(
      program,
      { q: 'x' },
      {},
      {
        effects: { lambda: async (target, inputs) => ({ called: target.function, inputs }) },
      },
    );
    expect(result.output).toEqual({ e: { called: 'f', inputs: { a: 'x' } } });
  });

  test('that nobody can carry out here fails by name', async () => {
    const program = await configured(graph([{ id: 'e', kind: 'effect', http: post }], {}));
    const result = await new World().run(program, { q: 'x' }, {}, { effects: {} });
    expect(result.failure).toMatchObject({
      name: 'Internal',
      message: 'Node e needs HTTP requests, which are not available here',
    });
  });
});

describe('an approval', () => {
  const program = () =>
    configured(
      graph([{ id: 'ok', kind: 'approval', message: '"Send " & input.q & "?"', inputs: { q: 'input.q' } }], {
        ok: 'nodes.ok',
      }),
    );

  test('shows a person the message and gives the decision', async () => {
    const asked: unknown[] = [];
    const result = await new World().run(
      await program(),
      { q: 'it' },
      {},
      {
        approvals: {
          decide: async (request) => {
            asked.push(request);
            return { approved: true, by: 'ann' };
          },
        },
      },
    );
    expect(asked).toEqual([{ message: 'Send it?', inputs: { q: 'it' } }]);
    expect(result.output).toEqual({ ok: { approved: true, by: 'ann', note: null } });
  });

  test('refused fails the node and says by whom and why', async () => {
    const decide = async () => ({ approved: false, by: 'bob', note: 'not now' });
    const result = await new World().run(await program(), { q: 'it' }, {}, { approvals: { decide } });
    expect(result.failure).toMatchObject({
      name: 'Effect.Failed',
      message: 'Refused by bob: not now',
      retryable: false,
    });
  });
});

describe('actions', () => {
  const action = (id: string, more: Partial<Node> = {}): Node =>
    ({
      id,
      kind: 'action',
      resource: 'ledger',
      action: 'post',
      inputs: { a: 'input.q' },
      transaction: true,
      ...more,
    }) as Node;

  test('that are neighbours in a transaction are committed by one call', async () => {
    const nodes = [action('debit'), action('credit', { when: 'input.q = "never"' }), action('note')];
    const program = await configured(graph(nodes, { d: 'nodes.debit', c: 'nodes.credit', n: 'nodes.note' }));
    const commits: string[][] = [];
    const result = await new World().run(
      program,
      { q: 'x' },
      {},
      {
        actions: {
          commit: async (calls) => {
            commits.push(calls.map(({ nodeId }) => nodeId));
            return calls.map(({ nodeId }) => `${nodeId} done`);
          },
        },
      },
    );
    expect(commits).toEqual([['debit', 'note']]);
    expect(result.output).toEqual({ d: 'debit done', c: null, n: 'note done' });
    expect(trace(result)).toEqual(['debit+credit+note#1:succeeded']);
  });

  test('of a transaction that fails take no effect at all', async () => {
    const program = await configured(graph([action('debit'), action('credit')], { d: 'nodes.debit' }));
    const world = new World({ credit: ['Effect.Failed'] });
    const result = await world.run(program, { q: 'x' });
    expect(result.status).toBe('failed');
    expect(world.done).toEqual([]);
  });
});

describe('a program node', () => {
  const inner = () =>
    configured({
      ...graph(
        [{ id: 'a', kind: 'module', module: 'echo', inputs: { a: 'input.text' } }],
        { answer: 'nodes.a.value' },
        { text: 'str' },
      ),
      name: 'inner',
    });
  const outer = () =>
    configured(
      graph([{ id: 'sub', kind: 'program', program: 'inner', alias: 'live', inputs: { text: 'input.q' } }], {
        answer: 'nodes.sub.answer',
      }),
    );

  test('runs the other program, with its steps below its own path', async () => {
    const asked: unknown[] = [];
    const loadProgram = async (name: string, alias: string | undefined): Promise<ConfiguredProgram> => {
      asked.push([name, alias]);
      return inner();
    };
    const result = await new World().run(await outer(), { q: 'hi' }, {}, { loadProgram });
    expect(result.output).toEqual({ answer: 'a(hi)' });
    expect(asked).toEqual([['inner', 'live']]);
    expect(trace(result)).toEqual(['sub/a#1:succeeded', 'sub#1:succeeded']);
    expect(result.latencyMs).toBe(50);
  });

  test('that calls itself without end is stopped', async () => {
    const program = await outer();
    const result = await new World().run(
      program,
      { q: 'hi' },
      {},
      { loadProgram: async () => ({ ...program, input: [] }) },
    );
    expect(result.failure?.message).toContain('Programs call each other over 8 deep');
  });

  test('that misses an input fails and says which', async () => {
    const result = await new World().run(await outer(), {} as never);
    expect(result.failure?.message).toBe('Program p wants the inputs q; q is missing');
  });
});
