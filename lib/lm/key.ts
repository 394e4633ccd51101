import { checksum } from '#lib/base/hash';
import { endpointOf } from './endpoint.ts';
import { sentParameters } from './parameters.ts';
import type { LmRequest } from './spec.ts';

/**
 * The name of a call in the cache: SHA-256 of everything that may change the answer, and of the workspace, and of nothing
 * else. Program, module, adapter, runtime and secret are absent on purpose: both runtimes hit each other's entries.
 */
export function cacheKey(request: LmRequest): string {
  const { workspaceId, model, messages, tools, responseFormat, sample } = request;
  // In the order of the canonical text, which then has nothing to sort.
  return checksum({
    endpoint: endpointOf(model) ?? null,
    messages,
    model: model.model,
    parameters: sentParameters(request),
    provider: model.provider,
    responseFormat: responseFormat ?? null,
    sample: sample ?? 0,
    tools: tools ?? [],
    workspace: workspaceId,
  });
}
