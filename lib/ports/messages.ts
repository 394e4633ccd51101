import * as z from 'zod';
import type { QueueName } from './queue.ts';

/**
 * Every queue payload, in one place: pointers, never content. `v` is raised when a shape changes; a worker refuses a
 * version it does not know instead of guessing.
 */
const origin = { v: z.literal(1), workspaceId: z.string(), principal: z.string() };

export const MESSAGES = {
  /** Drive one execution until it ends (or its lease is lost). */
  execution: z.strictObject({ ...origin, executionId: z.string() }),
  /** Take one turn of an optimization: tell what came in, ask for more, or finish. */
  tick: z.strictObject({ ...origin, optimizationId: z.string() }),
  /** Evaluate one slice of a trial; `sliceId` is the key under which its result counts once. */
  slice: z.strictObject({ ...origin, optimizationId: z.string(), sliceId: z.string() }),
  /**
   * Carry out one evaluation, score the execution a firing is about, or make one attempt of a webhook's delivery.
   * `at`: when it is due, in milliseconds since the epoch; a wait longer than a queue's longest delay has several.
   */
  job: z.union([
    z.strictObject({ ...origin, evaluationId: z.string() }),
    z.strictObject({ ...origin, firingId: z.string() }),
    z.strictObject({ ...origin, deliveryId: z.string(), attempt: z.string(), at: z.number() }),
  ]),
} as const satisfies Record<QueueName, z.ZodType>;

/** What a message is about: two messages of one key ask for the same work. See `Queue.send`. */
export function messageKey<Q extends QueueName>(queue: Q, message: MessageOf<Q>): string {
  return KEYS[queue](message as never);
}

const KEYS: { [Q in QueueName]: (message: MessageOf<Q>) => string } = {
  execution: ({ executionId }) => executionId,
  tick: ({ optimizationId }) => optimizationId,
  slice: ({ optimizationId, sliceId }) => `${optimizationId}/${sliceId}`,
  job: (message) => {
    if ('deliveryId' in message) return `${message.deliveryId}/${message.attempt}/${message.at}`;
    return 'firingId' in message ? message.firingId : message.evaluationId;
  },
};

export type MessageOf<Q extends QueueName> = z.output<(typeof MESSAGES)[Q]>;
