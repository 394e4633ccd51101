import { describe, expect, test } from 'vitest';
import { StepFailure } from '#lib/base/failure';
import { createGateway } from '#lib/lm/gateway';
import { type Script, scriptedProvider } from '#lib/lm/scripted';
import { memoryStore } from './memory-store.ts';
import { instantTimer, request, secretsOf } from './requests.ts';

function open(script: Script, options: Partial<Parameters<typeof createGateway>[0]> = {}) {
  let calls = 0;
  const counted: Script =
    typeof script === 'function'
      ? (call) => {
          calls += 1;
          return script(call);
        }
      : ({ index }) => {
          calls += 1;
          return script[index] ?? new StepFailure('Model.Refused', 'the script is over');
        };
  const timer = instantTimer();
  const gateway = createGateway({
    providers: { scripted: scriptedProvider(counted, timer) },
    secrets: secretsOf(),
    timer,
    random: () => 1,
    ...options,
  });
  return { gateway, timer, calls: () => calls };
}

describe('the answer cache', () => {
  test('a repeated call is answered from memory and tells the original usage, cost and duration', async () => {
    const { gateway, calls } = open([{ text: 'hi', usage: { inputTokens: 7, outputTokens: 3 }, delayMs: 250 }]);
    const model = {
      provider: 'scripted',
      model: 'm',
      priceOverride: { inputNanoUsdPerToken: 10, outputNanoUsdPerToken: 2.5 },
    };
    const first = await gateway.complete(request({ model }));
    const second = await gateway.complete(request({ model }));
    expect(first).toMatchObject({
      text: 'hi',
      source: 'provider',
      attempts: 1,
      costNanoUsd: 78,
      spentNanoUsd: 78,
      durationMs: 250,
    });
    expect(second).toEqual({ ...first, source: 'memory', attempts: 0, spentNanoUsd: 0 });
    expect(calls()).toBe(1);
  });

  test('a hit spends 0 even where the price is unknown', async () => {
    const providers = { mystery: scriptedProvider(() => 'hi') };
    const { gateway } = open([], { providers });
    const model = { provider: 'mystery', model: 'of-no-list' };
    expect(await gateway.complete(request({ model }))).toMatchObject({
      costNanoUsd: null,
      priceVersion: null,
      spentNanoUsd: null,
    });
    expect(await gateway.complete(request({ model }))).toMatchObject({ costNanoUsd: null, spentNanoUsd: 0 });
  });

  test('an answer survives the process: another gateway on the same store does not call the provider', async () => {
    const store = memoryStore();
    const before = open(['hi'], { store });
    const answer = await before.gateway.complete(request());
    await before.gateway.flush();
    const after = open([], { store });
    expect(await after.gateway.complete(request())).toEqual({
      ...answer,
      source: 'store',
      attempts: 0,
      spentNanoUsd: 0,
    });
    expect(after.calls()).toBe(0);
    expect((await after.gateway.complete(request())).source).toBe('memory');
  });

  test('a thousand answers are written in groups of up to 100, not one by one', async () => {
    const store = memoryStore();
    const { gateway } = open(() => 'hi', { store });
    await Promise.all(Array.from({ length: 1000 }, (_, sample) => gateway.complete(request({ sample }))));
    await gateway.flush();
    expect(store.items.size).toBe(1000);
    expect(store.transactions.length).toBeLessThanOrEqual(20);
    expect(gateway.stats().stored).toEqual({ written: 1000, tooLarge: 0, failed: 0 });
  });

  test('an entry older than its time to live is asked for again', async () => {
    const store = memoryStore();
    const timer = instantTimer();
    const { gateway, calls } = open(() => 'hi', { store, timer, cache: { ttlSeconds: 60 } });
    await gateway.complete(request());
    await gateway.flush();
    timer.time += 59_000;
    expect((await gateway.complete(request())).source).toBe('memory');
    timer.time += 2_000;
    expect((await gateway.complete(request())).source).toBe('provider');
    expect(calls()).toBe(2);
  });

  test.each(['length', 'content-filter', 'error', 'other'] as const)(
    'an answer that ended by %s is never kept',
    async (finishReason) => {
      const store = memoryStore();
      const { gateway, calls } = open(() => ({ text: 'half an ans', finishReason }), { store });
      await gateway.complete(request());
      await gateway.complete(request());
      await gateway.flush();
      expect(calls()).toBe(2);
      expect(store.items.size).toBe(0);
    },
  );

  test('an empty answer and a failure are never kept', async () => {
    const { gateway, calls } = open(['', new StepFailure('Model.Refused', 'no'), 'hi']);
    expect((await gateway.complete(request())).text).toBe('');
    await expect(gateway.complete(request())).rejects.toThrow('no');
    expect((await gateway.complete(request())).text).toBe('hi');
    expect(calls()).toBe(3);
  });

  test('an answer of more than 300 KB is given and remembered in memory but not stored', async () => {
    const store = memoryStore();
    const { gateway } = open(() => 'x'.repeat(400_000), { store });
    expect((await gateway.complete(request())).text).toHaveLength(400_000);
    await gateway.flush();
    expect(store.items.size).toBe(0);
    expect(gateway.stats().stored.tooLarge).toBe(1);
    expect((await gateway.complete(request())).source).toBe('memory');
  });

  test('a group of large answers is split to fit the store', async () => {
    const store = memoryStore();
    const { gateway } = open(() => 'x'.repeat(250_000), { store });
    await Promise.all(Array.from({ length: 40 }, (_, sample) => gateway.complete(request({ sample }))));
    await gateway.flush();
    expect(gateway.stats().stored).toMatchObject({ written: 40, failed: 0 });
  });

  test('a store that is down costs hits, not calls', async () => {
    const store = memoryStore();
    store.broken = true;
    const { gateway } = open(() => 'hi', { store });
    expect((await gateway.complete(request())).text).toBe('hi');
    await gateway.flush();
    expect(gateway.stats().stored.failed).toBe(1);
  });

  test('an entry that is no answer is a miss', async () => {
    const store = memoryStore();
    const before = open(['hi'], { store });
    await before.gateway.complete(request());
    await before.gateway.flush();
    for (const item of store.items.values()) item.data = { text: 5 };
    expect((await open(['new'], { store }).gateway.complete(request())).text).toBe('new');
  });

  test('whoever changes an answer changes no other', async () => {
    const { gateway } = open(['hi']);
    const first = await gateway.complete(request());
    first.usage.inputTokens = 99;
    expect((await gateway.complete(request())).usage.inputTokens).toBe(0);
  });

  test('cache: false neither reads nor writes: N calls are N draws', async () => {
    const { gateway, calls } = open(({ index }) => `draw ${index}`);
    const answers = await Promise.all(Array.from({ length: 5 }, () => gateway.complete(request({ cache: false }))));
    expect(new Set(answers.map((a) => a.text)).size).toBe(5);
    expect((await gateway.complete(request())).source).toBe('provider');
    expect(calls()).toBe(6);
  });

  test('each sample is a draw of its own, reaches the provider, and repeats from the cache', async () => {
    const { gateway, calls } = open(({ sample }) => `draw ${sample}`);
    const draw = async () =>
      Promise.all([0, 1, 2].map(async (sample) => (await gateway.complete(request({ sample }))).text));
    expect(await draw()).toEqual(['draw 0', 'draw 1', 'draw 2']);
    expect(await draw()).toEqual(['draw 0', 'draw 1', 'draw 2']);
    expect(calls()).toBe(3);
  });

  test('another workspace never sees an answer', async () => {
    const store = memoryStore();
    const { gateway } = open(({ index }) => `secret ${index}`, { store });
    expect((await gateway.complete(request({ workspaceId: 'wsp_a' }))).text).toBe('secret 0');
    expect((await gateway.complete(request({ workspaceId: 'wsp_b' }))).text).toBe('secret 1');
  });

  test('a simulated answer says so, also from the store', async () => {
    const store = memoryStore();
    const first = open(['hi'], { store });
    expect((await first.gateway.complete(request())).simulated).toBe(true);
    await first.gateway.flush();
    expect((await open([], { store }).gateway.complete(request())).simulated).toBe(true);
  });
});

describe('single flight', () => {
  test('1,000 identical calls at once make one provider call', async () => {
    const { gateway, calls } = open([{ text: 'hi', delayMs: 50 }]);
    const answers = await Promise.all(Array.from({ length: 1000 }, () => gateway.complete(request())));
    expect(calls()).toBe(1);
    expect(answers.every((a) => a.text === 'hi')).toBe(true);
    expect(answers.filter((a) => a.source === 'provider')).toHaveLength(1);
    expect(answers.filter((a) => a.source === 'flight' && a.spentNanoUsd === 0 && a.attempts === 0)).toHaveLength(999);
  });

  test('a failure is told to all who wait and forgotten', async () => {
    const { gateway, calls } = open([new StepFailure('Model.Refused', 'no'), 'hi']);
    const ends = await Promise.allSettled([1, 2, 3].map(() => gateway.complete(request())));
    expect(ends.map((end) => end.status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect((await gateway.complete(request())).text).toBe('hi');
    expect(calls()).toBe(2);
  });

  test('the first caller may leave without ending the call for the others', async () => {
    const { promise: answer, resolve } = Promise.withResolvers<string>();
    const { gateway, calls } = open(() => answer);
    const leaving = new AbortController();
    const first = gateway.complete(request({ signal: leaving.signal }));
    const second = gateway.complete(request({ signal: new AbortController().signal }));
    leaving.abort();
    await expect(first).rejects.toMatchObject({ failure: { name: 'Cancelled' } });
    resolve('hi');
    expect((await second).text).toBe('hi');
    expect(calls()).toBe(1);
  });

  test('when the last caller leaves the provider is told to stop', async () => {
    const stopped = Promise.withResolvers<void>();
    const timer = {
      ...instantTimer(),
      sleep: (_: number, signal?: AbortSignal) =>
        new Promise<void>((_resolve, reject) => {
          signal?.addEventListener('abort', () => {
            stopped.resolve();
            reject(signal.reason);
          });
        }),
    };
    const { gateway } = open([], { providers: { scripted: scriptedProvider([{ text: 'hi', delayMs: 1 }], timer) } });
    const controller = new AbortController();
    const call = gateway.complete(request({ signal: controller.signal }));
    setImmediate(() => controller.abort());
    await expect(call).rejects.toMatchObject({ failure: { name: 'Cancelled', retryable: false } });
    await stopped.promise;
  });
});

describe('streaming', () => {
  test('pieces arrive in order, and a hit tells all of it at once', async () => {
    const { gateway } = open(['one two three']);
    const heard: string[][] = [[], []];
    const first = await gateway.complete(request({ onDelta: (text) => heard[0]?.push(text) }));
    await gateway.complete(request({ onDelta: (text) => heard[1]?.push(text) }));
    expect(heard).toEqual([['one ', 'two ', 'three'], ['one two three']]);
    expect(first.text).toBe('one two three');
  });
});

describe('what protects the provider', () => {
  const transient = () => new StepFailure('Model.Transient', 'broken');

  test('a transient failure is tried again, at most three times, with growing waits', async () => {
    const { gateway, timer, calls } = open(() => transient());
    await expect(gateway.complete(request())).rejects.toMatchObject({ failure: { name: 'Model.Transient' } });
    expect(calls()).toBe(4);
    expect(timer.waits).toEqual([500, 1000, 2000]);
  });

  test('the answer counts the tries it took', async () => {
    const { gateway } = open([transient(), transient(), 'hi']);
    expect((await gateway.complete(request())).attempts).toBe(3);
    expect(gateway.stats()).toMatchObject({ calls: 1, attempts: 3, failures: 0 });
  });

  test('Retry-After is honoured when it asks for more than the jitter', async () => {
    const { gateway, timer } = open([new StepFailure('Model.Throttled', 'slow down', { retryAfterSeconds: 7 }), 'hi']);
    await gateway.complete(request());
    expect(timer.waits).toEqual([7000]);
  });

  test('no retry begins past the call’s deadline', async () => {
    const { gateway, timer, calls } = open(
      () => new StepFailure('Model.Throttled', 'slow down', { retryAfterSeconds: 7 }),
    );
    await expect(gateway.complete(request({ timeoutSeconds: 10 }))).rejects.toThrow('slow down');
    expect(calls()).toBe(2);
    expect(timer.waits).toEqual([7000]);
  });

  test('a refused request is tried once', async () => {
    const { gateway, calls } = open(() => new StepFailure('Model.Refused', 'bad key'));
    await expect(gateway.complete(request())).rejects.toMatchObject({
      failure: { name: 'Model.Refused', retryable: false },
    });
    expect(calls()).toBe(1);
  });

  test('limits.maxRetries = 0 means one try', async () => {
    const { gateway, calls } = open(() => transient());
    const model = { provider: 'scripted', model: 'm', limits: { maxRetries: 0 } };
    await expect(gateway.complete(request({ model }))).rejects.toThrow('broken');
    expect(calls()).toBe(1);
  });

  test('in an outage retries stay near a tenth of the calls', async () => {
    const { gateway, calls } = open(({ index }) => (index % 2 === 0 ? transient() : transient()));
    await Promise.allSettled(
      Array.from({ length: 500 }, (_, i) =>
        gateway.complete(request({ model: { provider: 'scripted', model: `m${i}` } })),
      ),
    );
    expect(calls()).toBeLessThanOrEqual(500 + 10 + 50 + 1);
  });

  test('a model that keeps failing is given a rest, and others are not', async () => {
    const { gateway, calls } = open(({ model }) => (model === 'bad' ? transient() : 'hi'));
    const bad = { provider: 'scripted', model: 'bad', limits: { maxRetries: 0 } };
    for (let i = 0; i < 40; i++) await gateway.complete(request({ model: bad, sample: i })).catch(() => {});
    expect(calls()).toBeLessThan(40);
    await expect(gateway.complete(request({ model: bad, sample: 99 }))).rejects.toMatchObject({
      failure: { name: 'Model.Unavailable', retryAfterSeconds: 10 },
    });
    expect((await gateway.complete(request())).text).toBe('hi');
  });

  test('refusals never open the breaker', async () => {
    const { gateway, calls } = open(() => new StepFailure('Model.Refused', 'bad request'));
    for (let i = 0; i < 60; i++) await gateway.complete(request({ sample: i })).catch(() => {});
    expect(calls()).toBe(60);
  });

  test('limits.concurrency is never exceeded and every call gets its turn', async () => {
    let running = 0;
    let most = 0;
    const { gateway } = open(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      return 'hi';
    });
    const model = { provider: 'scripted', model: 'm', limits: { concurrency: 7 } };
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, sample) => gateway.complete(request({ model, sample }))),
    );
    expect(most).toBe(7);
    expect(answers).toHaveLength(200);
  });

  test('who is cancelled while waiting never reaches the provider', async () => {
    const { promise: gate, resolve } = Promise.withResolvers<string>();
    const { gateway, calls } = open(() => gate);
    const model = { provider: 'scripted', model: 'm', limits: { concurrency: 1 } };
    const first = gateway.complete(request({ model, sample: 1 }));
    const controller = new AbortController();
    const second = gateway.complete(request({ model, sample: 2, signal: controller.signal }));
    controller.abort();
    await expect(second).rejects.toMatchObject({ failure: { name: 'Cancelled' } });
    resolve('hi');
    await first;
    expect(calls()).toBe(1);
  });

  test('a provider that never answers is a Step.Timeout', async () => {
    const { gateway } = open(() => new Promise<string>(() => {}));
    const model = { provider: 'scripted', model: 'm', limits: { timeoutSeconds: 0.02, maxRetries: 0 } };
    await expect(gateway.complete(request({ model }))).rejects.toMatchObject({
      failure: { name: 'Step.Timeout', message: 'the model did not answer within 0.02 s' },
    });
  });

  test('an unknown provider is an error that lists the known ones', async () => {
    const { gateway } = open([]);
    await expect(gateway.complete(request({ model: { provider: 'constructor', model: 'm' } }))).rejects.toThrow(
      'no provider is called "constructor"; there are scripted',
    );
  });
});
