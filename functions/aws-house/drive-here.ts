import type { Kernel } from '#lib/kernel/kernel';
import type { Principal } from '#lib/kernel/resource';

type Drive = (
  run: { workspaceId: string; principal: string; executionId: string },
  signal: AbortSignal,
) => Promise<void>;

/**
 * Who waits for a run has it driven in the process that waits, without a state machine. The run's message is on its way
 * all the same and starts a machine later, should this process die meanwhile (`functions/start`).
 */
export function drivingHere(kernel: Kernel, drive: Drive): Kernel {
  return {
    ...kernel,
    dispatch: async (request) => {
      const result = await kernel.dispatch(request);
      if (result.kind !== 'accepted' || result.resource !== 'Execution' || result.settled === undefined) return result;
      const { id, settled } = result;
      return {
        ...result,
        settled: async (signal) => {
          await drive({ ...originOf(request.principal), executionId: id }, signal);
          await settled(signal);
        },
      };
    },
  };
}

const originOf = ({ workspaceId, id }: Principal) => ({ workspaceId, principal: id });
