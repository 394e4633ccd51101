import { describe, expect, test } from 'vitest';
import type { DispatchRequest } from '#lib/kernel/kernel';
import { OTHER_WORKSPACE, openHouse, outcome, type TestHouse, write } from './house.ts';

const create = (house: TestHouse, key: string, name: string, more: Partial<DispatchRequest> = {}): DispatchRequest => ({
  ...{ principal: house.as('engineer'), resource: 'Paper', action: 'create', input: { name }, idempotencyKey: key },
  ...more,
});

const names = async (house: TestHouse) =>
  (await house.kernel.list({ principal: house.as('viewer'), resource: 'Paper', limit: 1000 })).items.map(
    ({ name }) => name,
  );

const HOUR = 3600 * 1000;

describe('an Idempotency-Key', () => {
  test('200 keys, each sent 5 times at once and once more, have 200 effects and one answer each', async () => {
    const house = await openHouse();
    const keys = Array.from({ length: 200 }, (_, i) => `key-${i}`);
    const answers = await Promise.all(
      keys.flatMap((key) =>
        Array.from({ length: 5 }, async () => ({
          key,
          answer: await outcome(house.kernel.dispatch(create(house, key, key))),
        })),
      ),
    );
    expect(new Set(answers.map(({ answer }) => answer))).toEqual(new Set(['ok', 'Conflict idempotency_in_flight']));
    expect((await names(house)).sort()).toEqual([...keys].sort());
    for (const key of keys) {
      const again = await house.kernel.dispatch(create(house, key, key));
      expect(again).toMatchObject({ kind: 'record', replayed: true, created: true, rev: 1, body: { name: key } });
    }
    expect(await names(house)).toHaveLength(200);
  });

  test('while the first request is in flight, the second is told to come again', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    const request = { ...create(house, 'k', ''), action: 'grade', id, input: { by: 1 } };
    let inside: unknown;
    house.services.pause = async () => {
      inside = await house.kernel.dispatch(request).catch((e: unknown) => e);
    };
    expect(await house.kernel.dispatch(request)).toMatchObject({ replayed: false, body: { score: 1 } });
    expect(inside).toMatchObject({ status: 409, code: 'idempotency_in_flight', retryAfterSeconds: 1 });
    expect(await house.kernel.dispatch(request)).toMatchObject({ replayed: true, body: { score: 1 } });
  });

  test('with another body is refused, also while in flight and after a day less a second', async () => {
    const house = await openHouse();
    await house.kernel.dispatch(create(house, 'k', 'one'));
    expect(await outcome(house.kernel.dispatch(create(house, 'k', 'two')))).toBe(
      'Unprocessable idempotency_key_reused',
    );
    house.clock.time += 24 * HOUR - 1000;
    expect(await outcome(house.kernel.dispatch(create(house, 'k', 'two')))).toBe(
      'Unprocessable idempotency_key_reused',
    );
    expect(await house.kernel.dispatch(create(house, 'k', 'one'))).toMatchObject({ replayed: true });
  });

  test('is forgotten after 24 hours', async () => {
    const house = await openHouse();
    await house.kernel.dispatch(create(house, 'k', 'one'));
    house.clock.time += 24 * HOUR;
    expect(await house.kernel.dispatch(create(house, 'k', 'two'))).toMatchObject({
      replayed: false,
      body: { name: 'two' },
    });
  });

  test('belongs to one principal, one workspace, one action and one record', async () => {
    const house = await openHouse();
    const a = await house.kernel.dispatch(create(house, 'k', 'a'));
    const others = [
      create(house, 'k', 'b', { principal: { ...house.as('engineer'), id: 'key_other' } }),
      create(house, 'k', 'c', { principal: house.as('engineer', OTHER_WORKSPACE) }),
      { ...create(house, 'k', ''), action: 'withdraw', id: a.kind === 'record' ? a.id : '', input: {} },
    ];
    for (const request of others) expect(await house.kernel.dispatch(request)).toMatchObject({ replayed: false });
  });

  test('of a request that failed is as good as new', async () => {
    const house = await openHouse();
    const attempts = [
      create(house, 'k', '', { input: { name: 'x', zebra: 1 } }),
      create(house, 'k', '', { input: {} }),
      create(house, 'k', 'one', { principal: { ...house.as('viewer'), id: 'key_engineer' } }),
    ];
    for (const attempt of attempts)
      expect(await outcome(house.kernel.dispatch(attempt))).toMatch(/invalid_input|forbidden/);
    expect(await house.kernel.dispatch(create(house, 'k', 'one'))).toMatchObject({ replayed: false });
  });

  test('that is no key is refused', async () => {
    const house = await openHouse();
    for (const key of ['', 'x'.repeat(256), 'tab\t', 'caf\u00e9', 'a\nb'])
      expect(await outcome(house.kernel.dispatch(create(house, key, 'x')))).toBe(
        'InvalidInput invalid_idempotency_key',
      );
  });

  test('has no meaning for reads', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    const read = { ...create(house, 'k', ''), action: 'read', id, input: {} };
    await house.kernel.dispatch(read);
    expect(await house.kernel.dispatch(read)).toMatchObject({ replayed: false });
  });

  test('of a large answer is replayed whole', async () => {
    const house = await openHouse();
    const text = 'x'.repeat(500_000);
    const first = await house.kernel.dispatch(create(house, 'k', 'one', { input: { name: 'one', text } }));
    const again = await house.kernel.dispatch(create(house, 'k', 'one', { input: { name: 'one', text } }));
    expect(again).toEqual({ ...first, replayed: true });
  });

  test('covers several requests in one transaction', async () => {
    const house = await openHouse();
    const both = [create(house, 'k', 'a'), create(house, '', 'b')];
    const first = await house.kernel.together(both);
    const again = await house.kernel.together(both);
    expect(again).toEqual(first.map((result) => ({ ...result, replayed: true })));
    expect(await names(house)).toEqual(['b', 'a']);
  });
});

describe('a process that dies', () => {
  test('before the effect leaves the key free after the lease, and the effect happens once', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    const request = { ...create(house, 'k', ''), action: 'grade', id, input: { by: 1 } };
    // The first request never comes back from its action.
    let entered = () => {};
    const inside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    house.services.pause = () => {
      entered();
      return new Promise(() => {});
    };
    void house.kernel.dispatch(request);
    await inside;
    house.services.pause = async () => {};
    expect(await outcome(house.kernel.dispatch(request))).toBe('Conflict idempotency_in_flight');
    house.clock.time += 60_000;
    expect(await house.kernel.dispatch(request)).toMatchObject({ replayed: false, body: { score: 1 } });
  });

  test('and comes back after its lease has been taken over does nothing', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    const request = { ...create(house, 'k', ''), action: 'grade', id, input: { by: 1 } };
    let resume = () => {};
    let entered = () => {};
    const inside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    house.services.pause = () =>
      new Promise((resolve) => {
        resume = resolve;
        entered();
      });
    const slow = outcome(house.kernel.dispatch(request));
    await inside;
    house.services.pause = async () => {};
    house.clock.time += 60_000;
    await house.kernel.dispatch(request);
    resume();
    expect(await slow).toBe('Conflict idempotency_in_flight');
    expect(await house.kernel.dispatch({ ...request, action: 'read', input: {} })).toMatchObject({
      body: { score: 1 },
    });
  });

  test('in the middle of a call repeats the call but not what it had dispatched', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    const request = { ...create(house, 'k', ''), action: 'copy', id, input: { name: 'copy' } };
    let entered = () => {};
    const inside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    house.services.pause = () => {
      entered();
      return new Promise(() => {});
    };
    void house.kernel.dispatch(request);
    await inside;
    house.services.pause = async () => {};
    house.clock.time += 15 * 60_000;
    expect(await house.kernel.dispatch(request)).toMatchObject({ kind: 'output', replayed: false });
    expect(house.services.calls).toEqual(['copy', 'copy']);
    expect((await names(house)).filter((name) => name === 'copy')).toHaveLength(1);
  });

  test('a call that fails after an effect can be repeated without doubling it', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    let fail = true;
    house.services.pause = async () => {
      if (fail) throw new Error('the line went dead');
    };
    const request = { ...create(house, 'k', ''), action: 'copy', id, input: { name: 'copy' } };
    await expect(house.kernel.dispatch(request)).rejects.toThrow('the line went dead');
    fail = false;
    const result = await house.kernel.dispatch(request);
    const { items } = await house.kernel.list({ principal: house.as('viewer'), resource: 'Paper', limit: 10 });
    const copy = items.find(({ name }) => name === 'copy');
    expect(result).toMatchObject({ body: { id: copy?.id } });
  });
});
