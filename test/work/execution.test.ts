import { describe, expect, it } from 'vitest';
import { Unavailable } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import { driveExecution, giveUpExecution } from '#lib/work/execution';
import { chat, createProgram, gate, held, openWorld, run, type World } from './world.ts';

const twoSteps = {
  input: { tag: 'str' },
  output: { label: 'nodes.second.label' },
  nodes: [
    { id: 'first', kind: 'module', module: 'namer', inputs: { tag: 'input.tag' } },
    { id: 'second', kind: 'module', module: 'labeller', inputs: { word: 'nodes.first.word' } },
  ],
};
const modules = { namer: 'tag -> word', labeller: 'word -> label' };

const answer = (text: string): string => chat(text.includes('## word ## ]]\n') ? { label: 'l' } : { word: 'w' });
const asked = (messages: readonly { content: unknown }[]): string => String(messages.at(-1)?.content);

async function shown(
  world: World,
  id: string,
): Promise<{ state: string; failure: JsonObject | null; paths: string[] }> {
  const { body } = await world.client.get<{ state: string; failure: JsonObject | null }>('executions', id);
  const { body: trace } = await world.client.call<{ steps: { path: string; status: string }[] }>(
    'executions',
    'trace',
    {
      id,
    },
  );
  return { ...body, paths: trace.steps.filter(({ status }) => status === 'succeeded').map(({ path }) => path) };
}

describe('an execution delivered more than once', () => {
  it('is driven once: a message that comes after its end changes nothing', async () => {
    let calls = 0;
    const world = await openWorld(({ messages }) => {
      calls += 1;
      return answer(asked(messages));
    });
    await createProgram(world, 'two', twoSteps, modules);
    const executionId = await run(world, 'two', { tag: 'a' });
    for (let n = 0; n < 3; n++) await driveExecution(world.home, { ...world.origin, executionId }, held());
    expect(await shown(world, executionId)).toMatchObject({ state: 'completed', paths: ['first', 'second'] });
    expect(calls).toBe(2);
  });

  it('to a driver that was thought dead: whatever it does after the take-over is refused, and it leaves quietly', async () => {
    const rounds = 20;
    const gates = new Map(Array.from({ length: rounds }, (_, n) => [`a${n}`, gate()]));
    const held_ = new Set<string>();
    const world = await openWorld(async ({ messages }) => {
      const text = asked(messages);
      const tag = /a\d+/.exec(text)?.[0] ?? '';
      // The first call of each run hangs until its successor has finished.
      if (!held_.has(tag) && gates.has(tag)) {
        held_.add(tag);
        await gates.get(tag)?.pass();
      }
      return answer(text);
    });
    await createProgram(world, 'two', twoSteps, modules, { lms: {} });
    for (let n = 0; n < rounds; n++) {
      const executionId = await run(world, 'two', { tag: `a${n}` });
      const message = { ...world.origin, executionId };
      const zombie = driveExecution(world.home, message, held());
      await gates.get(`a${n}`)?.reached;
      // Calls that are under way are shared, so the successor asks anew only once the zombie's is answered.
      const successor = driveExecution(world.home, message, held());
      gates.get(`a${n}`)?.open();
      await Promise.all([zombie, successor]);
      expect(await shown(world, executionId)).toMatchObject({ state: 'completed', paths: ['first', 'second'] });
    }
  });
});

describe('an execution whose driver was cut off', () => {
  it('goes on after a restart from its journal: steps that were journaled are not run again', async () => {
    const stop = new AbortController();
    const calls: string[] = [];
    const script = ({ messages }: { messages: readonly { content: unknown }[] }) => {
      const text = asked(messages);
      calls.push(text.includes('## word ## ]]\n') ? 'second' : 'first');
      if (calls.at(-1) === 'second' && !stop.signal.aborted) stop.abort();
      return answer(text);
    };
    const first = await openWorld(script);
    await createProgram(first, 'two', twoSteps, modules);
    const executionId = await run(first, 'two', { tag: 'a' });
    await driveExecution(first.home, { ...first.origin, executionId }, { signal: stop.signal });
    expect((await shown(first, executionId)).state).toBe('running');
    const world = await first.restart();
    await driveExecution(world.home, { ...world.origin, executionId }, held());
    expect(await shown(world, executionId)).toMatchObject({ state: 'completed', paths: ['first', 'second'] });
    expect(calls.filter((call) => call === 'first')).toHaveLength(1);
  });

  it('waits for its approval across a restart, and takes a decision that was made meanwhile', async () => {
    const stop = new AbortController();
    const first = await openWorld(({ messages }) => answer(asked(messages)));
    await createProgram(
      first,
      'asking',
      {
        input: { tag: 'str' },
        output: { by: 'nodes.ask.approved' },
        nodes: [
          { id: 'first', kind: 'module', module: 'namer', inputs: { tag: 'input.tag' } },
          { id: 'ask', kind: 'approval', inputs: { word: 'nodes.first.word' } },
        ],
      },
      { namer: modules.namer },
    );
    const executionId = await run(first, 'asking', { tag: 'a' });
    const asking = Promise.withResolvers<void>();
    first.home.services.live.subscribe(
      `Execution/${executionId}`,
      ({ event }) => event === 'approval' && asking.resolve(),
    );
    const driving = driveExecution(first.home, { ...first.origin, executionId }, { signal: stop.signal });
    await asking.promise;
    stop.abort();
    await driving;
    await first.client.call('executions', 'decide', { id: executionId, input: { path: 'ask', approved: true } });
    const world = await first.restart();
    await driveExecution(world.home, { ...world.origin, executionId }, held());
    const { body } = await world.client.get('executions', executionId);
    expect(body).toMatchObject({ state: 'completed', output: { by: true } });
  });

  it('by a store that takes no more writes fails no run: it goes on when the store is back', async () => {
    let full = false;
    const world = await openWorld(({ messages }) => {
      full = true;
      return answer(asked(messages));
    });
    await createProgram(world, 'two', twoSteps, modules);
    const executionId = await run(world, 'two', { tag: 'a' });
    const { store } = world.home.services;
    const services = {
      ...world.home.services,
      store: {
        ...{ get: store.get.bind(store), getMany: store.getMany.bind(store), query: store.query.bind(store) },
        close: async () => {},
        transact: (...args: Parameters<typeof store.transact>) =>
          full ? Promise.reject(new Unavailable('store_full', 'no room')) : store.transact(...args),
      },
    };
    const message = { ...world.origin, executionId };
    await expect(driveExecution({ ...world.home, services }, message, held())).rejects.toMatchObject({
      code: 'store_full',
    });
    expect((await shown(world, executionId)).state).toBe('running');
    await driveExecution(world.home, message, held());
    expect(await shown(world, executionId)).toMatchObject({ state: 'completed', paths: ['first', 'second'] });
  });
});

describe('the end of an execution', () => {
  it('by a cancel while a model answers is soon, and stays', async () => {
    const thinking = gate();
    const world = await openWorld(async ({ messages }) => {
      await thinking.pass();
      return answer(asked(messages));
    });
    await createProgram(world, 'two', twoSteps, modules);
    const executionId = await run(world, 'two', { tag: 'a' });
    const driving = driveExecution(world.home, { ...world.origin, executionId }, held());
    await thinking.reached;
    await world.client.call('executions', 'cancel', { id: executionId });
    world.home.services.live.publish(`Execution/${executionId}`, { event: 'changed', data: null });
    await driving;
    thinking.open();
    expect(await shown(world, executionId)).toMatchObject({ state: 'cancelled', failure: { name: 'Cancelled' } });
    await driveExecution(world.home, { ...world.origin, executionId }, held());
    expect((await shown(world, executionId)).state).toBe('cancelled');
  });

  it('by its message being given up says why, with what its steps had cost', async () => {
    const stop = new AbortController();
    const world = await openWorld(({ messages }) => {
      if (asked(messages).includes('## word ## ]]\n')) stop.abort();
      return answer(asked(messages));
    });
    await createProgram(world, 'two', twoSteps, modules);
    const executionId = await run(world, 'two', { tag: 'a' });
    const message = { ...world.origin, executionId };
    await driveExecution(world.home, message, { signal: stop.signal });
    await giveUpExecution(world.home, message, 'tried 5 times; at last: no such thing');
    const { body } = await world.client.get('executions', executionId);
    expect(body).toMatchObject({
      state: 'failed',
      failure: { name: 'Internal', message: 'tried 5 times; at last: no such thing' },
      usage: { calls: 1 },
    });
    await giveUpExecution(world.home, message, 'again');
    // It can be redriven: what was journaled is not run again.
    await world.client.call('executions', 'redrive', { id: executionId });
    await driveExecution(world.home, message, held());
    expect(await shown(world, executionId)).toMatchObject({ state: 'completed', paths: ['first', 'second'] });
  });
});
