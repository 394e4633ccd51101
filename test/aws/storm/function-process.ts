import { setMaxListeners } from 'node:events';
import { seededRandom } from '#lib/base/random';
import type { Item } from '#lib/ports/store';
import { carryOutJob } from '#lib/work/job';
import { evaluateSlice } from '#lib/work/slice';
import { takeTurn } from '#lib/work/tick';
import { repair } from '../../../functions/aws-house/repair.ts';
import { worker } from '../../../functions/aws-house/worker.ts';
import { workspaceIds } from '../../../functions/aws-house/workspaces.ts';
import { type Aws, openAws } from '../../../functions/wire-aws.ts';
import { disturbed } from '../disturbed.ts';
import type { FunctionName, Invocation, Invoked } from './functions.ts';
import { type Counting, countingBy } from './mortal-kernel.ts';
import { blindToSlices, countNaively } from './naive-counting.ts';
import { badRequests, type Weather } from './weather.ts';

/**
 * One process of a deployed function: the handlers as Lambda loads them, one invocation at a time, each told by a message
 * of the parent and answered by one. It kills itself where the weather says so.
 */
const { STORM_WEATHER = '', STORM_LIFE = '', STORM_NAIVE = '' } = process.env;
const weather = JSON.parse(STORM_WEATHER) as Weather;
const random = seededRandom(`${weather.seed}/life ${STORM_LIFE}`);
const naive = STORM_NAIVE === 'true';
setMaxListeners(0);

const mayDie = (chance: number): void => {
  if (random.next() < chance) process.kill(process.pid, 'SIGKILL');
};

function opened(): Aws {
  const aws = openAws({ access: disturbed({}, badRequests(weather, random.fork('requests'))) });
  const counting: Counting = async (_acting, call, count) => {
    mayDie(weather.dies.beforeCounting);
    const counted = await (naive ? naively(aws, call.input) : count());
    mayDie(weather.dies.afterCounting);
    return counted;
  };
  const services = naive ? { ...aws.services, store: blindToSlices(aws.services.store) } : aws.services;
  return { ...aws, work: { ...aws.work, services, kernel: countingBy(aws.work.kernel, counting) } };
}

async function naively({ services, home }: Aws, input: unknown): Promise<void> {
  const { item } = input as { item: Item };
  const [, workspaceId = '', , optimizationId = ''] = item.pk.split('#');
  await countNaively(services.store, optimizationId, item, () => mayDie(weather.dies.afterCounting));
  const tick = { v: 1, workspaceId, principal: 'system', optimizationId };
  await home.queue.send('tick', JSON.stringify(tick), { group: workspaceId });
}

let house: Aws | null = null;
const aws = (): Aws => {
  house ??= opened();
  return house;
};

const events = (): Promise<{ handler: (event: never, context: never) => Promise<unknown> }> =>
  import('../../../functions/events/handler.ts');

const handlers: Record<FunctionName, (event: never, context: never) => Promise<unknown>> = {
  slice: worker('slice', aws, ({ work }) => ({
    slice: (message, hold) => evaluateSlice(work, message, hold),
  })) as never,
  job: worker('job', aws, ({ work }) => ({
    job: (message, hold) => carryOutJob(work, message, hold),
    tick: (message) => takeTurn(work, message),
  })) as never,
  events: async (event, context) => (await events()).handler(event, context),
  reconcile: async () => {
    for (const workspaceId of await workspaceIds(aws().home.store)) await repair(aws(), workspaceId);
  },
};

async function invoked({ name, event, timeoutMs }: Invocation): Promise<Invoked> {
  const until = Date.now() + timeoutMs;
  const context = {
    awsRequestId: 'storm',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    getRemainingTimeInMillis: () => until - Date.now(),
  };
  try {
    return { answer: (await handlers[name](event as never, context as never)) ?? null };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on('message', (invocation: Invocation) => {
  void invoked(invocation).then((answer) => {
    mayDie(weather.dies.beforeAnswering);
    process.send?.(answer);
  });
});
process.once('disconnect', () => process.exit());
process.send?.('ready');
