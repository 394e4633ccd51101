import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { queueDepth } from '#lib/aws/sqs/depth';
import { seededRandom } from '#lib/base/random';
import { startOracle } from '../../fault/server/oracle.ts';
import { makeFolder, removeFolder } from '../../local/folder.ts';
import type { Emulated } from '../emulated.ts';
import { type Functions, startFunctions } from './functions.ts';
import { openBareHouse } from './house.ts';
import { mapQueue } from './queue-mapping.ts';
import { type Search, startSearch } from './search.ts';
import { mapStream } from './stream-mapping.ts';
import { judge, judgeNaively, type NaiveVerdict, type Verdict } from './verdict.ts';
import type { Weather } from './weather.ts';

export interface StormOptions extends Search {
  emulated: Emulated;
  weather: Weather;
  /** Count by additions, without the fence. */
  naive?: boolean;
  /** The search is given up after this. */
  limitSeconds: number;
  progress?: (line: string) => void;
}

export interface Stormed {
  /** Invocations of each function, of these those whose process died, and of these those that were killed from outside. */
  functions: Record<'slice' | 'job' | 'events', Functions['counts']>;
  deliveries: { received: number; resent: number; twice: number; partial: number };
  seconds: number;
  /** Calls the model saw for each that had to be made. */
  amplification: number;
  verdict: Verdict;
  naive: NaiveVerdict | null;
}

/** Longer than a slice takes on a busy machine. */
const VISIBILITY_SECONDS = 120;
const RECONCILE_MS = 20_000;
const LOOK_MS = 500;

/**
 * One optimization in a storm: the aws home with its functions as processes of their own, which are killed and replaced,
 * behind queues that deliver twice and in any order, over a network that loses answers. See `weather.ts`.
 */
export async function storm(options: StormOptions): Promise<Stormed> {
  const { weather, naive = false } = options;
  const random = seededRandom(weather.seed);
  const dir = makeFolder();
  const delays = random.fork('model');
  const oracle = await startOracle({ file: join(dir, 'journal.jsonl'), delayMs: () => delays.integer(1, 20) });
  const house = await openBareHouse(options.emulated, {
    environment: {
      STORM_WEATHER: JSON.stringify(weather),
      STORM_NAIVE: String(naive),
      NODE_COMPILE_CACHE: join(dir, 'compiled'),
    },
  });
  const { environment, queues } = house;
  const log = join(dir, 'functions.log');
  const functions = (name: string, size: number): Functions =>
    startFunctions({ name, size, log, environment, killed: weather.killed, random: random.fork(`kills of ${name}`) });
  const pools = { slice: functions('slice', 3), job: functions('job', 1), events: functions('events', 1) };
  const began = performance.now();
  const mapping = (queue: 'slice' | 'tick' | 'job', batchSize: number, concurrency: number) =>
    mapQueue({
      ...{ queues, queue, batchSize, concurrency, visibilitySeconds: VISIBILITY_SECONDS },
      functions: queue === 'slice' ? pools.slice : pools.job,
      name: queue === 'slice' ? 'slice' : 'job',
      ...{ deliveries: weather.deliveries, random: random.fork(queue) },
    });
  const mappings = { slice: mapping('slice', 2, 3), tick: mapping('tick', 1, 1), job: mapping('job', 1, 1) };
  const stream = await mapStream(options.emulated.dynamodb.endpoint ?? '', house.table, pools.events);
  const over = new AbortController();
  const mending = again(
    over.signal,
    () => RECONCILE_MS,
    async () => {
      await pools.job.invoke({ name: 'reconcile', event: { schedule: true }, timeoutMs: 60_000 }).catch(() => {});
    },
  );
  try {
    const id = await startSearch(house.client, options, oracle.address);
    await ended(id);
    over.abort();
    await mending;
    // What the storm left in the queues comes late, and must change nothing.
    await drained();
    await Promise.all([...Object.values(mappings).map((one) => one.stop()), stream.stop()]);
    const verdict = await judge(house, id, options, oracle);
    const { slice, tick, job } = mappings;
    const sum = (of: 'received' | 'resent' | 'twice' | 'partial') =>
      slice.counts[of] + tick.counts[of] + job.counts[of];
    return {
      functions: { slice: pools.slice.counts, job: pools.job.counts, events: pools.events.counts },
      deliveries: { received: sum('received'), resent: sum('resent'), twice: sum('twice'), partial: sum('partial') },
      seconds: Math.round((performance.now() - began) / 1000),
      amplification: verdict.counted.providerCalls / verdict.counted.distinctCalls,
      verdict,
      naive: naive ? await judgeNaively(house, id, options) : null,
    };
  } finally {
    over.abort();
    await Promise.all(Object.values(pools).map((one) => one.stop()));
    await house.remove();
    await oracle.close();
    removeFolder(dir);
  }

  async function ended(id: string): Promise<void> {
    const until = Date.now() + options.limitSeconds * 1000;
    type Shown = { state: string; progress: { trials: number; calls: number } };
    while (Date.now() < until) {
      await sleep(LOOK_MS);
      // Not answered in time: asked again.
      const body = await house.client.get<Shown>('optimizations', id).then(
        (answer) => answer.body,
        () => null,
      );
      if (body === null) continue;
      if (!['queued', 'running'].includes(body.state)) return;
      const deaths = Object.values(pools).reduce((sum, { counts }) => sum + counts.died, 0);
      options.progress?.(`${body.progress.trials} trials, ${body.progress.calls} calls, ${deaths} deaths`);
    }
  }

  async function drained(): Promise<void> {
    const { slice, tick, job } = queues.urls;
    const depths = () =>
      Promise.all([slice, tick, job].map(({ queue }) => queueDepth(options.emulated.ministack, queue)));
    const until = Date.now() + options.limitSeconds * 1000;
    while (Date.now() < until) {
      if (stream.idle() && Object.values(mappings).every((one) => one.idle()))
        if ((await depths()).every((depth) => depth === 0)) return;
      await sleep(LOOK_MS);
    }
  }
}

/** Every so many milliseconds, until the signal. */
async function again(signal: AbortSignal, every: () => number, what: () => unknown): Promise<void> {
  while (!signal.aborted) {
    await sleep(every(), null, { signal }).catch(() => {});
    if (!signal.aborted) await what();
  }
}
