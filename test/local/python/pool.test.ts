import { describe, expect, it } from 'vitest';
import { StepFailure } from '#lib/base/failure';
import type { PythonLm } from '#lib/ports/python';
import { call, failure, first, poolHere } from './pool-here.ts';

const answer = { text: 'yes', finishReason: 'stop', usage: { inputTokens: 1, outputTokens: 1 }, costNanoUsd: 1 };

describe('a pool of Python workers', () => {
  it('begins no process before it is asked, and serves one after another in the same', async () => {
    const pool = poolHere({ size: 4 });
    expect(pool.pids()).toEqual([]);
    const one = await call(pool, 'echo', { text: 'ümlaut \u2028 😀', deep: [1, { a: null }] });
    expect(one.echo).toEqual({ text: 'ümlaut \u2028 😀', deep: [1, { a: null }] });
    const two = await call(pool, 'echo');
    expect(two.pid).toBe(one.pid);
    expect(pool.status()).toMatchObject({
      workers: { idle: 1, busy: 0, starting: 0 },
      counts: { calls: 2, started: 1 },
    });
  });

  it('serves as many at once as it has workers', async () => {
    const pool = poolHere({ size: 3 });
    let waiting = 0;
    const all = Promise.withResolvers<void>();
    const lm: PythonLm = async () => {
      waiting += 1;
      if (waiting === 3) all.resolve();
      await all.promise;
      return answer;
    };
    const results = await Promise.all([1, 2, 3].map(() => call(pool, 'ask', { requests: [{}] }, { lm })));
    expect(new Set(results.map(({ pid }) => pid)).size).toBe(3);
  });

  it('answers parallel questions of one call by their own answers, in any order', async () => {
    const pool = poolHere();
    const gates = new Map<number, () => void>();
    const lm: PythonLm = ({ sample }) =>
      new Promise((resolve) => {
        gates.set(sample, () => resolve({ ...answer, text: `answer ${sample}` }));
        if (gates.size === 3) for (const i of [2, 0, 1]) gates.get(i)?.();
      });
    const requests = [0, 1, 2].map((sample) => ({ sample }));
    const { answers } = await call(pool, 'ask', { requests }, { lm });
    expect((answers as { text: string }[]).map(({ text }) => text)).toEqual(['answer 0', 'answer 1', 'answer 2']);
  });

  it('passes on what a model call failed with, as it was', async () => {
    const pool = poolHere();
    const lm: PythonLm = () =>
      Promise.reject(
        new StepFailure('Model.Throttled', 'slow down', { retryAfterSeconds: 7, details: { status: 429 } }),
      );
    expect(await failure(call(pool, 'ask', { requests: [{}] }, { lm }))).toEqual({
      name: 'Model.Throttled',
      message: 'slow down',
      retryable: true,
      retryAfterSeconds: 7,
      details: { status: 429 },
    });
  });

  it('lets nobody ask who was given no model', async () => {
    const pool = poolHere();
    expect(await failure(call(pool, 'ask', { requests: [{}] }))).toMatchObject({ name: 'Model.Unavailable' });
  });

  it('tells progress in order, before the result', async () => {
    const told: unknown[] = [];
    await call(poolHere(), 'tell', { times: 50 }, { onProgress: (value) => told.push(value) });
    expect(told).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });
});

describe('a queue of Python calls', () => {
  it('refuses at once what is more than its limit', async () => {
    const pool = poolHere({ queueLimit: 1 });
    const { told, onProgress } = first();
    const running = failure(call(pool, 'hang', {}, { onProgress }));
    await told;
    const waiting = failure(call(pool, 'echo'));
    expect(await failure(call(pool, 'echo'))).toMatchObject({
      name: 'Python.Saturated',
      retryable: true,
      details: { reason: 'pool_saturated' },
    });
    await pool.close(0);
    expect(await running).toMatchObject({ name: 'Python.Unavailable' });
    expect(await waiting).toMatchObject({ name: 'Python.Unavailable' });
  });

  it('gives up on a call that waited too long, and not on the one that runs', async () => {
    const pool = poolHere({ queueTimeoutMs: 20 });
    const { told, onProgress } = first();
    const answered = Promise.withResolvers<typeof answer>();
    const running = call(pool, 'wait', {}, { onProgress, lm: () => answered.promise });
    await told;
    const late = await failure(call(pool, 'echo'));
    expect(late).toMatchObject({ name: 'Python.Saturated', details: { reason: 'queue_timeout' } });
    answered.resolve(answer);
    expect(await running).toEqual({ answer });
  });

  it('does not count the start of the first worker as waiting', async () => {
    expect(await call(poolHere({ queueTimeoutMs: 1 }), 'echo', { a: 1 })).toMatchObject({ echo: { a: 1 } });
  });

  it('lets a waiting call be cancelled, and one that was cancelled before it came', async () => {
    const pool = poolHere();
    const { told, onProgress } = first();
    const answered = Promise.withResolvers<typeof answer>();
    const running = call(pool, 'wait', {}, { onProgress, lm: () => answered.promise });
    await told;
    const stop = new AbortController();
    const waiting = failure(call(pool, 'echo', {}, { signal: stop.signal }));
    stop.abort();
    expect(await waiting).toMatchObject({ name: 'Cancelled' });
    expect(await failure(call(pool, 'echo', {}, { signal: stop.signal }))).toMatchObject({ name: 'Cancelled' });
    expect(pool.status().queued).toBe(0);
    answered.resolve(answer);
    await running;
  });
});

describe('closing a pool', () => {
  it('finishes what it has, takes nothing new, and leaves no process', async () => {
    const pool = poolHere();
    const { told, onProgress } = first();
    const answered = Promise.withResolvers<typeof answer>();
    const running = call(pool, 'wait', {}, { onProgress, lm: () => answered.promise });
    await told;
    const waiting = call(pool, 'echo', { a: 1 });
    const closed = pool.close(60_000);
    expect(await failure(call(pool, 'echo'))).toMatchObject({ name: 'Python.Unavailable' });
    answered.resolve(answer);
    expect(await running).toEqual({ answer });
    expect(await waiting).toMatchObject({ echo: { a: 1 } });
    await closed;
    expect(pool.pids()).toEqual([]);
  });

  it('of a pool that never served is done at once', async () => {
    await poolHere().close();
  });
});
