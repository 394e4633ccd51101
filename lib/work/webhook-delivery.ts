import { rfc3339 } from '#lib/base/clock';
import { DspexError } from '#lib/base/errors';
import { failureOf } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import type { Acting } from '#lib/kernel/kernel';
import type { MessageOf } from '#lib/ports/messages';
import { QUEUE_LIMITS } from '#lib/ports/queue';
import { type Attempt, type Happening, payloadOf } from '#lib/resources/delivery/attributes';
import { nextOf } from '#lib/resources/delivery/resource';
import type { Key } from '#lib/resources/webhook/attributes';
import { keyOf } from '#lib/resources/webhook/secret';
import { actingFor, type Hold, type Home } from './home.ts';
import { isTooLate } from './too-late.ts';
import { claim } from './webhook-claim.ts';
import { signedHeaders } from './webhook-signature.ts';

export type DeliveryMessage = Extract<MessageOf<'job'>, { deliveryId: string }>;

interface DeliveryRecord {
  id: string;
  state: string;
  webhookId: string;
  event: Happening;
  made: number;
  series: number;
  nextAt: string | null;
}

interface WebhookRecord {
  state: string;
  url: string;
  timeoutSeconds: number;
  keys: Key[];
}

const REPLY_BYTES = 4096;
const PREVIEW = 500;

/**
 * One attempt to deliver an event, when its time has come; before that, the message is sent on to come later. A message
 * that comes twice makes no second attempt, and one that comes after its attempt was counted only sees to the next one.
 */
export async function deliver(home: Home, message: DeliveryMessage, hold: Hold): Promise<void> {
  const acting = actingFor(home, message, hold.signal);
  const delivery = await acting.get<DeliveryRecord>('Delivery', message.deliveryId);
  if (delivery.state !== 'pending') return;
  const due = Date.parse(delivery.nextAt ?? '') || 0;
  if (message.attempt !== nextOf(delivery)) return next(home, message, nextOf(delivery), due);
  if (home.clock.now() < due) return next(home, message, message.attempt, due);
  const webhook = await acting.get<WebhookRecord>('Webhook', delivery.webhookId).catch(ifGone);
  if (webhook?.state !== 'enabled') {
    const because = webhook === null ? 'the webhook was removed' : 'the webhook is disabled';
    return abandon(acting, message.deliveryId, because);
  }
  const busyUntil = await claim(home, message, webhook.timeoutSeconds);
  if (busyUntil !== null) return next(home, message, message.attempt, busyUntil);
  const { outcome, retryAfterSeconds } = await attempt(home, message.workspaceId, delivery, webhook, hold);
  const input = { attempt: message.attempt, outcome, retryAfterSeconds } as unknown as JsonObject;
  try {
    await acting.dispatch({ resource: 'Delivery', action: 'settle', id: delivery.id, input, as: 'system' });
  } catch (error) {
    if (!isTooLate(error)) throw error;
  }
  const after = await acting.get<DeliveryRecord>('Delivery', delivery.id);
  if (after.state === 'pending') await next(home, message, nextOf(after), Date.parse(after.nextAt ?? ''));
}

/** Nobody will try any more: the message's deliveries are used up. */
export async function giveUpDelivery(home: Home, message: DeliveryMessage, reason: string): Promise<void> {
  await abandon(actingFor(home, message), message.deliveryId, reason);
}

async function abandon(acting: Acting, id: string, because: string): Promise<void> {
  try {
    await acting.dispatch({ resource: 'Delivery', action: 'abandon', id, input: { because }, as: 'system' });
  } catch (error) {
    if (!isTooLate(error)) throw error;
  }
}

/** No queue holds a message for hours: it comes as late as it may, and is sent on. */
async function next(home: Home, message: DeliveryMessage, attempt: string, due: number): Promise<void> {
  const now = home.clock.now();
  const at = Math.max(now, Math.min(due, now + QUEUE_LIMITS.delaySeconds * 1000));
  await home.later({ ...message, attempt, at }, Math.ceil((at - now) / 1000));
}

async function attempt(
  home: Home,
  workspaceId: string,
  { id, event }: DeliveryRecord,
  webhook: WebhookRecord,
  { signal }: Hold,
): Promise<{ outcome: Attempt; retryAfterSeconds: number }> {
  const started = home.clock.now();
  const outcome = (rest: Pick<Attempt, 'ok' | 'status' | 'error' | 'response'>): Attempt => ({
    ...{ at: rfc3339(started), durationMs: home.clock.now() - started },
    ...rest,
  });
  try {
    const body = payloadOf(workspaceId, event);
    const keys = await signingKeys(home, webhook.keys, started);
    const reply = await home.outbound({
      ...{ method: 'POST', url: new URL(webhook.url), body, signal, secure: true },
      headers: {
        ...{ 'content-type': 'application/json', 'user-agent': 'dspex-webhooks' },
        ...signedHeaders({ id, at: started, body }, keys),
      },
      ...{ timeoutSeconds: webhook.timeoutSeconds, maxBytes: REPLY_BYTES, cut: true },
    });
    const { status } = reply;
    const ok = status >= 200 && status < 300;
    const error = ok
      ? null
      : `it answered ${status}${status >= 300 && status < 400 ? '; redirects are not followed' : ''}`;
    return {
      outcome: outcome({ ok, status, error, response: previewOf(reply.body) }),
      retryAfterSeconds: secondsOf(reply.headers['retry-after'], started),
    };
  } catch (error) {
    // Cut off by the end of this process: no attempt at all.
    if (signal.aborted || (DspexError.is(error) && error.status >= 500)) throw error;
    const failed = { ok: false, status: null, error: failureOf(error).message.slice(0, 2000), response: '' };
    return { outcome: outcome(failed), retryAfterSeconds: 0 };
  }
}

async function signingKeys({ services }: Home, keys: readonly Key[], now: number): Promise<Buffer[]> {
  const found: Buffer[] = [];
  for (const { ref, own, until } of keys) {
    if (until !== null && Date.parse(until) <= now) continue;
    const secret = await (own ? services.secrets.house : services.secrets.lent).get(ref);
    const key = secret === null ? null : keyOf(secret);
    if (key !== null) found.push(key);
  }
  if (found.length === 0) throw new Error('the signing secret is not there any more; rotate it');
  return found;
}

/** What a person can read of an answer. */
function previewOf(body: Buffer): string {
  return body
    .toString()
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, PREVIEW)
    .toWellFormed();
}

/** `Retry-After`, in seconds or as a date. */
function secondsOf(header: string | undefined, now: number): number {
  if (header === undefined) return 0;
  const seconds = /^\d{1,9}$/.test(header.trim()) ? Number(header) : (Date.parse(header) - now) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
}

function ifGone(error: unknown): null {
  if (DspexError.is(error) && error.status === 404) return null;
  throw error;
}
