import type { JsonObject } from '#lib/base/json';
import type { ScriptedCall } from '#lib/lm/scripted';
import type { MessageOf } from '#lib/ports/messages';
import { MESSAGES } from '#lib/ports/messages';
import { carryOutJob } from '#lib/work/job';
import { evaluateSlice } from '#lib/work/slice';
import { takeTurn } from '#lib/work/tick';
import { chat, createProgram, held, type World } from './world.ts';

export const metric = { kind: 'exact_match', output: 'label' };

/** Odd or even: a program with two variables, and 120 numbers: 20 to train, 40 to validate, 60 to test. */
export async function withNumbers(world: World): Promise<World> {
  const graph = {
    input: { text: 'str' },
    output: { label: 'nodes.decide.label' },
    nodes: [{ id: 'decide', kind: 'module', module: 'decider', inputs: { text: 'input.text' } }],
    bindings: [
      { variable: 'temperature', to: ['nodes.*.lm.temperature'] },
      { variable: 'demos', to: ['nodes.decide.demos'] },
    ],
  };
  const variables = [
    { name: 'temperature', type: { kind: 'float', min: 0, max: 1 }, default: 0.1 },
    { name: 'demos', type: { kind: 'demos', maxDemos: 4 }, default: [] },
  ];
  await createProgram(world, 'parity', graph, { decider: 'text -> label: Literal["odd", "even"]' }, { variables });
  await world.client.call('datasets', 'create', { input: { name: 'numbers' } });
  const rows = Array.from({ length: 120 }, (_, n) => ({
    inputs: { text: `n${n}` },
    labels: { label: n % 2 === 1 ? 'odd' : 'even' },
    split: n < 20 ? 'train' : n < 60 ? 'validation' : 'test',
  }));
  const content = rows.map((row) => JSON.stringify(row)).join('\n');
  await world.client.call('datasets', 'import', {
    id: 'numbers',
    input: { format: 'jsonl' },
    upload: { contentType: 'application/x-ndjson', content },
  });
  return world;
}

/** Right more often when hot and with demos. */
export function parity(call: ScriptedCall): string {
  const number = Number(/n(\d+)/.exec(String(call.messages.at(-1)?.content))?.[1] ?? 0);
  const right =
    number % 10 < 3 + ((call.parameters.temperature ?? 0) > 0.6 ? 4 : 0) + (call.messages.length > 3 ? 2 : 0);
  return chat({ label: (number % 2 === 1) === right ? 'odd' : 'even' });
}

export async function startEvaluation({ client }: World, more: JsonObject = {}): Promise<string> {
  const { body } = await client.call<{ id: string }>('programs', 'evaluate', {
    id: 'parity',
    input: { dataset: 'numbers', split: 'test', metric, ...more },
  });
  return body.id;
}

export async function startOptimization({ client }: World, more: JsonObject = {}): Promise<string> {
  const config = { trials: 5, startup: 3, bootstrap: { sets: 1, maxDemos: 2 } };
  const { body } = await client.call<{ id: string }>('programs', 'optimize', {
    id: 'parity',
    input: {
      ...{ dataset: 'numbers', metric, seed: 7, parallelism: 3, version: 1 },
      optimizer: { strategy: 'variable_search', config },
      ...more,
    },
  });
  return body.id;
}

export interface Working {
  /** Of the messages at hand, which comes next. */
  choose?: (count: number) => number;
  /** Each message is handed to so many workers at once. */
  workers?: number;
  /** Told before each message; `false` leaves it, and ends the work. */
  before?: (queue: 'tick' | 'slice' | 'job', body: { sliceId?: string }) => boolean;
}

/** Hands out messages until there are none, in any order, as often as is asked for. */
export async function work(
  world: World,
  { choose = () => 0, workers = 1, before = () => true }: Working = {},
): Promise<void> {
  const { queue } = world.house.home;
  for (;;) {
    await world.relayed();
    const hands = [];
    for (const name of ['tick', 'slice', 'job'] as const)
      for (const message of await queue.receive(name, { max: 10, visibilitySeconds: 60 }))
        hands.push({ name, message });
    if (hands.length === 0) return;
    const [{ name, message }] = hands.splice(choose(hands.length), 1) as [(typeof hands)[number]];
    for (const other of hands) await queue.putBack(other.name, other.message.receipt);
    const body = MESSAGES[name].parse(JSON.parse(message.body));
    if (!before(name, body as { sliceId?: string })) {
      await queue.putBack(name, message.receipt);
      return;
    }
    await Promise.all(Array.from({ length: workers }, () => handle(world, name, body)));
    await queue.delete(name, message.receipt);
  }
}

export function handle(world: World, name: 'tick' | 'slice' | 'job', body: unknown): Promise<void> {
  if (name === 'tick') return takeTurn(world.home, body as MessageOf<'tick'>);
  if (name === 'slice') return evaluateSlice(world.home, body as MessageOf<'slice'>, held());
  return carryOutJob(world.home, body as MessageOf<'job'>, held());
}
