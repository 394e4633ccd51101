import { describe, expect, test } from 'vitest';
import { StepFailure } from '#lib/base/failure';
import type { Journal } from '#lib/engine/journal';
import { memoryJournal } from '#lib/engine/journal';
import type { Graph } from '#lib/program/graph';
import type { Node } from '#lib/program/node';
import { call, configured, trace, World } from './world.ts';

const graph = (nodes: Node[], output: Graph['output'] = {}): Graph => ({
  name: 'p',
  input: { q: 'str' },
  output,
  nodes,
});
const module = (id: string, more: object = {}): Node => ({ id, kind: 'module', module: 'echo', ...more }) as Node;
const effect = (id: string, more: object = {}): Node =>
  ({ id, kind: 'effect', http: { method: 'POST', url: 'https://example.com/' }, ...more }) as Node;
const input = { q: 'x' };

describe('retry', () => {
  test('waits longer each time, by a random share, up to the cap, and then gives up', async () => {
    const retry = { maxAttempts: 5, intervalSeconds: 10, backoffRate: 3, maxDelaySeconds: 60 };
    const program = await configured(graph([module('a', { retry })]));
    const world = new World({ a: ['Model.Throttled'] });
    const result = await world.run(program, input);
    expect(trace(result)).toEqual(['a#1:retried', 'a#2:retried', 'a#3:retried', 'a#4:retried', 'a#5:failed']);
    const starts = result.steps.map(({ startedAt }) => startedAt);
    // Half (the random share here) of 10, 30, 60 and 60 seconds.
    expect(starts.slice(1).map((at, i) => at - (starts[i] ?? 0))).toEqual([5000, 15_000, 30_000, 30_000]);
    expect(result.usage.calls).toBe(5);
  });

  test('without jitter waits the whole interval; never less than the provider asked for', async () => {
    const program = await configured(
      graph([module('a', { retry: { maxAttempts: 3, intervalSeconds: 2, jitter: false } })]),
    );
    const world = new World();
    const result = await world.run(
      program,
      input,
      {},
      {
        runModule: async (_spec, _inputs, { attempt }) => ({
          failure: {
            name: 'Model.Throttled',
            message: 'slow down',
            retryable: true,
            ...(attempt === 2 ? { retryAfterSeconds: 90 } : {}),
          },
          calls: [],
          implementation: 'native',
        }),
      },
    );
    const starts = result.steps.map(({ startedAt }) => startedAt);
    expect(starts.slice(1).map((at, i) => at - (starts[i] ?? 0))).toEqual([2000, 90_000]);
  });

  test('tries again only what is named, or else what says of itself that it may succeed', async () => {
    const named = await configured(graph([module('a', { retry: { maxAttempts: 3, on: ['Model.Refused'] } })]));
    expect(trace(await new World({ a: ['Model.Refused', 'Model.Throttled'] }).run(named, input))).toEqual([
      'a#1:retried',
      'a#2:failed',
    ]);
    const unnamed = await configured(graph([module('a', { retry: { maxAttempts: 3 } })]));
    expect(trace(await new World({ a: ['Model.Throttled', 'Model.Refused'] }).run(unnamed, input))).toEqual([
      'a#1:retried',
      'a#2:failed',
    ]);
  });
});

describe('timeoutSeconds', () => {
  const slow = async (more: object = {}) =>
    configured(graph([module('a', { timeoutSeconds: 5, ...more })], { a: 'nodes.a.value' }));

  test('ends an attempt that does not heed its signal', async () => {
    const world = new World({}, { a: () => new Promise<never>(() => {}) });
    const result = await world.run(await slow(), input);
    expect(result.failure).toMatchObject({ name: 'Step.Timeout', message: 'No result within 5 s', retryable: true });
    expect(result.steps[0]).toMatchObject({ status: 'failed', attempt: 1 });
  });

  test('keeps what an attempt had spent when it was told to stop', async () => {
    const world = new World();
    const result = await world.run(
      await slow(),
      input,
      {},
      {
        runModule: (_spec, _inputs, { signal }) =>
          new Promise((resolve) => {
            const failure = { name: 'Cancelled', message: 'stopped', retryable: false } as const;
            signal?.addEventListener('abort', () => resolve({ failure, calls: [call()], implementation: 'native' }));
          }),
      },
    );
    expect(result.failure?.name).toBe('Step.Timeout');
    expect(result.costNanoUsd).toBe(100);
  });

  test('holds for each attempt anew', async () => {
    const world = new World(
      {},
      {
        a: (_inputs, { attempt }) => (attempt === 1 ? new Promise<never>(() => {}) : { value: 'second' }),
      },
    );
    const result = await world.run(await slow({ retry: { maxAttempts: 2 } }), input);
    expect(result.output).toEqual({ a: 'second' });
    expect(trace(result)).toEqual(['a#1:retried', 'a#2:succeeded']);
  });
});

describe('fallback', () => {
  const two = [module('b', { lm: 'small' }), module('c', { inputs: { a: '"last"' } })];

  test('is tried in turn with the node’s inputs, gives its value under the node’s name, and marks the run degraded', async () => {
    const nodes = [
      module('a', { inputs: { a: 'input.q' }, fallback: two }),
      module('d', { inputs: { a: 'nodes.a.value' } }),
    ];
    const program = await configured(graph(nodes, { d: 'nodes.d.value' }));
    const first = await new World({ a: ['Model.Refused'] }).run(program, input);
    expect(first).toMatchObject({ status: 'completed', degraded: true, output: { d: 'd(b(x))' } });
    expect(trace(first)).toEqual(['a#1:failed', 'a/fallback/b#1:succeeded', 'd#1:succeeded']);
    expect(first.latencyMs).toBe(150);
    const second = await new World({ a: ['Model.Refused'], b: ['Internal'] }).run(program, input);
    expect(second.output).toEqual({ d: 'd(c(last))' });
    const healthy = await new World().run(program, input);
    expect(healthy.degraded).toBe(false);
  });

  test('that fails too leaves the node’s own failure', async () => {
    const program = await configured(graph([module('a', { fallback: two })]));
    const result = await new World({ a: ['Model.Refused'], b: ['Internal'], c: ['Internal'] }).run(program, input);
    expect(result).toMatchObject({ status: 'failed', failedAt: 'a', failure: { name: 'Model.Refused' } });
  });

  test('of an optional node comes before giving it up', async () => {
    const program = await configured(graph([module('a', { optional: true, fallback: two })], { a: 'nodes.a' }));
    const result = await new World({ a: ['Internal'], b: ['Internal'], c: ['Internal'] }).run(program, input);
    expect(result).toMatchObject({ status: 'completed', degraded: false, output: { a: null } });
  });
});

describe('compensate', () => {
  const undoable = (id: string, more: object = {}) => effect(id, { compensate: effect(`undo_${id}`), ...more });
  const chain = [
    undoable('one'),
    undoable('two', { inputs: { a: 'nodes.one' } }),
    {
      id: 'side',
      kind: 'parallel',
      branches: [[undoable('left', { inputs: { a: 'nodes.two' } })], [undoable('right')]],
    } as Node,
    module('last', { inputs: { a: 'nodes.left', b: 'nodes.right' } }),
  ];

  test('undoes what was completed, last in plan order first, when a later node fails for good', async () => {
    const program = await configured(graph(chain));
    const world = new World({ last: ['Internal'] });
    const result = await world.run(program, input);
    expect(result.status).toBe('failed');
    const undone = world.done.filter((path) => path.includes('compensate'));
    expect(undone).toEqual([
      'side/1/right/compensate/undo_right',
      'side/0/left/compensate/undo_left',
      'two/compensate/undo_two',
      'one/compensate/undo_one',
    ]);
  });

  test('does not touch a node that failed itself, nor a run that completes', async () => {
    const program = await configured(graph([undoable('one'), undoable('two', { inputs: { a: 'nodes.one' } })]));
    const failing = new World({ two: ['Internal'] });
    await failing.run(program, input);
    expect(failing.done).toEqual(['one', 'one/compensate/undo_one']);
    const healthy = new World();
    await healthy.run(program, input);
    expect(healthy.done).toEqual(['one', 'two']);
  });

  test('can read what the node gave', async () => {
    const one = effect('one', { compensate: effect('undo', { inputs: { a: 'nodes.one' } }) });
    const program = await configured(graph([one, module('two', { inputs: { a: 'nodes.one' } })]));
    const world = new World({ two: ['Internal'] });
    await world.run(program, input);
    expect(world.inputs.get('one/compensate/undo')).toEqual({ a: 'one()' });
  });

  test('that fails does not stop the others, and is told of', async () => {
    const program = await configured(graph(chain));
    const world = new World({ last: ['Internal'], undo_left: ['Effect.Failed'] });
    const result = await world.run(program, input);
    expect(result.failure?.details).toEqual({ notUndone: ['side/0/left'] });
    expect(world.done.at(-1)).toBe('one/compensate/undo_one');
  });

  test('undoes the inside of a part that is given up at once, while the run goes on', async () => {
    const part: Node = {
      id: 'part',
      kind: 'parallel',
      optional: true,
      branches: [[undoable('reserve'), module('charge', { inputs: { a: 'nodes.reserve' } })]],
    };
    const program = await configured(
      graph([undoable('before'), part, module('after', { inputs: { a: 'nodes.part' } })], { a: 'nodes.after.value' }),
    );
    const world = new World({ charge: ['Internal'] });
    const result = await world.run(program, input);
    expect(result).toMatchObject({ status: 'completed', output: { a: 'after(null)' } });
    expect(world.done).toEqual(['before', 'part/0/reserve', 'part/0/reserve/compensate/undo_reserve']);
  });

  test('of a program inside undoes that program’s own steps when it fails', async () => {
    const inner = await configured({
      ...graph([undoable('a'), module('b', { inputs: { a: 'nodes.a' } })]),
      name: 'inner',
      input: {},
    });
    const program = await configured(
      graph([undoable('one'), { id: 'sub', kind: 'program', program: 'inner', when: '$exists(nodes.one)' }]),
    );
    const world = new World({ b: ['Internal'] });
    await world.run(program, input, {}, { loadProgram: async () => inner });
    expect(world.done).toEqual(['one', 'sub/a', 'sub/a/compensate/undo_a', 'one/compensate/undo_one']);
  });

  test('gives an effect that was undone and is done anew another key', async () => {
    const program = await configured(graph([undoable('one'), module('two', { inputs: { a: 'nodes.one' } })]));
    const journal = memoryJournal();
    await new World({ two: ['Internal'] }).run(program, input, { runId: 'r' }, { journal });
    const world = new World();
    const again = await world.run(program, input, { runId: 'r', mode: { kind: 'redrive' } }, { journal });
    expect(again.status).toBe('completed');
    expect(world.keys).toEqual(['r/one#2']);
  });

  test('gives the undoing of what was done anew another key too, or the other side would take it for a repetition', async () => {
    const program = await configured(graph([undoable('one'), module('two', { inputs: { a: 'nodes.one' } })]));
    const journal = memoryJournal();
    const first = new World({ two: ['Internal'] });
    await first.run(program, input, { runId: 'r' }, { journal });
    const second = new World({ two: ['Internal'] });
    await second.run(program, input, { runId: 'r', mode: { kind: 'redrive' } }, { journal });
    expect(first.keys).toEqual(['r/one', 'r/one/compensate/undo_one']);
    expect(second.keys).toEqual(['r/one#2', 'r/one/compensate/undo_one#2']);
  });
});

describe('redrive', () => {
  test('runs again what was undone and what had read from it, and leaves the rest', async () => {
    const nodes = [
      effect('one', { compensate: effect('undo') }),
      module('reads_one', { inputs: { a: 'nodes.one' } }),
      module('apart'),
      module('last', { inputs: { a: 'nodes.reads_one.value', b: 'nodes.apart.value' } }),
    ];
    const program = await configured(graph(nodes, { x: 'nodes.last.value' }));
    const journal = memoryJournal();
    await new World({ last: ['Internal'] }).run(program, input, {}, { journal });
    const world = new World();
    const again = await world.run(program, input, { mode: { kind: 'redrive' } }, { journal });
    expect(again.output).toEqual({ x: 'last(reads_one(one()),apart())' });
    expect(world.begun).toEqual(['one', 'reads_one', 'last']);
  });

  test('of a program inside goes on inside it, after a crash too', async () => {
    const inner = await configured({
      ...graph([module('a'), module('b', { inputs: { a: 'nodes.a.value' } })], { v: 'nodes.b.value' }),
      name: 'inner',
      input: {},
    });
    const program = await configured(graph([{ id: 'sub', kind: 'program', program: 'inner' }], { x: 'nodes.sub.v' }));
    const loadProgram = async () => inner;
    const journal = memoryJournal();
    const failed = await new World({ b: ['Internal'] }).run(program, input, {}, { journal, loadProgram });
    expect(trace(failed)).toEqual(['sub/a#1:succeeded', 'sub/b#1:failed', 'sub#1:failed']);
    const records = await journal.read();
    const world = new World();
    const again = await world.run(program, input, { mode: { kind: 'redrive' } }, { journal, loadProgram });
    expect(again.output).toEqual({ x: 'b(a())' });
    expect(world.begun).toEqual(['sub/b']);
    const crashed = new World();
    const resumed = await crashed.run(
      program,
      input,
      { mode: { kind: 'resume' } },
      { journal: memoryJournal(records.slice(0, 1)), loadProgram },
    );
    expect(resumed.output).toEqual({ x: 'b(a())' });
    expect(crashed.begun).toEqual(['sub/b']);
  });

  test('counts attempts on, so that no record stands where another one stood', async () => {
    const program = await configured(graph([module('a', { retry: { maxAttempts: 2 } })]));
    const journal = memoryJournal();
    await new World({ a: ['Model.Throttled'] }).run(program, input, {}, { journal });
    const again = await new World({ a: ['Model.Throttled'] }).run(
      program,
      input,
      { mode: { kind: 'redrive' } },
      { journal },
    );
    expect(trace(again)).toEqual(['a#1:retried', 'a#2:failed', 'a#3:retried', 'a#4:failed']);
    expect(again.usage.calls).toBe(4);
  });
});

describe('cancel', () => {
  test('stops what is under way, begins nothing more, undoes nothing, and can be redriven', async () => {
    const nodes = [
      effect('one', { compensate: effect('undo') }),
      module('two', { inputs: { a: 'nodes.one' } }),
      module('three', { inputs: { a: 'nodes.two.value' } }),
    ];
    const program = await configured(graph(nodes, { x: 'nodes.three.value' }));
    const controller = new AbortController();
    const journal = memoryJournal();
    const world = new World(
      {},
      {
        two: () => {
          controller.abort();
          return new Promise<never>(() => {});
        },
      },
    );
    const result = await world.run(program, input, { signal: controller.signal }, { journal });
    expect(result).toMatchObject({ status: 'cancelled', failure: { name: 'Cancelled' }, failedAt: 'two' });
    expect(trace(result)).toEqual(['one#1:succeeded', 'two#1:cancelled']);
    expect(world.done).toEqual(['one']);
    for (const kind of ['redrive', 'resume'] as const) {
      const later = new World();
      const again = await later.run(
        program,
        input,
        { mode: { kind } },
        { journal: memoryJournal(await journal.read()) },
      );
      expect(again.output).toEqual({ x: 'three(two(one()))' });
      expect(later.begun).toEqual(['two', 'three']);
    }
  });

  test('before the start runs nothing; while waiting for a retry ends the wait', async () => {
    const program = await configured(graph([module('a', { retry: { maxAttempts: 9, intervalSeconds: 3600 } })]));
    const before = new World();
    expect((await before.run(program, input, { signal: AbortSignal.abort() })).status).toBe('cancelled');
    expect(before.begun).toEqual([]);
    const controller = new AbortController();
    const world = new World({ a: ['Model.Throttled'] });
    world.time.timers(1000, () => controller.abort());
    const start = world.time.now();
    const result = await world.run(program, input, { signal: controller.signal });
    expect(result.status).toBe('cancelled');
    expect(world.time.now() - start).toBeLessThan(10_000);
  });

  test('is never mistaken for a failure that a fallback or `optional` could take over', async () => {
    const program = await configured(graph([module('a', { optional: true, fallback: [module('b')] })]));
    const controller = new AbortController();
    const world = new World(
      {},
      {
        a: () => {
          controller.abort();
          return new Promise<never>(() => {});
        },
      },
    );
    expect((await world.run(program, input, { signal: controller.signal })).status).toBe('cancelled');
    expect(world.begun).toEqual(['a']);
  });
});

describe('the journal', () => {
  /** Says how many records each append had. */
  const counting = (): Journal & { groups: string[][] } => {
    const inner = memoryJournal();
    const groups: string[][] = [];
    return {
      groups,
      read: inner.read,
      append: async (records) => {
        groups.push(records.map(({ path }) => path));
        await inner.append(records);
      },
    };
  };

  test('is written once a stage', async () => {
    const nodes = [module('a'), module('b'), module('c', { inputs: { a: 'nodes.a', b: 'nodes.b' } })];
    const journal = counting();
    await new World().run(await configured(graph(nodes)), input, {}, { journal });
    expect(journal.groups).toEqual([['a', 'b'], ['c']]);
  });

  test('has an effect’s inputs before it and its result right after it, whatever else runs beside it', async () => {
    const nodes = [
      module('a'),
      effect('e', { inputs: { a: 'nodes.a' } }),
      module('slow', { inputs: { a: 'nodes.a' } }),
    ];
    const journal = counting();
    const seen: string[][] = [];
    const world: World = new World(
      {},
      {
        slow: async () => {
          await new Promise<void>((resolve) => world.time.timers(60_000, resolve));
          seen.push((await journal.read()).map(({ path }) => path));
          return { value: '' };
        },
      },
    );
    const http = async () => {
      seen.push((await journal.read()).map(({ path }) => path));
      return null;
    };
    await world.run(await configured(graph(nodes)), input, {}, { journal, effects: { http } });
    expect(seen).toEqual([['a'], ['a', 'e']]);
  });

  test('is written after a quarter of a second when a stage takes longer', async () => {
    const journal = counting();
    let before: string[] = [];
    const world = new World(
      {},
      {
        slow: async () => {
          await new Promise<void>((resolve) => world.time.timers(1000, resolve));
          before = (await journal.read()).map(({ path }) => path);
          return { value: '' };
        },
      },
    );
    await world.run(await configured(graph([module('fast'), module('slow')])), input, {}, { journal });
    expect(before).toEqual(['fast']);
  });

  test('that cannot be written ends the drive at once: nothing is undone or begun, and the error is the journal’s', async () => {
    const nodes = [
      effect('one', { compensate: effect('undo'), optional: true, fallback: [module('f')] }),
      module('two', { inputs: { a: 'nodes.one' } }),
    ];
    const world = new World();
    const journal: Journal = {
      read: async () => [],
      append: async () => {
        throw new Error('disk full');
      },
    };
    await expect(world.run(await configured(graph(nodes)), input, {}, { journal })).rejects.toThrow(
      'The journal cannot be written: disk full',
    );
    expect(world.begun).toEqual(['one']);
  });

  test('that is slow holds an effect back until its inputs are durable', async () => {
    const nodes = [module('a'), effect('e', { inputs: { a: 'nodes.a' } })];
    const world = new World();
    const inner = memoryJournal();
    const journal: Journal = {
      read: inner.read,
      append: async (records) => {
        await new Promise<void>((resolve) => world.time.timers(5000, resolve));
        await inner.append(records);
      },
    };
    let before: string[] = [];
    const http = async () => {
      before = (await inner.read()).map(({ path }) => path);
      return null;
    };
    await world.run(await configured(graph(nodes)), input, {}, { journal, effects: { http } });
    expect(before).toEqual(['a']);
  });

  test('that breaks inside a container ends the drive too, and is no failure that could be given up', async () => {
    const inside: Node = { id: 'p', kind: 'parallel', optional: true, branches: [[effect('e')]] };
    const world = new World();
    const journal: Journal = { read: async () => [], append: () => Promise.reject(new Error('gone')) };
    const program = await configured(graph([inside, module('later', { inputs: { a: 'nodes.p' } })]));
    await expect(world.run(program, input, {}, { journal })).rejects.toThrow('The journal cannot be written: gone');
    expect(world.begun).toEqual(['p/0/e']);
  });

  test('marks what was taken over, and a resumed run still counts what it cost', async () => {
    const nodes = [module('a'), module('b', { inputs: { a: 'nodes.a' } })];
    const program = await configured(graph(nodes));
    const journal = memoryJournal();
    await new World().run(program, input, {}, { journal });
    const cut = memoryJournal((await journal.read()).slice(0, 1));
    const result = await new World().run(program, input, { mode: { kind: 'resume' } }, { journal: cut });
    expect(result.steps.map(({ path, origin }) => [path, origin])).toEqual([
      ['a', 'journal'],
      ['b', 'run'],
    ]);
    expect(result).toMatchObject({ costNanoUsd: 200, spentNanoUsd: 200, latencyMs: 100 });
  });
});

describe('replay', () => {
  test('takes over what stands before the step from another run, free of charge, into its own journal', async () => {
    const nodes = [
      module('a'),
      module('b', { inputs: { a: 'nodes.a.value' } }),
      module('c', { inputs: { a: 'nodes.b.value' } }),
    ];
    const program = await configured(graph(nodes, { c: 'nodes.c.value' }));
    const old = memoryJournal();
    await new World().run(program, input, {}, { journal: old });
    const journal = memoryJournal();
    const world = new World({}, { b: () => ({ value: 'changed' }) });
    const mode = { kind: 'replay', from: 'b', records: await old.read() } as const;
    const result = await world.run(program, input, { mode }, { journal });
    expect(result.output).toEqual({ c: 'c(changed)' });
    expect(world.begun).toEqual(['b', 'c']);
    expect(result).toMatchObject({ costNanoUsd: 300, spentNanoUsd: 200 });
    expect((await journal.read()).map(({ path }) => path)).toEqual(['a', 'b', 'c']);
  });

  test('finds a node by its id wherever it stands; one in a map means the whole map', async () => {
    const nodes: Node[] = [
      {
        id: 'p',
        kind: 'parallel',
        branches: [[module('a')], [module('b'), module('c', { inputs: { a: 'nodes.b' } })]],
      },
      {
        id: 'm',
        kind: 'map',
        items: '[1, 2]',
        nodes: [module('d'), module('e', { inputs: { a: 'nodes.d', b: 'nodes.c' } })],
      },
    ];
    const program = await configured(graph(nodes));
    const journal = memoryJournal();
    await new World().run(program, input, {}, { journal });
    const begunFrom = async (from: string) => {
      const world = new World();
      await world.run(program, input, { mode: { kind: 'replay', from, records: await journal.read() } });
      return world.begun;
    };
    expect(await begunFrom('c')).toEqual(['p/1/c', 'm/0/d', 'm/1/d', 'm/0/e', 'm/1/e']);
    expect(await begunFrom('e')).toEqual(['m/0/d', 'm/1/d', 'm/0/e', 'm/1/e']);
    expect(await begunFrom('m/1/e')).toEqual(['m/1/e']);
  });

  test('from a step that is not there says which there are', async () => {
    const program = await configured(graph([module('a')]));
    const mode = { kind: 'replay', from: 'z', records: [] } as const;
    await expect(new World().run(program, input, { mode })).rejects.toThrow(
      'There is no step z to replay from; the program begins with a',
    );
  });
});

describe('totals', () => {
  test('one unknown price makes the cost unknown, never 0; hits of the cache cost their original price and are counted', async () => {
    const program = await configured(graph([module('a')]));
    const run = (calls: ReturnType<typeof call>[]) =>
      new World().run(
        program,
        input,
        {},
        { runModule: async () => ({ outputs: {}, calls, implementation: 'native' }) },
      );
    expect(await run([call(), call({ costNanoUsd: null })])).toMatchObject({ costNanoUsd: null, spentNanoUsd: 200 });
    expect(await run([call({ source: 'memory', spentNanoUsd: 0 }), call({ durationMs: 30 })])).toMatchObject({
      costNanoUsd: 200,
      spentNanoUsd: 100,
      cacheHits: 1,
      latencyMs: 80,
      usage: { inputTokens: 20, outputTokens: 10, calls: 2 },
    });
  });

  test('pieces of an answer are passed on with the step they belong to', async () => {
    const program = await configured(graph([module('a')]));
    const deltas: unknown[] = [];
    await new World().run(
      program,
      input,
      {},
      {
        runModule: async (_spec, _inputs, { onDelta }) => {
          onDelta?.('value', 'hel');
          return { outputs: {}, calls: [], implementation: 'native' };
        },
        onDelta: (delta) => deltas.push(delta),
      },
    );
    expect(deltas).toEqual([{ path: 'a', nodeId: 'a', field: 'value', text: 'hel' }]);
  });

  test('what a module throws is its failure', async () => {
    const program = await configured(graph([module('a')]));
    const result = await new World().run(
      program,
      input,
      {},
      {
        runModule: async () => {
          throw new StepFailure('Budget.Exceeded', 'no money');
        },
      },
    );
    expect(result.failure).toMatchObject({ name: 'Budget.Exceeded', message: 'no money' });
  });
});
