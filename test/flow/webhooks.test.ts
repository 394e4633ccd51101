import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import { openOutbound } from '#lib/outbound/outbound';
import type { DomainEvent } from '#lib/ports/events';
import type { MessageOf } from '#lib/ports/messages';
import { QUEUE_LIMITS } from '#lib/ports/queue';
import type { Home } from '#lib/work/home';
import { carryOutJob, giveUpJob } from '#lib/work/job';
import { type Messages, reconcile } from '#lib/work/reconcile';
import { sendEvent } from '#lib/work/webhook-events';
import { METRIC, openRealHouse, type RealHouse } from '../api/real-house.ts';
import { openReceiver, type Receiver } from './webhooks-receiver.ts';

type Message = Extract<MessageOf<'job'>, { deliveryId: string }>;

interface Delivery {
  id: string;
  state: string;
  made: number;
  failure: string | null;
  nextAt: string | null;
  attempts: { ok: boolean; status: number | null; error: string | null; response: string; durationMs: number }[];
}

let house: RealHouse | undefined;
let receiver: Receiver | undefined;
afterEach(async () => {
  await house?.close();
  receiver?.close();
});

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const hold = { signal: new AbortController().signal };

/** A house without workers, on a clock of its own: messages are carried out by hand, when and as often as a test likes. */
async function open(hook: JsonObject = {}) {
  receiver = await openReceiver();
  house = await openRealHouse({
    environment: { SIGNING_API_KEY: SECRET, SHORT_API_KEY: 'whsec_c2hvcnQ=', DSPEX_ALLOW_HOSTS: receiver.host },
  });
  const { client, workspaceId } = house.ours;
  const { kernel, services } = house.house;
  let now = Date.now();
  const later: { message: Message; delaySeconds: number }[] = [];
  const home: Home = {
    ...{ kernel, services, clock: { now: () => now }, effects: {} },
    outbound: openOutbound({ allow: [receiver.host] }),
    later: async (message, delaySeconds) => {
      later.push({ message: message as Message, delaySeconds });
    },
  };
  const input = { name: 'hook', url: receiver.url, events: ['Metric.*'], timeoutSeconds: 1, ...hook };
  const { body: webhook } = await client.call<{ id: string; rev: number; secret?: string }>('webhooks', 'create', {
    input,
  });
  const deliveries = async (): Promise<Delivery[]> => {
    const found: Delivery[] = [];
    for await (const one of client.list<Delivery>('deliveries', { filter: { webhookId: webhook.id } })) found.push(one);
    return found;
  };
  const events = async (type: string): Promise<DomainEvent[]> => {
    const found: DomainEvent[] = [];
    for await (const one of client.list<JsonObject>('audit-events'))
      if (one.type === type)
        found.push({ ...one, workspaceId, principal: one.createdBy, time: one.createdAt } as unknown as DomainEvent);
    return found.reverse();
  };
  let names = 0;
  return {
    ...{ ...house.ours, webhook, home, later, receiver, deliveries, events, kernel },
    get: async () => (await client.get<JsonObject>('webhooks', webhook.id)).body,
    now: () => now,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    /** Something happens that the webhook wants; gives the event. */
    happen: async (): Promise<DomainEvent> => {
      names += 1;
      await client.call('metrics', 'create', { input: { name: `m-${names}`, spec: METRIC } });
      const [event] = (await events('Metric.create')).slice(-1);
      if (event === undefined) throw new Error('no event');
      return event;
    },
    first: (deliveryId: string): Message => ({
      ...{ v: 1, workspaceId, principal: 'key_x', deliveryId, attempt: '1.1', at: now },
    }),
    act: (message: Message) => carryOutJob(home, message, hold),
  };
}
type World = Awaited<ReturnType<typeof open>>;

/** One event, delivered to its end: every message that is sent for later is carried out when it is due. */
async function toTheEnd(world: World, message: Message): Promise<number[]> {
  const waits: number[] = [];
  await world.act(message);
  for (;;) {
    const next = world.later.shift();
    if (next === undefined) return waits;
    expect(next.delaySeconds).toBeLessThanOrEqual(QUEUE_LIMITS.delaySeconds);
    waits.push(next.delaySeconds);
    world.pass(next.delaySeconds * 1000);
    await world.act(next.message);
  }
}

async function only(world: World): Promise<Delivery> {
  const [delivery, ...others] = await world.deliveries();
  expect(others).toEqual([]);
  if (delivery === undefined) throw new Error('no delivery');
  return delivery;
}

async function sent(world: World): Promise<Message> {
  const [id] = await sendEvent(world.home, await world.happen());
  return world.first(id ?? '');
}

/** Does a message verify with that secret? Written from the specification, with none of our code. */
function verifies(secret: string, { headers, body }: Receiver['received'][number]): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const expected = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  return String(headers['webhook-signature']).split(' ').includes(expected);
}

describe('an event', () => {
  test('arrives signed, with its type, time, ids and numbers, and the delivery keeps what was answered', async () => {
    const world = await open();
    world.receiver.react({ status: 200, body: 'thank\u0000 you' });
    const event = await world.happen();
    const [id] = await sendEvent(world.home, event);
    await toTheEnd(world, world.first(id ?? ''));
    const [got] = world.receiver.received;
    if (got === undefined) throw new Error('nothing arrived');
    expect(got.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': id });
    expect(Number(got.headers['webhook-timestamp'])).toBe(Math.floor(world.now() / 1000));
    expect(JSON.parse(got.body)).toMatchObject({
      ...{ type: 'Metric.create', timestamp: event.time },
      data: { id: event.subject, event: event.id, workspaceId: world.workspaceId },
    });
    expect(verifies(world.webhook.secret ?? '', got)).toBe(true);
    expect(verifies(SECRET, got)).toBe(false);
    expect(await only(world)).toMatchObject({
      ...{ state: 'delivered', failure: null, nextAt: null },
      attempts: [{ ok: true, status: 200, response: 'thank you' }],
    });
  });

  test('delivered again, late and out of order makes one delivery for each webhook that wants it', async () => {
    const world = await open();
    const events = [await world.happen(), await world.happen(), await world.happen()];
    const storm = [...events.toReversed(), ...events, ...events].map((event) => sendEvent(world.home, event));
    const made = (await Promise.all(storm)).flat();
    expect(new Set(made).size).toBe(3);
    expect(made).toHaveLength(3);
    expect((await world.deliveries()).map(({ id }) => id).toSorted()).toEqual(made.toSorted());
  });

  test('from before the webhook, of another type, of another workspace, or of a delivery itself is not sent', async () => {
    const world = await open();
    const event = await world.happen();
    const none = [
      { ...event, id: 'evt_1', time: '2000-01-01T00:00:00.000Z' },
      { ...event, id: 'evt_2', type: 'Dataset.create' },
      { ...event, id: 'evt_3', workspaceId: house?.theirs.workspaceId ?? '' },
      { ...event, id: 'evt_4', type: 'Delivery.settle' },
    ];
    for (const one of none) expect(await sendEvent(world.home, one)).toEqual([]);
    const all = await open({ events: ['*'] });
    for (const type of ['Delivery.create', 'Webhook.report'])
      expect(await sendEvent(all.home, { ...(await all.happen()), type })).toEqual([]);
  });
});

describe('a message that comes twice', () => {
  test('one after the other, or at the same time, makes one request', async () => {
    const world = await open();
    const gate = Promise.withResolvers<void>();
    world.receiver.before(() => gate.promise);
    const message = await sent(world);
    const first = world.act(message);
    await expect.poll(() => world.receiver.received.length).toBe(1);
    await world.act(message);
    expect(world.later).toHaveLength(1);
    gate.resolve();
    await first;
    await world.act(message);
    await world.act(world.later[0]?.message ?? message);
    expect(world.receiver.received).toHaveLength(1);
    expect(await only(world)).toMatchObject({ state: 'delivered', made: 1 });
  });

  test('after its attempt was counted, but before the next one was sent for, sends for the next one', async () => {
    const world = await open();
    world.receiver.react({ status: 500 }, { status: 200 });
    const message = await sent(world);
    await world.act(message);
    // The process died here: what it had sent for later never was.
    world.later.length = 0;
    await toTheEnd(world, message);
    expect(world.receiver.received).toHaveLength(2);
    expect(await only(world)).toMatchObject({ state: 'delivered', made: 2 });
  });

  test('whose first holder died in the middle of the attempt is tried when nobody can be at it any more', async () => {
    const world = await open();
    const message = await sent(world);
    const dying = new AbortController();
    world.receiver.react('hang', { status: 200 });
    const cut = carryOutJob(world.home, message, { signal: dying.signal });
    await expect.poll(() => world.receiver.received.length).toBe(1);
    dying.abort();
    await expect(cut).rejects.toThrow('cancelled');
    await toTheEnd(world, message);
    expect(await only(world)).toMatchObject({ state: 'delivered', made: 1 });
  });
});

describe('a receiver that', () => {
  test.each([
    ['fails', [{ status: 500, body: 'oops' }], { status: 500, error: 'it answered 500', response: 'oops' }],
    ['hangs', ['hang' as const], { status: null, error: expect.stringContaining('no answer within 1 s') }],
    [
      'redirects',
      [{ status: 302, headers: { location: 'http://169.254.169.254/latest' } }],
      { status: 302, error: expect.stringContaining('redirects are not followed') },
    ],
    ['refuses', [{ status: 400 }], { status: 400, error: 'it answered 400' }],
  ])('%s gets the event again, later, with the same id and body', async (_, bad, logged) => {
    const world = await open();
    world.receiver.react(...bad, { status: 204 });
    await toTheEnd(world, await sent(world));
    const [one, two, ...more] = world.receiver.received;
    expect(more).toEqual([]);
    expect(two?.headers['webhook-id']).toBe(one?.headers['webhook-id']);
    expect(two?.body).toBe(one?.body);
    expect(Number(two?.headers['webhook-timestamp'])).toBeGreaterThan(Number(one?.headers['webhook-timestamp']));
    const delivery = await only(world);
    expect(delivery).toMatchObject({ state: 'delivered', attempts: [{ ok: false, ...logged }, { ok: true }] });
  });

  test('answers more than anybody reads is still a receiver, and the beginning is kept', async () => {
    const world = await open();
    world.receiver.react({ status: 200, body: '🙂'.repeat(100_000) });
    await toTheEnd(world, await sent(world));
    const delivery = await only(world);
    expect(delivery.state).toBe('delivered');
    expect(delivery.attempts[0]?.response).toBe('🙂'.repeat(250));
  });

  test('asks for time is given it, up to ten hours', async () => {
    const world = await open();
    const soon = { status: 429, headers: { 'retry-after': '4000' } };
    const never = { status: 503, headers: { 'retry-after': '99999999' } };
    world.receiver.react(soon, never, { status: 200 });
    const waits = await toTheEnd(world, await sent(world));
    expect(waits.reduce((sum, one) => sum + one, 0)).toBe(4000 + 36_000);
    expect(await only(world)).toMatchObject({ state: 'delivered', made: 3 });
  });

  test('is gone (410) is not tried again, and the webhook is disabled with an event that says why', async () => {
    const world = await open();
    world.receiver.react({ status: 410 });
    await toTheEnd(world, await sent(world));
    expect(await only(world)).toMatchObject({ state: 'failed', made: 1, failure: 'it answered 410' });
    expect(await world.get()).toMatchObject({ state: 'disabled', disabledBecause: 'it answered 410 Gone' });
    const [event] = await world.events('Webhook.giveUp');
    expect(event?.data).toEqual({ because: 'it answered 410 Gone' });
    expect(await sendEvent(world.home, await world.happen())).toEqual([]);
  });

  test('never answers is tried eight times in about 28 hours; after five days of that the webhook is disabled', async () => {
    const world = await open();
    world.receiver.react({ status: 500 });
    const begun = world.now();
    await toTheEnd(world, await sent(world));
    const hours = (world.now() - begun) / 3_600_000;
    expect(hours).toBeGreaterThan(20);
    expect(hours).toBeLessThan(36);
    expect(await only(world)).toMatchObject({ state: 'failed', made: 8, failure: 'it answered 500' });
    expect(await world.get()).toMatchObject({ state: 'enabled', failingSince: expect.any(String) });
    world.pass(5 * 24 * 3_600_000);
    await toTheEnd(world, await sent(world));
    expect(await world.get()).toMatchObject({
      ...{ state: 'disabled', disabledBecause: expect.stringContaining('nothing was delivered since') },
    });
  });

  test('recovers is no longer failing', async () => {
    const world = await open();
    world.receiver.react({ status: 500 }, { status: 200 });
    const message = await sent(world);
    await world.act(message);
    expect(await world.get()).toMatchObject({ failingSince: expect.any(String) });
    const next = world.later.shift();
    world.pass((next?.delaySeconds ?? 0) * 1000);
    await world.act(next?.message ?? message);
    expect(await world.get()).toMatchObject({ failingSince: null });
  });
});

describe('an address inside', () => {
  test.each(['http://169.254.169.254/', 'http://10.0.0.1/', 'http://localhost:9/', 'http://example.com/'])(
    'is never connected to: %s',
    async (url) => {
      const world = await open({ url });
      await world.act(await sent(world));
      const { attempts, state } = await only(world);
      expect(state).toBe('pending');
      expect(attempts[0]).toMatchObject({ status: null, error: expect.stringContaining('may not be called') });
    },
  );
});

describe('a delivery', () => {
  test('is sent again by hand under the same id, also when it arrived, and its log goes on', async () => {
    const world = await open();
    await toTheEnd(world, await sent(world));
    const { id } = await only(world);
    await world.client.call('deliveries', 'resend', { id });
    expect(await only(world)).toMatchObject({ state: 'pending', made: 0 });
    // The old message is late; it only sees to the new attempt.
    await toTheEnd(world, world.first(id));
    expect(world.receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([id, id]);
    expect(await only(world)).toMatchObject({ state: 'delivered', attempts: [{ ok: true }, { ok: true }] });
  });

  test('of a disabled or removed webhook ends, and cannot be sent again', async () => {
    const world = await open();
    const [one, two] = [await sent(world), await sent(world)];
    const { id, rev } = world.webhook;
    await world.client.call('webhooks', 'disable', { id, ifMatch: rev });
    await world.act(one);
    const resend = () => world.client.call('deliveries', 'resend', { id: one.deliveryId });
    await expect(resend()).rejects.toThrow('is disabled');
    await world.client.call('webhooks', 'delete', { id, ifMatch: rev + 1 });
    await world.act(two);
    const failures = (await world.deliveries()).map(({ failure }) => failure).toSorted();
    expect(failures).toEqual(['the webhook is disabled', 'the webhook was removed']);
    expect(world.receiver.received).toEqual([]);
    await expect(resend()).rejects.toThrow(id);
  });

  test('that has lost its message is given one again; one that waits for hours has not lost it', async () => {
    const world = await open();
    const { deliveryId } = await sent(world);
    const found: Message[] = [];
    const messages = (waiting: string[], dead: string[] = []): Messages => ({
      caughtUp: async () => undefined,
      keys: async () => ({ waiting: new Set(waiting), dead: new Set(dead) }),
      send: async (_, message) => void found.push(message as Message),
    });
    const round = (one: Messages) => reconcile(world.home, world.workspaceId, one);
    expect(await round(messages([`${deliveryId}/1.1/17`]))).toEqual({ restarted: [], givenUp: [] });
    expect(await round(messages([]))).toEqual({ restarted: [deliveryId], givenUp: [] });
    const [message] = found;
    if (message === undefined) throw new Error('no message');
    await toTheEnd(world, message);
    expect(await only(world)).toMatchObject({ state: 'delivered' });
    const other = await sent(world);
    expect(await round(messages([], [`${other.deliveryId}/1.1/17`]))).toMatchObject({ givenUp: [other.deliveryId] });
  });

  test('whose message was given up says so', async () => {
    const world = await open();
    const message = await sent(world);
    for (let i = 0; i < 2; i++) await giveUpJob(world.home, message, 'it failed');
    expect(await only(world)).toMatchObject({ state: 'failed', failure: 'it failed' });
  });
});

describe('a secret', () => {
  test('that was made here is shown once, and nowhere else', async () => {
    const world = await open();
    expect(world.webhook.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { body } = await world.client.get('webhooks', world.webhook.id);
    expect(body).not.toHaveProperty('secret');
    expect(body).not.toHaveProperty('keys');
    const everything: unknown[] = [body, await world.deliveries()];
    for await (const event of world.client.list('audit-events')) everything.push(event);
    expect(JSON.stringify(everything)).not.toContain(world.webhook.secret?.slice(6));
  });

  test('can be one that is there already; one that is missing or too short is refused without repeating it', async () => {
    const world = await open({ secretRef: 'env:SIGNING_API_KEY' });
    expect(world.webhook).not.toHaveProperty('secret');
    await toTheEnd(world, await sent(world));
    expect(world.receiver.received.map((one) => verifies(SECRET, one))).toEqual([true]);
    for (const secretRef of ['env:SHORT_API_KEY', 'env:NO_API_KEY', 'env:DSPEX_API_KEY', 'local:house.x']) {
      const input = { name: 'other', url: world.receiver.url, events: ['*'], secretRef };
      const refused = world.client.call('webhooks', 'create', { input });
      await expect(refused).rejects.toMatchObject({ status: 400, code: expect.stringContaining('secret_') });
    }
  });

  test('is rotated: both sign for as long as was asked, then the new one alone', async () => {
    const world = await open();
    const { id, rev, secret: old = '' } = world.webhook;
    const { body } = await world.client.call<{ secret: string }>('webhooks', 'rotate', {
      ...{ id, ifMatch: rev, input: { overlapHours: 1 } },
    });
    expect(body.secret).not.toBe(old);
    await toTheEnd(world, await sent(world));
    world.pass(2 * 3_600_000);
    await toTheEnd(world, await sent(world));
    const signed = world.receiver.received.map((one) => [verifies(old, one), verifies(body.secret, one)]);
    expect(signed).toEqual([
      [true, true],
      [false, true],
    ]);
  });

  test('is not in the answer that is given again under the same Idempotency-Key', async () => {
    const world = await open();
    const { id, rev } = world.webhook;
    const rotate = () =>
      world.client.call<{ secret?: string; rev: number }>('webhooks', 'rotate', {
        ...{ id, ifMatch: rev, idempotencyKey: 'once', input: {} },
      });
    const [first, again] = [await rotate(), await rotate()];
    expect(first.body.secret).toMatch(/^whsec_/);
    expect(again.body).toMatchObject({ rev: first.body.rev });
    expect(again.body).not.toHaveProperty('secret');
  });

  test('of a webhook cannot be named by a program', async () => {
    const world = await open();
    const record = await world.kernel
      .acting({ id: 'system', workspaceId: world.workspaceId, roles: [], system: true })
      .get<{ keys: { ref: string }[] }>('Webhook', world.webhook.id);
    const { house: own, lent } = world.home.services.secrets;
    expect(await own.get(record.keys[0]?.ref ?? '')).toBe(world.webhook.secret);
    expect(await lent.get(record.keys[0]?.ref ?? '')).toBeNull();
  });
});

describe('a webhook is refused', () => {
  test.each([
    [{ url: 'ftp://example.com/' }, '/url'],
    [{ url: 'https://user:pass@example.com/' }, '/url'],
    [{ url: 'nowhere' }, '/url'],
    [{ url: 'https://example.com/#part' }, '/url'],
    [{ events: [] }, '/events'],
    [{ events: ['promote'] }, '/events/0'],
    [{ timeoutSeconds: 31 }, '/timeoutSeconds'],
  ])('when it says %j', async (wrong, pointer) => {
    house = await openRealHouse();
    const input = { name: 'hook', url: 'https://example.com/', events: ['*'], ...wrong };
    const refused = house.ours.client.call('webhooks', 'create', { input });
    await expect(refused).rejects.toMatchObject({ status: 400, problems: [{ pointer }] });
  });
});

test('through the whole product, with workers: what happens arrives, and a ping too', async () => {
  receiver = await openReceiver();
  house = await openRealHouse({ work: true, environment: { DSPEX_ALLOW_HOSTS: receiver.host } });
  const { client, programId } = house.ours;
  const { body: webhook } = await client.call<{ id: string; secret: string }>('webhooks', 'create', {
    input: { name: 'all', url: receiver.url, events: ['Program.*', 'Webhook.ping'] },
  });
  const { rev } = await client.get('programs', programId);
  await client.call('programs', 'promote', { id: programId, ifMatch: rev ?? 0, input: { version: 1 } });
  await client.call('webhooks', 'ping', { id: webhook.id });
  const there = receiver.received;
  await expect.poll(() => there.length).toBe(2);
  expect(there.map(({ body }) => JSON.parse(body).type).toSorted()).toEqual(['Program.promote', 'Webhook.ping']);
  expect(there.every((one) => verifies(webhook.secret, one))).toBe(true);
});
