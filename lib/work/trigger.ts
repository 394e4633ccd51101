import { Cron } from 'croner';
import { rfc3339 } from '#lib/base/clock';
import type { DomainEvent } from '#lib/ports/events';
import { every } from '#lib/resources/every';
import type { On, Start } from '#lib/resources/trigger/attributes';
import { fire } from '#lib/resources/trigger/fire';
import { occurrenceOf, passes } from '#lib/resources/trigger/matches';
import { actingFor, type Home } from './home.ts';

interface TriggerRecord {
  id: string;
  createdBy: string;
  on: On;
  start: Start;
}

// What no trigger can wait for need not be looked up: most events are such.
const HEARD: ReadonlySet<string> = new Set([
  'Dataset.addVersion',
  'Program.create',
  'Program.publish',
  'Program.promote',
  'Object.created',
  'Execution.finish',
]);

/** Fires what an event sets off. Delivered again, late or out of order, it fires nothing again. Gives the firings' ids. */
export async function fireTriggers(home: Home, event: DomainEvent): Promise<string[]> {
  if (!HEARD.has(event.type)) return [];
  const fired: string[] = [];
  for await (const trigger of enabled(home, event.workspaceId)) {
    const occurrence = occurrenceOf(trigger.on, event);
    if (occurrence === null || !passes(trigger.on, occurrence)) continue;
    const acting = actingFor(home, { workspaceId: event.workspaceId, principal: trigger.createdBy });
    const firing = await fire(trigger, occurrence, acting);
    if (firing.fired) fired.push(firing.id);
  }
  return fired;
}

/** How long a schedule may be missed (the process was down) and still be made up for. */
const LATE_MS = 10 * 60_000;

/** Fires schedules whose last due minute is not long gone; the minute is the key, so every look at it but one does nothing. */
export async function fireSchedules(home: Home, workspaceId: string): Promise<string[]> {
  const now = home.clock.now();
  const fired: string[] = [];
  for await (const trigger of enabled(home, workspaceId)) {
    if (trigger.on.event !== 'cron') continue;
    const { schedule, timezone } = trigger.on;
    const cron = new Cron(schedule, { timezone, paused: true, mode: '5-part' });
    const [due] = cron.previousRuns(1, new Date(now + 1));
    if (due === undefined || now - due.getTime() > LATE_MS) continue;
    const acting = actingFor(home, { workspaceId, principal: trigger.createdBy });
    const firing = await fire(trigger, { key: `cron/${rfc3339(due.getTime())}`, happened: {} }, acting);
    if (firing.fired) fired.push(firing.id);
  }
  return fired;
}

function enabled(home: Home, workspaceId: string): AsyncGenerator<TriggerRecord> {
  return every(actingFor(home, { workspaceId, principal: 'system' }), 'Trigger', { filter: { state: 'enabled' } });
}
