import { setTimeout as pause } from 'node:timers/promises';
import { SqsQueue } from '#lib/aws/sqs/queue';
import { queueContract } from '../contract/queue.ts';
import { whenEmulated } from './emulated.ts';
import { makeQueues } from './queues.ts';

whenEmulated('SQS', ({ ministack }) => {
  queueContract('SQS on ministack', async () => {
    const queues = await makeQueues(ministack);
    return {
      queue: new SqsQueue(queues),
      // SQS keeps its own time.
      advance: (milliseconds) => pause(milliseconds),
      dispose: () => queues.remove(),
    };
  });
});
