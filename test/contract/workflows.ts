import { afterEach, describe, expect, it } from 'vitest';
import { MESSAGES } from '#lib/ports/messages';
import { MAX_RECEIVES, type Message, type Queue } from '#lib/ports/queue';
import type { WorkflowSteering, Workflows } from '#lib/ports/workflows';
import type { Harness } from './harness.ts';

export interface WorkflowsUnderTest extends Harness {
  workflows: Workflows & WorkflowSteering;
  queue: Queue;
  reopen(): Promise<WorkflowsUnderTest>;
}

const RUN = { workspaceId: 'wks_a', executionId: 'exe_1', principal: 'key_1' };

/** What a home guarantees whose executions our own driver takes from the queue. */
export function workflowsContract(name: string, makeWorkflows: () => Promise<WorkflowsUnderTest>): void {
  describe(`Workflows contract: ${name}`, () => {
    let disposals: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const dispose of disposals) await dispose();
      disposals = [];
    });
    const make = async (from?: WorkflowsUnderTest): Promise<WorkflowsUnderTest> => {
      const subject = await (from === undefined ? makeWorkflows() : from.reopen());
      disposals.push(() => subject.dispose());
      return subject;
    };
    const receive = (queue: Queue, visibilitySeconds = 30) =>
      queue.receive('execution', { max: 10, visibilitySeconds });
    const only = async (queue: Queue): Promise<Message> => {
      const [message, ...more] = await receive(queue);
      if (message === undefined || more.length > 0) throw new Error('expected exactly one message');
      return message;
    };

    it('a start is one execution message that names the run and on whose behalf', async () => {
      const { workflows, queue } = await make();
      await workflows.start(RUN);
      const { body } = await only(queue);
      expect(MESSAGES.execution.parse(JSON.parse(body))).toEqual({ v: 1, ...RUN });
    });

    it('starting a run many times while it runs is one run, queued or in hand', async () => {
      const { workflows, queue } = await make();
      await Promise.all(Array.from({ length: 5 }, () => workflows.start(RUN)));
      const { receipt } = await only(queue);
      await workflows.start(RUN);
      await workflows.redrive(RUN);
      expect(await receive(queue)).toEqual([]);
      await queue.extend('execution', receipt, 0);
      await only(queue);
    });

    it('after the driver has ended a run, it can be redriven', async () => {
      const { workflows, queue } = await make();
      await workflows.start(RUN);
      await queue.delete('execution', (await only(queue)).receipt);
      expect(await receive(queue)).toEqual([]);
      await workflows.redrive(RUN);
      expect((await only(queue)).receiveCount).toBe(1);
    });

    it('a run whose message became a dead letter is driven again by a redrive, with its receipts counted anew', async () => {
      const { workflows, queue } = await make();
      await workflows.start(RUN);
      for (let count = 0; count < MAX_RECEIVES; count++)
        await queue.extend('execution', (await only(queue)).receipt, 0);
      expect(await receive(queue)).toEqual([]);
      await workflows.redrive(RUN);
      expect((await only(queue)).receiveCount).toBe(1);
      expect(await queue.deadLetters('execution', 10)).toEqual([]);
    });

    it('a redrive of a dead letter forgets that it was once asked to stop', async () => {
      const { workflows, queue } = await make();
      await workflows.start(RUN);
      await workflows.stop(RUN);
      for (let count = 0; count < MAX_RECEIVES; count++)
        await queue.extend('execution', (await only(queue)).receipt, 0);
      await queue.receive('execution', { max: 1, visibilitySeconds: 30 });
      await workflows.redrive(RUN);
      expect(await workflows.stopRequested(RUN.executionId)).toBe(false);
    });

    it('a stop is seen by the driver, also by the one that takes over after a restart', async () => {
      const first = await make();
      await first.workflows.start(RUN);
      expect(await first.workflows.stopRequested(RUN.executionId)).toBe(false);
      await first.workflows.stop(RUN);
      expect(await first.workflows.stopRequested(RUN.executionId)).toBe(true);
      expect(await first.workflows.stopRequested('exe_other')).toBe(false);
      const second = await make(first);
      expect(await second.workflows.stopRequested(RUN.executionId)).toBe(true);
      let told = 0;
      second.workflows.onStop(RUN.executionId, () => {
        told += 1;
      });
      await second.workflows.stopRequested(RUN.executionId);
      await Promise.resolve();
      expect(told).toBe(1);
    });

    it('a listener is told once, an unsubscribed one never', async () => {
      const { workflows } = await make();
      const told: string[] = [];
      await workflows.start(RUN);
      workflows.onStop(RUN.executionId, () => told.push('a'));
      workflows.onStop(RUN.executionId, () => told.push('b'))();
      await workflows.stop(RUN);
      await workflows.stop(RUN);
      expect(told).toEqual(['a']);
    });

    it('stopping what does not run changes nothing: the next run is not stopped', async () => {
      const { workflows, queue } = await make();
      await workflows.stop(RUN);
      await workflows.start(RUN);
      expect(await workflows.stopRequested(RUN.executionId)).toBe(false);
      await workflows.stop(RUN);
      await queue.delete('execution', (await only(queue)).receipt);
      await workflows.redrive(RUN);
      expect(await workflows.stopRequested(RUN.executionId)).toBe(false);
    });
  });
}
