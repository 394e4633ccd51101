import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import { type DisturbedBy, disturbed } from './disturbed.ts';
import { type Emulated, whenEmulated } from './emulated.ts';
import { seeded } from './faults.ts';
import { type BareHouse, openBareHouse } from './storm/house.ts';

// The emulators share the machine with whatever else it does.
vi.setConfig({ testTimeout: 300_000 });

/** A house whose API stands on a network that is sound until `by` is told otherwise. */
async function houseOver(emulated: Emulated) {
  const network: { by: DisturbedBy } = { by: () => null };
  const house = await openBareHouse(emulated, { access: disturbed({}, (operation) => network.by(operation)) });
  onTestFinished(() => house.remove());
  return { house, network };
}

interface Reply {
  status: number;
  retryAfter: string | null;
  body: JsonObject;
}

async function send(
  house: BareHouse,
  method: string,
  path: string,
  body?: string | ReadableStream,
  key: string = randomUUID(),
): Promise<Reply> {
  const headers = { authorization: `Bearer ${house.key}`, 'content-type': 'application/json', 'idempotency-key': key };
  const request = new Request(`http://house/v1/${path}`, {
    ...{ method, headers },
    ...(body === undefined ? {} : { body, duplex: 'half' }),
  });
  const response = await house.app.fetch(request);
  return {
    ...{ status: response.status, retryAfter: response.headers.get('retry-after') },
    body: (await response.json()) as JsonObject,
  };
}

const create = (house: BareHouse, name: string, key?: string) =>
  send(house, 'POST', 'datasets', JSON.stringify({ name }), key);

async function names(house: BareHouse): Promise<string[]> {
  const all: string[] = [];
  for await (const { name } of house.client.list<{ name: string }>('datasets')) all.push(name);
  return all.sort();
}

/** So many percent of the requests, drawn by a seed. */
function shares(seed: number, percent: Partial<Record<'throttled' | 'conflict' | 'lost', number>>): DisturbedBy {
  const random = seeded(seed);
  return () => {
    let drawn = random() * 100;
    for (const [what, share] of Object.entries(percent)) {
      drawn -= share;
      if (drawn < 0) return what as keyof typeof percent;
    }
    return null;
  };
}

whenEmulated('the API over a bad network', (emulated) => {
  it('throttled, in conflict, answers lost after the commit: what is acknowledged is there once, all else says 503 and when to come again', async () => {
    const { house, network } = await houseOver(emulated);
    network.by = shares(11, { throttled: 6, conflict: 12, lost: 6 });
    const wanted = Array.from({ length: 40 }, (_, n) => `d${String(n).padStart(2, '0')}`);
    const refused: Reply[] = [];
    for (const name of wanted) {
      const key = randomUUID();
      for (let attempt = 1; ; attempt++) {
        const reply = await create(house, name, key);
        if (reply.status === 201) break;
        refused.push(reply);
        if (attempt === 30) throw new Error(`${name} was never acknowledged: ${JSON.stringify(reply)}`);
      }
    }
    network.by = () => null;
    expect(await names(house)).toEqual(wanted);
    for (const { status, retryAfter, body } of refused) {
      // A request that is known to be still at work is the only other answer.
      expect([503, 409]).toContain(status);
      expect(['aws_throttled', 'aws_unreachable', 'store_contended', 'idempotency_in_flight']).toContain(body.code);
      expect(Number(retryAfter)).toBeGreaterThan(0);
    }
  });

  it('control: without the key, a client that asks again is told that the name is taken', async () => {
    const { house, network } = await houseOver(emulated);
    // The first transaction notes the key, the second creates; each is asked for again when it is lost.
    let transactions = 0;
    network.by = (operation) => (operation.endsWith('TransactWriteItems') && ++transactions > 1 ? 'lost' : null);
    expect(await create(house, 'twice')).toMatchObject({ status: 503, body: { code: 'aws_unreachable' } });
    network.by = () => null;
    expect(await create(house, 'twice')).toMatchObject({ status: 409 });
    expect(await names(house)).toEqual(['twice']);
  });

  it('an expired credential is 503 with what to do, never 401 or 500; afterwards everything is as it was', async () => {
    const { house, network } = await houseOver(emulated);
    await create(house, 'before');
    network.by = () => 'expired';
    for (const [method, path, body] of [
      ['GET', 'datasets'],
      ['POST', 'datasets', '{"name":"during"}'],
      ['GET', 'datasets/before'],
    ] as const)
      expect(await send(house, method, path, body)).toMatchObject({
        ...{ status: 503, retryAfter: null },
        body: { code: 'aws_credentials_expired', detail: expect.stringContaining('sign in again or refresh the role') },
      });
    network.by = () => null;
    expect(await names(house)).toEqual(['before']);
  });

  it('blobs that cannot be written refuse the record that needs one, and nothing of it is there', async () => {
    const { house, network } = await houseOver(emulated);
    network.by = (operation) => (operation === 'PUT' ? 'throttled' : null);
    const reply = await send(house, 'POST', 'language-models', JSON.stringify(modelOf('large', 401)));
    expect(reply).toMatchObject({ status: 503, body: { code: 'aws_throttled' } });
    expect(reply.retryAfter).toBe('1');
    network.by = () => null;
    expect(await send(house, 'GET', 'language-models/large')).toMatchObject({ status: 404 });
  });

  it.each([399, 401, 900])('a record of %i KB is kept whole', async (kilobytes) => {
    const { house } = await houseOver(emulated);
    const model = modelOf('large', kilobytes);
    expect((await send(house, 'POST', 'language-models', JSON.stringify(model))).status).toBe(201);
    const { body } = await send(house, 'GET', 'language-models/large');
    expect(body.defaults).toEqual(model.defaults);
  });

  it('bodies of more than 1 MB, of 6 MB and of 100 MB are 413, announced or not, and are not read to their end', async () => {
    const { house } = await houseOver(emulated);
    for (const megabytes of [1.01, 6, 100]) {
      const taken = { bytes: 0 };
      const reply = await send(house, 'POST', 'datasets', streamOf(megabytes * 1_048_576, taken));
      expect(reply).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
      expect(reply.body.detail).toContain('1048576 bytes');
      expect(taken.bytes).toBeLessThan(2 * 1_048_576);
    }
    const whole = await send(house, 'POST', 'datasets', 'x'.repeat(6 * 1_048_576));
    expect(whole.status).toBe(413);
    expect(await names(house)).toEqual([]);
  });
});

/** A record of about so many KB: large text in an attribute that may be large. */
function modelOf(name: string, kilobytes: number) {
  const size = kilobytes * 1024 - 600;
  const texts = Array.from({ length: Math.ceil(size / 3900) }, (_, n) => 'x'.repeat(Math.min(3900, size - n * 3900)));
  const typicalInputs: Record<string, string>[] = [];
  for (let from = 0; from < texts.length; from += 8)
    typicalInputs.push(Object.fromEntries(texts.slice(from, from + 8).map((text, n) => [`f${n}`, text])));
  return { name, model: 'openai/x', defaults: { typicalInputs } };
}

function streamOf(bytes: number, taken: { bytes: number }): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      if (taken.bytes >= bytes) return controller.close();
      taken.bytes += 65_536;
      controller.enqueue(Buffer.alloc(65_536, 'x'));
    },
  });
}
