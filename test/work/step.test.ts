import { expect, it } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import { compile } from '#lib/compiler/compile';
import type { StepRequest } from '#lib/compiler/contract';
import { planProgram } from '#lib/program/plan-graph';
import { answerStep } from '#lib/work/step';
import { type StepHome, wakeApproval } from '#lib/work/step-approval';
import { interpret } from '../compiler/interpreter.ts';
import { chat, createProgram, openWorld, run, type World } from './world.ts';

const nodes = [
  {
    id: 'both',
    kind: 'parallel',
    branches: [
      [{ id: 'first', kind: 'module', module: 'namer', inputs: { tag: 'input.tag' } }],
      [{ id: 'other', kind: 'module', module: 'namer', inputs: { tag: '"other"' } }],
    ],
  },
  { id: 'second', kind: 'module', module: 'labeller', inputs: { word: 'nodes.first.word' }, retry: { maxAttempts: 2 } },
];
const graph = { input: { tag: 'str' }, output: { label: 'nodes.second.label', both: 'nodes.both' }, nodes };
const modules = { namer: 'tag -> word', labeller: 'word -> label' };
const SECRET = 'what the user wrote';

async function drive(world: World, executionId: string, drive = executionId) {
  const home: StepHome = {
    ...world.home,
    tasks: { seal: async (text) => text, open: async (text) => text, wake: async () => {} },
    previews: false,
  };
  const { machine } = compile(planProgram({ name: 'two', ...graph } as never, {}), { stepFunction: 'dspex-step:live' });
  const input = { workspaceId: world.workspaceId, executionId, principal: world.origin.principal };
  return interpret(machine, input, drive, async (payload) => {
    return (await answerStep(home, payload as unknown as StepRequest)) as JsonObject;
  });
}

const answers =
  (failing: () => boolean) =>
  async ({ messages }: { messages: readonly { content: unknown }[] }) => {
    const labelling = String(messages.at(-1)?.content).includes('## word ## ]]\n');
    if (labelling && failing()) return 'no fields at all';
    return chat(labelling ? { label: 'l' } : { word: SECRET });
  };

it('an execution driven by its machine is recorded as one that a worker drives, and no value passes through the machine', async () => {
  const world = await openWorld(answers(() => false));
  await createProgram(world, 'two', graph, modules);
  const executionId = await run(world, 'two', { tag: SECRET });
  const { status, answers: seen } = await drive(world, executionId);
  const { body } = await world.client.get<JsonObject>('executions', executionId);
  expect(status).toBe('SUCCEEDED');
  expect(body).toMatchObject({ state: 'completed', output: { label: 'l' }, usage: { calls: 3 } });
  expect(JSON.stringify(seen)).not.toContain(SECRET);
  const { body: trace } = await world.client.call<{ steps: { path: string }[] }>('executions', 'trace', {
    id: executionId,
  });
  expect(trace.steps.map(({ path }) => path).toSorted()).toEqual(['both', 'both/0/first', 'both/1/other', 'second']);
});

it('a failed execution is closed with its failure; redriven, it runs only what had failed; delivered again, nothing', async () => {
  let broken = true;
  const world = await openWorld(answers(() => broken));
  await createProgram(world, 'two', graph, modules);
  const executionId = await run(world, 'two', { tag: 'a' });
  const failed = await drive(world, executionId);
  expect(failed).toMatchObject({ status: 'FAILED', error: 'Output.Invalid' });
  expect((await world.client.get<JsonObject>('executions', executionId)).body).toMatchObject({
    state: 'failed',
    failure: { name: 'Output.Invalid' },
  });
  broken = false;
  await world.client.call('executions', 'redrive', { id: executionId });
  expect((await drive(world, executionId, `${executionId}-2`)).status).toBe('SUCCEEDED');
  const { body: trace } = await world.client.call<{ steps: { path: string }[] }>('executions', 'trace', {
    id: executionId,
  });
  expect(trace.steps.filter(({ path }) => path === 'both/0/first')).toHaveLength(1);
  expect(trace.steps.filter(({ path }) => path === 'second')).toHaveLength(3);
  const again = await drive(world, executionId, `${executionId}-3`);
  expect(again.status).toBe('FAILED');
  expect((await world.client.get<JsonObject>('executions', executionId)).body.state).toBe('completed');
});

it('an approval waits for its token, is woken by the decision, and its end is recorded like any other', async () => {
  const world = await openWorld(answers(() => false));
  const asking = {
    input: { tag: 'str' },
    output: { by: 'nodes.ask.approved' },
    nodes: [{ id: 'ask', kind: 'approval', inputs: { word: 'input.tag' } }],
  };
  await createProgram(world, 'asking', asking, {});
  const executionId = await run(world, 'asking', { tag: 'a' });
  const woken: string[] = [];
  const home: StepHome = {
    ...world.home,
    tasks: {
      seal: async (token) => token.toUpperCase(),
      open: async (token) => token.toLowerCase(),
      wake: async (token) => void woken.push(token),
    },
  };
  const { machine } = compile(planProgram({ name: 'asking', ...asking } as never, {}), { stepFunction: 'f' });
  const input = { workspaceId: world.workspaceId, executionId, principal: world.origin.principal };
  const { status } = await interpret(machine, input, executionId, async (payload) => {
    const answer = (await answerStep(home, payload as unknown as StepRequest)) as JsonObject;
    if (payload.op === 'ask') {
      expect([answer, woken]).toEqual([{ status: 'waiting' }, []]);
      await world.client.call('executions', 'decide', { id: executionId, input: { path: 'ask', approved: true } });
      await wakeApproval(home, { workspaceId: world.workspaceId, executionId, path: 'ask' });
    }
    return answer;
  });
  expect([status, woken]).toEqual(['SUCCEEDED', ['token-ask']]);
  expect((await world.client.get<JsonObject>('executions', executionId)).body).toMatchObject({ output: { by: true } });
});
