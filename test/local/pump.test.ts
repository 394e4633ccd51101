import { describe, expect, it, onTestFinished } from 'vitest';
import { Conflict, Unavailable } from '#lib/base/errors';
import { type PumpOptions, pump } from '#lib/local/pump';
import { MAX_RECEIVES, type Message } from '#lib/ports/queue';
import { testHome } from './test-home.ts';
import { settled } from './virtual-time.ts';

type Handle = PumpOptions['handle'];

/** A pump of `job` messages on a home in virtual time, with what it reported. */
async function pumping(handle: Handle, options: Partial<PumpOptions> = {}) {
  const home = await testHome();
  const failures: string[] = [];
  const givenUp: string[] = [];
  const start = (more: Partial<PumpOptions> = {}) => {
    const running = pump({
      queue: home.queue,
      name: 'job',
      handle,
      concurrency: 2,
      timer: home.time,
      onFailure: (message, error) => failures.push(`${message?.receiveCount ?? 'queue'}: ${(error as Error).message}`),
      onGivenUp: async (message, error) => void givenUp.push(`${message.body}: ${(error as Error).message}`),
      ...options,
      ...more,
    });
    onTestFinished(() => running.stop());
    return running;
  };
  return { ...home, failures, givenUp, start, running: start() };
}

/** A handler that begins and ends when the test says so. */
function gate() {
  const begun: string[] = [];
  const signals: AbortSignal[] = [];
  const open: (() => void)[] = [];
  const handle: Handle = (message, signal) => {
    begun.push(message.body);
    signals.push(signal);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    open.push(resolve);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    return promise;
  };
  return { begun, signals, open, handle };
}

/** The queue with some of its methods replaced by what a sick disk makes of them. */
function withQueue(queue: PumpOptions['queue'], broken: Partial<PumpOptions['queue']>): PumpOptions['queue'] {
  const bound = (name: 'send' | 'receive' | 'delete' | 'extend' | 'deadLetters' | 'redrive' | 'putBack') =>
    (queue[name] as (...args: unknown[]) => Promise<never>).bind(queue);
  return {
    ...{ send: bound('send'), receive: bound('receive'), delete: bound('delete'), extend: bound('extend') },
    ...{ deadLetters: bound('deadLetters'), redrive: bound('redrive'), putBack: bound('putBack') },
    ...broken,
  };
}

const peek = (home: Awaited<ReturnType<typeof pumping>>): Promise<Message[]> =>
  home.queue.receive('job', { max: 10, visibilitySeconds: 1 });

describe('what is handled', () => {
  it('is handled once and never comes again', async () => {
    const seen: string[] = [];
    const { queue, time } = await pumping(async ({ body }) => void seen.push(body));
    for (let n = 0; n < 30; n++) await queue.send('job', `${n}`);
    await time.advance(600_000);
    expect(seen.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 30 }, (_, n) => `${n}`));
  });

  it('goes on side by side up to the concurrency, and no further', async () => {
    const { begun, open, handle } = gate();
    const { queue, time } = await pumping(handle);
    for (let n = 0; n < 4; n++) await queue.send('job', `${n}`);
    await time.advance(1000);
    expect(begun).toHaveLength(2);
    open[0]?.();
    await settled();
    await time.advance(1000);
    expect(begun).toHaveLength(3);
  });

  it('stays ours however long it takes, while there are signs of life', async () => {
    const { begun, signals, open, handle } = gate();
    const home = await pumping(handle, { visibilitySeconds: 30 });
    await home.queue.send('job', 'long');
    await home.time.advance(20 * 60_000);
    expect(begun).toEqual(['long']);
    expect(signals[0]?.aborted).toBe(false);
    open[0]?.();
    await settled();
    await home.time.advance(600_000);
    expect(begun).toEqual(['long']);
    expect(await home.queue.deadLetters('job', 10)).toEqual([]);
  });

  it('leaves no timer behind, also when a renewal was under way as it ended', async () => {
    const { open, handle } = gate();
    const slow = Promise.withResolvers<void>();
    const home = await pumping(handle, {});
    await home.running.stop();
    const extended = { calls: 0 };
    const queue = withQueue(home.queue, {
      extend: async (...args: Parameters<typeof home.queue.extend>) => {
        extended.calls += 1;
        await slow.promise;
        return home.queue.extend(...args);
      },
    });
    const running = home.start({ queue });
    await home.queue.send('job', 'a');
    await home.time.advance(20_000);
    expect(extended.calls).toBe(1);
    open[0]?.();
    await settled();
    slow.resolve();
    await settled();
    await running.stop();
    expect(home.time.untilNextAlarm).toBeNull();
  });
});

describe('a message that was lost', () => {
  it('aborts its handler, whose end then deletes nothing', async () => {
    const { begun, signals, handle } = gate();
    const home = await pumping(handle, { visibilitySeconds: 30 });
    await home.queue.send('job', 'a');
    await home.time.advance(1);
    // Somebody else takes it: what a redelivery after a long pause of this process looks like.
    await home.queue.reclaim();
    const [taken] = await home.queue.receive('job', { max: 1, visibilitySeconds: 3600 });
    await home.time.advance(30_000);
    expect(begun).toEqual(['a']);
    expect(signals[0]?.aborted).toBe(true);
    expect(await home.queue.extend('job', taken?.receipt ?? '', 60)).toBe(true);
    // Neither a failure of the message, nor a word about it: another worker has it.
    expect(home.failures).toEqual([]);
  });

  it('is given up by its holder when the queue could not be reached for the whole visibility', async () => {
    const { signals, handle } = gate();
    const home = await pumping(handle);
    await home.running.stop();
    const queue = withQueue(home.queue, {
      extend: () => Promise.reject(new Unavailable('store_busy', 'gone')),
    });
    home.start({ queue, visibilitySeconds: 30 });
    await home.queue.send('job', 'a');
    await home.time.advance(25_000);
    expect(signals[0]?.aborted).toBe(false);
    await home.time.advance(5_000);
    expect(signals[0]?.aborted).toBe(true);
  });
});

describe('a handler that fails', () => {
  it('gets its message again after 1, 4, 16 and 60 seconds, then never: it is given up with the last reason', async () => {
    const at: number[] = [];
    const home = await pumping(async () => {
      at.push(home.time.now());
      throw new Error(`attempt ${at.length}`);
    });
    await home.queue.send('job', 'poison');
    await home.time.advance(600_000);
    expect(at.slice(1).map((time, n) => Math.round((time - (at[n] ?? 0)) / 1000))).toEqual([1, 4, 16, 60]);
    expect(home.failures).toHaveLength(MAX_RECEIVES);
    expect(home.givenUp).toEqual(['poison: attempt 5']);
    expect((await home.queue.deadLetters('job', 10)).map(({ body }) => body)).toEqual(['poison']);
  });

  it('does not hold up the others: 30 % poison among 30, each good one handled once', async () => {
    const good: string[] = [];
    const home = await pumping(
      async ({ body }) => {
        if (Number(body) % 10 < 3) throw new Error('poison');
        good.push(body);
      },
      { concurrency: 10 },
    );
    for (let n = 0; n < 30; n++) await home.queue.send('job', `${n}`);
    await home.time.advance(600_000);
    expect(good).toHaveLength(21);
    expect(new Set(good).size).toBe(21);
    expect(await home.queue.deadLetters('job', 100)).toHaveLength(9);
    expect(home.failures).toHaveLength(9 * MAX_RECEIVES);
  });

  it('for want of the disk is not counted: the message waits as long as the outage lasts', async () => {
    let attempts = 0;
    const home = await pumping(async () => {
      attempts += 1;
      if (attempts <= 3 * MAX_RECEIVES) throw new Unavailable('store_full', 'no room', { retryAfterSeconds: 30 });
    });
    await home.queue.send('job', 'a');
    await home.time.advance(600_000);
    expect(attempts).toBe(3 * MAX_RECEIVES + 1);
    expect(home.givenUp).toEqual([]);
    expect(await home.queue.deadLetters('job', 10)).toEqual([]);
  });

  it('when even giving up fails, the message still becomes a dead letter and the pump goes on', async () => {
    const seen: string[] = [];
    const home = await pumping(
      async ({ body }) => {
        seen.push(body);
        if (body === 'bad') throw new Conflict('no', 'no');
      },
      { onGivenUp: () => Promise.reject(new Error('cannot say so')) },
    );
    await home.queue.send('job', 'bad');
    await home.time.advance(600_000);
    await home.queue.send('job', 'good');
    await home.time.advance(1000);
    expect(seen.at(-1)).toBe('good');
    expect(home.failures.at(-1)).toBe('5: cannot say so');
    expect(await home.queue.deadLetters('job', 10)).toHaveLength(1);
  });
});

describe('a queue that cannot be read', () => {
  it('is tried again and again, ever more slowly, and the pump works on when it is back', async () => {
    const seen: string[] = [];
    const home = await pumping(async ({ body }) => void seen.push(body));
    await home.running.stop();
    let broken = true;
    const queue = withQueue(home.queue, {
      receive: (...args: Parameters<typeof home.queue.receive>) =>
        broken ? Promise.reject(new Unavailable('store_full', 'no room')) : home.queue.receive(...args),
    });
    home.start({ queue });
    await home.queue.send('job', 'a');
    await home.time.advance(600_000);
    const tried = home.failures.length;
    expect(tried).toBeGreaterThan(8);
    expect(tried).toBeLessThan(20);
    broken = false;
    await home.time.advance(60_000);
    expect(seen).toEqual(['a']);
  });
});

describe('stop', () => {
  it('aborts what is under way and gives it back at once, without counting the delivery', async () => {
    const { begun, signals, handle } = gate();
    const home = await pumping(handle);
    await home.queue.send('job', 'a');
    await home.time.advance(1);
    expect(begun).toEqual(['a']);
    await home.running.stop();
    expect(signals[0]?.aborted).toBe(true);
    expect(await peek(home)).toMatchObject([{ body: 'a', receiveCount: 1 }]);
    expect(home.failures).toEqual([]);
  });

  it('resolves at once while there is nothing to do, and takes nothing afterwards', async () => {
    const seen: string[] = [];
    const home = await pumping(async ({ body }) => void seen.push(body));
    await home.running.stop();
    await home.queue.send('job', 'a');
    await home.time.advance(60_000);
    expect(seen).toEqual([]);
    expect(await peek(home)).toHaveLength(1);
  });

  it('is not held up by a queue that fails', async () => {
    const home = await pumping(async () => {});
    await home.running.stop();
    const queue = withQueue(home.queue, {
      receive: () => Promise.reject(new Error('broken')),
    });
    const running = home.start({ queue });
    await home.time.advance(100);
    await running.stop();
    expect(home.time.untilNextAlarm).toBeNull();
  });
});
