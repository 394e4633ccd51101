import type { DispatchResult, Kernel } from '#lib/kernel/kernel';
import type { Principal } from '#lib/kernel/resource';
import { type Call, json } from './front.ts';
import { etagOf, isUnchanged } from './preconditions.ts';

export type RecordResult = Extract<DispatchResult, { kind: 'record' }>;
type AcceptedResult = Extract<DispatchResult, { kind: 'accepted' }>;

/** How each kind of result looks over HTTP. */
const ANSWERS: {
  [K in DispatchResult['kind']]: (
    c: Call,
    kernel: Kernel,
    result: Extract<DispatchResult, { kind: K }>,
    of: string,
  ) => Response;
} = {
  record: (c, kernel, { created, id, rev, body }, of) =>
    json(c, body, created ? 201 : 200, {
      etag: etagOf(rev),
      ...(created ? { location: addressOf(kernel, of, id) } : {}),
    }),
  removed: (c) => c.body(null, 204),
  output: (c, _kernel, { body }) => json(c, body ?? null),
  accepted: (c, kernel, { resource, id }) => {
    const location = addressOf(kernel, resource, id);
    return json(c, { resource, id, href: location }, 202, { location });
  },
};

/** `of` names the resource the action belongs to. */
export function answer(c: Call, kernel: Kernel, of: string, result: DispatchResult): Response {
  if (result.replayed) c.header('idempotency-replayed', 'true');
  return ANSWERS[result.kind](c, kernel, result as never, of);
}

/** The record, or 304 when the client has it already. */
export function answerRead(c: Call, result: RecordResult): Response {
  const etag = etagOf(result.rev);
  c.header('cache-control', 'private, no-cache');
  if (isUnchanged(c.req.header('if-none-match'), etag)) return c.body(null, 304, { etag });
  return json(c, result.body, 200, { etag });
}

/**
 * Waits until what was accepted is settled and answers with its record; 202 after all when that takes longer than the
 * front allows, or in a replay, which knows of nothing to wait for.
 */
export async function answerSettled(
  c: Call,
  kernel: Kernel,
  result: AcceptedResult,
  asked: { principal: Principal; traceId: string; signal: AbortSignal },
  maxWaitSeconds: number,
): Promise<Response> {
  const patience = AbortSignal.any([AbortSignal.timeout(maxWaitSeconds * 1000), asked.signal]);
  try {
    await result.settled?.(patience);
  } catch (error) {
    if (!patience.aborted) throw error;
  }
  if (patience.aborted || result.settled === undefined) return answer(c, kernel, result.resource, result);
  const read = await kernel.dispatch({ ...asked, resource: result.resource, action: 'read', id: result.id });
  if (read.kind !== 'record') return answer(c, kernel, result.resource, result);
  return json(c, read.body, 200, { etag: etagOf(read.rev), location: addressOf(kernel, result.resource, result.id) });
}

export function addressOf(kernel: Kernel, resource: string, id: string): string {
  return `/v1/${kernel.noun(resource).path}/${id}`;
}
