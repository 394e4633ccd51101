import { describe, expect, it } from 'vitest';
import type { DomainEvent, Events } from '#lib/ports/events';
import { rejection } from './harness.ts';

/** What every in-process Events guarantees. */
export function eventsContract(name: string, makeEvents: () => Events): void {
  describe(`Events contract: ${name}`, () => {
    const event = (id: string): DomainEvent => ({
      id,
      type: 'Program.promote',
      workspaceId: 'wks_a',
      subject: 'prg_1',
      principal: 'key_1',
      time: '2026-01-01T00:00:00.000Z',
      data: {},
    });

    it('every listener gets every event, in order, before publish resolves', async () => {
      const events = makeEvents();
      const seen: string[] = [];
      events.subscribe(async ({ id }) => {
        await Promise.resolve();
        seen.push(`a${id}`);
      });
      events.subscribe(({ id }) => {
        seen.push(`b${id}`);
      });
      await events.publish([event('1'), event('2')]);
      expect(seen.filter((one) => one.startsWith('a'))).toEqual(['a1', 'a2']);
      expect(seen.filter((one) => one.startsWith('b'))).toEqual(['b1', 'b2']);
    });

    it('a failing listener does not keep events from the others, and the publisher learns of it', async () => {
      const events = makeEvents();
      const seen: string[] = [];
      events.subscribe(() => {
        throw new Error('broken');
      });
      events.subscribe(({ id }) => {
        seen.push(id);
      });
      expect(await rejection(events.publish([event('1'), event('2')]))).toBeInstanceOf(AggregateError);
      expect(seen).toEqual(['1', '2']);
    });

    it('an unsubscribed listener gets nothing; the same function subscribed twice is told twice', async () => {
      const events = makeEvents();
      const seen: string[] = [];
      const listener = ({ id }: DomainEvent) => {
        seen.push(id);
      };
      const stop = events.subscribe(listener);
      events.subscribe(listener);
      await events.publish([event('1')]);
      stop();
      await events.publish([event('2')]);
      expect(seen).toEqual(['1', '1', '2']);
    });
  });
}
