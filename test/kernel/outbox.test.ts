import { describe, expect, test } from 'vitest';
import { outboxEntry, relay } from '#lib/kernel/outbox';
import type { DomainEvent } from '#lib/ports/events';
import { OTHER_WORKSPACE, openHouse, type TestHouse, WORKSPACE, write } from './house.ts';

const audit = (house: TestHouse, more: object = {}) =>
  house.kernel.list({ principal: house.as('admin'), resource: 'AuditEvent', limit: 100, ...more });

describe('the audit', () => {
  test('says of every change who, what, when, of which record, at which revision and which attributes, but no values', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one', { text: 'top secret', pin: '4711' });
    house.clock.time += 1000;
    const traceId = 'a'.repeat(32);
    await house.kernel.dispatch({
      principal: house.as('engineer'),
      resource: 'Paper',
      action: 'update',
      id,
      input: { text: 'more', pages: 2 },
      traceId,
    });
    await house.kernel.dispatch({ principal: house.as('operator'), resource: 'Paper', action: 'publish', id });
    const { items } = await audit(house);
    expect(items).toMatchObject([
      {
        type: 'Paper.publish',
        subject: id,
        subjectRev: 3,
        createdBy: 'key_operator',
        changed: ['state'],
        data: {},
        system: false,
      },
      {
        type: 'Paper.update',
        subject: id,
        subjectRev: 2,
        createdBy: 'key_engineer',
        createdAt: '2026-11-23T01:00:01.000Z',
        traceId,
        changed: ['pages', 'text'],
        data: { version: 2 },
      },
      { type: 'Paper.create', subjectRev: 1, data: { version: 1 } },
    ]);
    expect(JSON.stringify(items)).not.toMatch(/top secret|4711|more/);
  });

  test('is listed newest first, by pages that hold every event once, and by subject', async () => {
    const house = await openHouse();
    const [a, b] = [await write(house, 'a'), await write(house, 'b')];
    for (const { id } of [a, b, a])
      await house.kernel.dispatch({
        principal: house.as('engineer'),
        resource: 'Paper',
        action: 'grade',
        id,
        input: { by: 1 },
      });
    const pages: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof audit>> = await audit(house, {
        limit: 2,
        ...(cursor === null ? {} : { cursor }),
      });
      pages.push(...page.items.map(({ subject }) => String(subject)));
      cursor = page.cursor;
    } while (cursor !== null);
    expect(pages).toEqual([a.id, b.id, a.id, b.id, a.id]);
    const ofB = await audit(house, { filter: { subject: b.id } });
    expect(ofB.items.map(({ type }) => type)).toEqual(['Paper.grade', 'Paper.create']);
    const one = ofB.items[0];
    const principal = house.as('admin');
    const read = await house.kernel.dispatch({
      principal,
      resource: 'AuditEvent',
      action: 'read',
      id: String(one?.id),
    });
    expect(read).toMatchObject({ body: { ...one } });
    for (const subject of ['nope', 'zzz_1', `ppr_${'0'.repeat(26)}`])
      expect((await audit(house, { filter: { subject } })).items).toEqual([]);
  });

  test("shows nothing of another workspace, not even by its record's id", async () => {
    const house = await openHouse();
    const { id } = await write(house, 'theirs', {}, OTHER_WORKSPACE);
    expect((await audit(house)).items).toEqual([]);
    expect((await audit(house, { filter: { subject: id } })).items).toEqual([]);
  });

  test('keeps the events of a record that was removed', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    await house.kernel.dispatch({ principal: house.as('engineer'), resource: 'Paper', action: 'remove', id });
    const { items } = await audit(house, { filter: { subject: id } });
    expect(items.map(({ type }) => type)).toEqual(['Paper.remove', 'Paper.create']);
  });

  test('says when the system acted, and on whose behalf', async () => {
    const house = await openHouse();
    const [a, b] = [await write(house, 'a'), await write(house, 'b')];
    await house.kernel.dispatch({
      principal: house.as('engineer'),
      resource: 'Paper',
      action: 'swap',
      id: a.id,
      input: { other: b.id },
    });
    const { items } = await audit(house, { limit: 4 });
    expect(items.find(({ type }) => type === 'Paper.stamp')).toMatchObject({
      system: true,
      createdBy: 'key_engineer',
      data: { stamped: true },
    });
  });
});

describe('the relay', () => {
  /** The real queue and bus of the home, fed by its real feed. */
  async function relayed(house: TestHouse) {
    const events: DomainEvent[] = [];
    house.home.events.subscribe((event) => void events.push(event));
    const feed = await house.home.feed.start((items) =>
      relay(items, { queue: house.home.queue, events: house.home.events }),
    );
    await feed.caughtUp();
    await feed.stop();
    const received = await house.home.queue.receive('execution', { max: 10, visibilitySeconds: 30 });
    return { events, messages: received.map(({ body }) => JSON.parse(body)) };
  }

  test('tells every change and sends every message that was committed, as the queue wants it', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    await house.kernel.dispatch({ principal: house.as('operator'), resource: 'Paper', action: 'submit', id });
    const { events, messages } = await relayed(house);
    expect(events.map(({ type }) => type)).toEqual(['Paper.create', 'Paper.submit']);
    expect(events[0]).toEqual({
      ...{ id: events[0]?.id, type: 'Paper.create', workspaceId: WORKSPACE, subject: id, principal: 'key_engineer' },
      ...{ time: '2026-11-23T01:00:00.000Z', data: { version: 1 } },
    });
    expect(messages).toEqual([{ v: 1, workspaceId: WORKSPACE, principal: 'key_operator', executionId: id }]);
  });

  test('sends nothing of an action that was refused', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    await house.kernel.dispatch({ principal: house.as('operator'), resource: 'Paper', action: 'withdraw', id });
    const submit = house.kernel.dispatch({ principal: house.as('operator'), resource: 'Paper', action: 'submit', id });
    await expect(submit).rejects.toMatchObject({ code: 'wrong_state' });
    expect((await relayed(house)).messages).toEqual([]);
  });

  test('fails when something could not be sent, so that the feed brings it again', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    await house.kernel.dispatch({ principal: house.as('operator'), resource: 'Paper', action: 'submit', id });
    const page = await house.home.store.query({ pk: `W#${WORKSPACE}#Paper#${id}`, sk: { prefix: 'EV#' }, limit: 10 });
    const published: DomainEvent[] = [];
    const to = {
      queue: { ...house.home.queue, send: () => Promise.reject(new Error('the queue is away')) },
      events: {
        publish: async (all: readonly DomainEvent[]) => void published.push(...all),
        subscribe: () => () => {},
      },
    };
    await expect(relay(page.items, to)).rejects.toThrow('the queue is away');
    expect(published).toEqual([]);
  });

  test('passes over items that are no events', () => {
    expect(outboxEntry({ pk: 'x', sk: 'HEAD', data: { type: 'x' } })).toBe(null);
    expect(outboxEntry({ pk: 'x', sk: 'EV#x', data: {} })).toBe(null);
  });
});
