import { DspexError } from '#lib/base/errors';
import { type MessageOf, messageKey } from '#lib/ports/messages';
import type { QueueName } from '#lib/ports/queue';
import { ledgerOf } from '#lib/resources/budget/ledgers';
import { nextOf } from '#lib/resources/delivery/resource';
import { every } from '#lib/resources/every';
import { giveUp } from './give-up.ts';
import { actingFor, type Home, type Origin } from './home.ts';
import { missingSlices, type OptimizationRecord, told } from './optimization.ts';

/** What reconciling needs to know of a home's queues. */
export interface Messages {
  /** Resolves when everything committed before has become messages. */
  caughtUp(): Promise<void>;
  /** Keys (`messageKey`) of what will still be delivered, and of what was given up. */
  keys(queue: QueueName): Promise<{ waiting: ReadonlySet<string>; dead: ReadonlySet<string> }>;
  send<Q extends QueueName>(queue: Q, message: MessageOf<Q>): Promise<void>;
}

/** Ids of records that had no message and got one, and of those whose message was a dead letter. */
export interface Reconciled {
  restarted: string[];
  givenUp: string[];
}

interface Unfinished {
  id: string;
  createdBy: string;
}

const DEAD = 'every delivery of its message was used up; the log of the process says why';
type Keys = Record<QueueName, Awaited<ReturnType<Messages['keys']>>>;

/**
 * Nothing stays unfinished for ever: a record that should be worked on and has no message gets one again, one whose
 * message is a dead letter is marked failed. Run at every start and from time to time; every step of it can be repeated.
 */
export async function reconcile(home: Home, workspaceId: string, messages: Messages): Promise<Reconciled> {
  await sweepBudgets(home, workspaceId);
  // Records first, messages after them: whatever is unfinished now and has no message then has lost it, or has ended.
  const executions = await unfinished(home, workspaceId, 'Execution', ['pending', 'running']);
  const evaluations = await unfinished(home, workspaceId, 'Evaluation', ['queued', 'running']);
  const optimizations = await unfinished(home, workspaceId, 'Optimization', ['queued', 'running']);
  const deliveries = await unfinished(home, workspaceId, 'Delivery', ['pending']);
  await messages.caughtUp();
  const keys: Keys = {
    execution: await messages.keys('execution'),
    job: await messages.keys('job'),
    tick: await messages.keys('tick'),
    slice: await messages.keys('slice'),
  };
  const done: Reconciled = { restarted: [], givenUp: [] };
  const one = async <Q extends 'execution' | 'job'>(queue: Q, message: MessageOf<Q>): Promise<void> => {
    const key = messageKey(queue, message);
    if (keys[queue].waiting.has(key)) return;
    if (keys[queue].dead.has(key)) {
      await giveUp[queue](home, message, DEAD);
      done.givenUp.push(key);
    } else {
      // One that has ended meanwhile is found ended by its worker.
      await messages.send(queue, message);
      done.restarted.push(key);
    }
  };
  for (const record of executions) await one('execution', { ...origin(workspaceId, record), executionId: record.id });
  for (const record of evaluations) await one('job', { ...origin(workspaceId, record), evaluationId: record.id });
  for (const record of deliveries) await delivery(home, origin(workspaceId, record), record.id, keys, messages, done);
  for (const record of optimizations)
    await optimization(home, origin(workspaceId, record), record, keys, messages, done);
  return done;
}

/** Blocks of workers that died count as spent; what an optimization holds its own turns look after. */
async function sweepBudgets(home: Home, workspaceId: string): Promise<void> {
  for (const { id } of await unfinished(home, workspaceId, 'Budget'))
    await ledgerOf(home.services.store, workspaceId, id).sweep(home.clock.now());
}

const origin = (workspaceId: string, { createdBy }: Unfinished): { v: 1 } & Origin => ({
  v: 1,
  workspaceId,
  principal: createdBy,
});

/** Each of its attempts has messages of its own, and several while it waits for hours. */
async function delivery(
  home: Home,
  from: { v: 1 } & Origin,
  id: string,
  keys: Keys,
  messages: Messages,
  done: Reconciled,
): Promise<void> {
  const has = (which: 'waiting' | 'dead', prefix: string): boolean =>
    keys.job[which].has(id) || [...keys.job[which]].some((key) => key.startsWith(prefix));
  if (has('waiting', `${id}/`)) return;
  const record = await actingFor(home, from).get<{ series: number; made: number }>('Delivery', id);
  const message = { ...from, deliveryId: id, attempt: nextOf(record), at: home.clock.now() };
  const dead = has('dead', `${id}/${message.attempt}/`);
  if (dead) await giveUp.job(home, message, DEAD);
  else await messages.send('job', message);
  (dead ? done.givenUp : done.restarted).push(id);
}

/** Its turns and its slices bring each other about, so all of them must be missing before any is missed. */
async function optimization(
  home: Home,
  from: { v: 1 } & Origin,
  { id }: Unfinished,
  keys: Keys,
  messages: Messages,
  done: Reconciled,
): Promise<void> {
  const has = (which: 'waiting' | 'dead'): boolean =>
    keys.tick[which].has(id) || [...keys.slice[which]].some((key) => key.startsWith(`${id}/`));
  if (has('waiting')) return;
  if (has('dead')) {
    await giveUp.tick(home, { ...from, optimizationId: id }, DEAD);
    done.givenUp.push(id);
    return;
  }
  const acting = actingFor(home, from);
  const record = await acting.get<OptimizationRecord>('Optimization', id);
  if (record.state === 'running') {
    const now = await told(home.services, acting, record);
    for (const sliceId of await missingSlices(home.services, acting, now, id))
      await messages.send('slice', { ...from, optimizationId: id, sliceId });
  }
  await messages.send('tick', { ...from, optimizationId: id });
  done.restarted.push(id);
}

/** Those in one of the states; without states all there are. */
async function unfinished(
  home: Home,
  workspaceId: string,
  resource: string,
  states?: readonly string[],
): Promise<Unfinished[]> {
  const acting = actingFor(home, { workspaceId, principal: 'system' });
  const filters = states === undefined ? [{}] : states.map((state) => ({ filter: { state } }));
  const found = filters.map((filter) => Array.fromAsync(every<Unfinished>(acting, resource, filter)));
  return (await Promise.all(found)).flat();
}

/** Why a message is given up, as its record says it. */
export function reasonOf(error: unknown): string {
  const text = DspexError.is(error) || error instanceof Error ? error.message : String(error);
  return `tried as often as it may be, and failed each time; at last: ${text}`.slice(0, 2000);
}
