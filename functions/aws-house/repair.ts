import { MESSAGES, type MessageOf, messageKey } from '#lib/ports/messages';
import { QUEUE_NAMES, type QueueName } from '#lib/ports/queue';
import { type Messages, type Reconciled, reconcile } from '#lib/work/reconcile';
import type { Aws } from '../wire-aws.ts';

/** As many dead letters as are looked at in one round. */
const DEAD_LETTERS = 100;

/**
 * Reconciles a workspace over SQS, which cannot say what waits in it: while a queue has any message, visible or not,
 * whatever it may be about counts as waiting. A message that comes once too often does no harm.
 */
export async function repair(
  { work, home, settings }: Pick<Aws, 'work' | 'home' | 'settings'>,
  workspaceId: string,
  waitingIn: (queue: QueueName) => Promise<number> = depthOf(settings),
): Promise<Reconciled> {
  const keys: Messages['keys'] = async (queue) => {
    const dead = await home.queue.deadLetters(queue, DEAD_LETTERS);
    const names = dead.flatMap(({ body }) => keysIn(queue, body));
    return { waiting: (await waitingIn(queue)) > 0 ? EVERYTHING : new Set(), dead: new Set(names) };
  };
  const send = async <Q extends QueueName>(queue: Q, message: MessageOf<Q>): Promise<void> =>
    home.queue.send(queue, JSON.stringify(message), { group: message.workspaceId });
  return reconcile(work, workspaceId, { keys, send, caughtUp: async () => undefined });
}

/** What a dead letter was about. One that nobody can read lies there for people, and keeps nothing else from its repair. */
function keysIn(queue: QueueName, body: string): string[] {
  try {
    return [messageKey(queue, MESSAGES[queue].parse(JSON.parse(body)) as never)];
  } catch {
    return [];
  }
}

function depthOf(settings: Aws['settings']): (queue: QueueName) => Promise<number> {
  return async (queue) => {
    const { queueDepth } = await import('#lib/aws/sqs/depth');
    return queueDepth({}, settings.queues[queue]?.queue ?? '');
  };
}

/** A set that has everything. */
const EVERYTHING: ReadonlySet<string> = Object.assign(new Set<string>(), { has: () => true });

export const REPAIRED_QUEUES = QUEUE_NAMES;
