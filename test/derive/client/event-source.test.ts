import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readEvents, type ServerEvent } from '#lib/derive/client/event-source';
import { eventText } from '#lib/derive/http/events';
import { collect } from './collect.ts';

/** The text in pieces that end wherever, in the middle of a character too. */
async function* inPieces(text: string, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let start = 0, i = 0; start < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.slice(start, start + size);
    start += size;
  }
}

async function read(text: string, sizes: readonly number[] = [1]): Promise<ServerEvent[]> {
  return collect(readEvents(inPieces(text, sizes)));
}

describe('what the API writes, the client reads', () => {
  test('any events, however the network cuts them', async () => {
    const event = fc.record({
      id: fc.stringMatching(/^[a-z0-9]{1,8}$/),
      event: fc.stringMatching(/^[a-z.]{1,12}$/),
      data: fc.jsonValue({ stringUnit: 'grapheme' }).map((value) => JSON.parse(JSON.stringify(value))),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
        async (events, sizes) => {
          const text = events.map((one) => `: still here\n\n${eventText(one)}`).join('');
          expect(await read(text, sizes)).toEqual(events);
        },
      ),
    );
  });

  test('no id or name can break out of its line', async () => {
    const text = eventText({ id: 'a\nevent: forged', event: 'b\r\ndata: 1\0', data: 'c\n\ndata: 2' });
    expect(await read(text)).toEqual([{ id: 'a event: forged', event: 'b  data: 1 ', data: 'c\n\ndata: 2' }]);
  });
});

describe('what others write', () => {
  test('with any line endings, without names, with data in several lines', async () => {
    const text = 'data:1\r\rdata: [1,\r\ndata: 2]\r\n\r\nevent: x\nid: 7\ndata: {}\n\nid\ndata: null\n\n';
    expect(await read(text)).toEqual([
      { id: null, event: 'message', data: 1 },
      { id: null, event: 'message', data: [1, 2] },
      { id: '7', event: 'x', data: {} },
      { id: '', event: 'message', data: null },
    ]);
  });

  test('an event that was cut off, or has no data, is none', async () => {
    expect(await read('event: empty\n\nretry: 5\n\ndata: 1\n\ndata: 2\n')).toEqual([
      { id: null, event: 'message', data: 1 },
    ]);
  });
});
