import { describe, expect, it } from 'vitest';
import { Unavailable } from '#lib/base/errors';
import type { Json } from '#lib/base/json';
import { LocalLive } from '#lib/local/live';
import type { WorkflowRun } from '#lib/ports/workflows';
import { topicOf } from '#lib/resources/watch';
import { drivingHere } from '../../functions/aws-house/drive-here.ts';
import { closeEnded } from '../../functions/aws-house/ended.ts';
import { machineOf } from '../../functions/aws-house/machines.ts';
import { repair } from '../../functions/aws-house/repair.ts';
import { startRun } from '../../functions/aws-house/start-run.ts';
import { untilAsked } from '../../functions/aws-house/until-asked.ts';
import { chat, createProgram, openWorld, run, type World } from '../work/world.ts';

const graph = {
  ...{ input: { tag: 'str' }, output: { word: 'nodes.one.word' } },
  nodes: [{ id: 'one', kind: 'module', module: 'namer', inputs: { tag: 'input.tag' } }],
};

/** A run that waits, and a Workflows port that writes down what is asked of it. */
async function waitingRun() {
  const world = await openWorld(() => chat({ word: 'w' }));
  await createProgram(world, 'one', graph, { namer: 'tag -> word' });
  const executionId = await run(world, 'one', { tag: 'a' });
  const asked: string[] = [];
  const note = (what: string) => async (one: WorkflowRun) => {
    asked.push(`${what} ${one.executionId}`);
    return null;
  };
  const workflows = { begin: note('start'), stop: note('stop'), redrive: note('redrive') };
  const tasks = { seal: async (text: string) => text, open: async (text: string) => text, wake: async () => {} };
  const house = { work: { ...world.home, tasks }, home: { workflows } } as unknown as Parameters<typeof startRun>[0];
  const begin = (lease: string) =>
    world.home.kernel
      .acting({ id: 'system', workspaceId: world.workspaceId, roles: [], system: true })
      .dispatch({ resource: 'Execution', action: 'begin', id: executionId, input: { lease }, as: 'system' });
  const record = async () =>
    (await world.client.get<{ state: string; failure: unknown }>('executions', executionId)).body;
  return { world, house, asked, begin, record, executionId, message: { ...world.origin, executionId } };
}

const later = ({ clock }: World['home'], milliseconds: number) => ({ now: () => clock.now() + milliseconds });

describe('a run whose message has come', () => {
  it('that waits gets its machine; delivered again, the same one is asked for', async () => {
    const { house, asked, message, executionId } = await waitingRun();
    await startRun(house, message);
    await startRun(house, message);
    expect(asked).toEqual([`start ${executionId}`, `start ${executionId}`]);
  });

  it('that somebody drives who waits for it is left to them, and taken over when they can no longer live', async () => {
    const { world, house, asked, begin, message, executionId } = await waitingRun();
    await begin('lea_of-the-api');
    await expect(startRun(house, message)).rejects.toMatchObject({ code: 'driven_elsewhere' });
    expect(asked).toEqual([]);
    const aMinuteLater = { ...house, work: { ...house.work, clock: later(world.home, 61_000) } };
    await startRun(aMinuteLater, message);
    expect(asked).toEqual([`start ${executionId}`]);
  });

  it('that its machine drives is asked for again at once: starting is idempotent', async () => {
    const { house, asked, begin, message, executionId } = await waitingRun();
    await begin(executionId);
    await startRun(house, message);
    expect(asked).toEqual([`start ${executionId}`]);
  });

  it('that is over is left alone; asked for again, it gets its next drive', async () => {
    const { world, house, asked, message, executionId } = await waitingRun();
    await world.client.call('executions', 'cancel', { id: executionId });
    await startRun(house, message);
    expect(asked).toEqual([]);
    await world.client.call('executions', 'redrive', { id: executionId });
    await startRun(house, message);
    expect(asked).toEqual([`redrive ${executionId}`]);
  });

  it('whose machine is over and never told so is closed as the machine ended', async () => {
    const { world, house, begin, record, message, executionId } = await waitingRun();
    await begin(executionId);
    const input = JSON.stringify({ workspaceId: world.workspaceId, executionId, principal: 'system' });
    const over = { name: executionId, status: 'TIMED_OUT', input };
    await startRun({ ...house, home: { workflows: { ...house.home.workflows, begin: async () => over } } }, message);
    expect(await record()).toMatchObject({ state: 'failed' });
  });

  it('that can have no machine fails at once and says why; one whose machine cannot be reached comes again', async () => {
    const { world, house, record, message } = await waitingRun();
    const kernel = () => world.home.kernel;
    const { store } = world.home.services;
    const startWith = (make: () => Promise<Json>) => ({
      ...house,
      home: {
        workflows: {
          ...house.home.workflows,
          begin: async (run: WorkflowRun) => void (await machineOf({ kernel, store, make })(run)),
        },
      } as unknown as typeof house.home,
    });
    const away = startWith(() => Promise.reject(new Unavailable('aws_throttled', 'not now')));
    await expect(startRun(away, message)).rejects.toMatchObject({ code: 'aws_throttled' });
    expect(await record()).toMatchObject({ state: 'pending' });
    const reason = 'node slow: timeoutSeconds is 3600';
    await startRun(
      startWith(async () => ({ refused: { code: 'program_not_compilable', message: reason } })),
      message,
    );
    expect(await record()).toMatchObject({ state: 'failed', failure: { message: expect.stringContaining(reason) } });
  });
});

describe('a machine that ended without closing its run', () => {
  const ended = (world: World, name: string, status = 'TIMED_OUT') => ({
    detail: {
      name,
      status,
      input: JSON.stringify({ workspaceId: world.workspaceId, executionId: name, principal: 'system' }),
    },
  });

  it('has it closed, with the reason; told again, nothing happens', async () => {
    const { world, house, begin, record, executionId } = await waitingRun();
    await begin(executionId);
    await closeEnded(house, ended(world, executionId));
    const closed = await record();
    expect(closed).toMatchObject({ state: 'failed', failure: { name: expect.any(String) } });
    await closeEnded(house, ended(world, executionId));
    expect(await record()).toEqual(closed);
  });

  it('of a drive that another has taken over from changes nothing', async () => {
    const { world, house, begin, record, executionId } = await waitingRun();
    await begin(`${executionId}-2`);
    await closeEnded(house, ended(world, executionId));
    expect(await record()).toMatchObject({ state: 'running' });
  });

  it('before it began has it closed all the same', async () => {
    const { world, house, record, executionId } = await waitingRun();
    await closeEnded(house, ended(world, executionId, 'FAILED'));
    expect(await record()).toMatchObject({ state: 'failed' });
  });
});

describe('repair over queues that cannot be listed', () => {
  it('sends again what is unfinished once nothing waits, and nothing while anything does', async () => {
    const { world, executionId } = await waitingRun();
    const sent: string[] = [];
    const queue = {
      deadLetters: async () => [],
      send: async (name: string, body: string) => void sent.push(name + body),
    };
    const house = { work: world.home, home: { queue }, settings: {} } as unknown as Parameters<typeof repair>[0];
    await repair(house, world.workspaceId, async () => 1);
    expect(sent).toEqual([]);
    expect(await repair(house, world.workspaceId, async () => 0)).toEqual({ restarted: [executionId], givenUp: [] });
    expect(sent).toEqual([`execution${JSON.stringify({ ...world.origin, executionId })}`]);
  });

  it('a dead letter ends its run, with the reason', async () => {
    const { world, record, message, executionId } = await waitingRun();
    const dead = [{ id: '1', body: JSON.stringify(message), receipt: 'r', receiveCount: 6, sentAt: 0 }];
    const deadLetters = async (name: string) => (name === 'execution' ? dead : []);
    const house = { work: world.home, home: { queue: { deadLetters } } } as unknown as Parameters<typeof repair>[0];
    expect(await repair(house, world.workspaceId, async () => 0)).toEqual({ restarted: [], givenUp: [executionId] });
    expect(await record()).toMatchObject({ state: 'failed', failure: { name: 'Internal' } });
  });
});

describe('who waits for a run', () => {
  it('has it driven in the process that waits; nobody else does', async () => {
    const { world } = await waitingRun();
    const driven: string[] = [];
    const kernel = drivingHere(world.home.kernel, async ({ executionId }) => void driven.push(executionId));
    const principal = { id: world.origin.principal, workspaceId: world.workspaceId, roles: ['admin' as const] };
    const ask = { principal, resource: 'Program', action: 'run', id: 'one', input: { input: { tag: 'b' } } };
    const result = await kernel.dispatch(ask);
    expect(driven).toEqual([]);
    if (result.kind !== 'accepted') throw new Error('a run is accepted');
    await result.settled?.(AbortSignal.timeout(50)).catch(() => undefined);
    expect(driven).toEqual([result.id]);
    expect((await kernel.dispatch({ principal, resource: 'Program', action: 'read', id: 'one' })).kind).toBe('record');
  });

  it('is driven until somebody has to be asked; then its machine has it, and a hand-over that fails is no error', async () => {
    const live = new LocalLive();
    const done: string[] = [];
    const until = (ask: boolean, handOver: () => Promise<void>) =>
      untilAsked(live, 'exe_1', new AbortController().signal, {
        drive: async (signal) => {
          if (ask) live.publish(topicOf('Execution', 'exe_1'), { event: 'approval', data: null });
          done.push(`drove, stopped: ${signal.aborted}`);
        },
        handOver,
      });
    await until(false, async () => void done.push('handed over'));
    await until(true, async () => void done.push('handed over'));
    await until(true, () => Promise.reject(new Error('throttled')));
    expect(done).toEqual(['drove, stopped: false', 'drove, stopped: true', 'handed over', 'drove, stopped: true']);
  });
});
