import { createInbox } from '#lib/base/inbox';
import type { Decision, EngineDeps } from '#lib/engine/engine';
import { decisionKey } from '#lib/resources/execution/decision';
import type { Services } from '#lib/resources/services';
import { topicOf } from '#lib/resources/watch';

const LOOK_AGAIN_MS = 2000;

/** Decisions of people on an execution's approval nodes; a decision once made stands, whoever asks again. */
export function approvalsOf(
  services: Services,
  workspaceId: string,
  executionId: string,
): NonNullable<EngineDeps['approvals']> {
  return {
    decide: async (request, context) => {
      const topic = topicOf('Execution', executionId);
      const inbox = createInbox<true>();
      const unsubscribe = services.live.subscribe(topic, () => inbox.put(true));
      services.live.publish(topic, {
        event: 'approval',
        data: { nodeId: context.nodeId, path: context.path, ...request },
      });
      try {
        for (;;) {
          context.signal?.throwIfAborted();
          const item = await services.store.get(decisionKey(workspaceId, executionId, context.path));
          if (item !== null) return item.data as unknown as Decision;
          await inbox.take({
            milliseconds: LOOK_AGAIN_MS,
            ...(context.signal === undefined ? {} : { signal: context.signal }),
          });
        }
      } finally {
        unsubscribe();
      }
    },
  };
}
