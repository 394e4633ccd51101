import { type FailureName, StepFailure } from '#lib/base/failure';
import type { Secrets } from '#lib/ports/secrets';
import type { Store } from '#lib/ports/store';
import { attempt } from './attempt.ts';
import { breakerOpen } from './breaker.ts';
import { taken, worstCase } from './budget/worst-case.ts';
import { type CachedAnswer, isCacheable } from './cache/entry.ts';
import { createMemoryCache } from './cache/memory.ts';
import { createStoredCache } from './cache/stored.ts';
import { stepFailure } from './failures.ts';
import { createFlights } from './flight.ts';
import { cacheKey } from './key.ts';
import type { Leave } from './leave.ts';
import { createModels } from './models.ts';
import { createPrices, type Prices } from './price.ts';
import type { Providers } from './provider.ts';
import { createRetryBudget, withRetry } from './retry.ts';
import type { Gateway, LmAnswer, LmRequest } from './spec.ts';
import { systemTimer, type Timer } from './timer.ts';

export interface GatewayOptions {
  providers: Providers;
  secrets: Pick<Secrets, 'get'>;
  /** Without it the cache lives as long as the process. */
  store?: Store;
  prices?: Prices;
  timer?: Timer;
  /** Jitter of retries, uniform in [0, 1). */
  random?: () => number;
  cache?: { memoryBytes?: number; ttlSeconds?: number };
}

export interface OpenGateway extends Gateway {
  /** Writes the answers that still wait for their group. */
  flush(): Promise<void>;
  /** Flushes. Calls made afterwards still work; what they bring may not be stored. */
  close(): Promise<void>;
  stats(): GatewayStats;
}
export interface GatewayStats {
  calls: number;
  hits: { memory: number; store: number; flight: number };
  /** Calls that reached a provider, retries included. */
  attempts: number;
  failures: number;
  stored: { written: number; tooLarge: number; failed: number };
}

type Found = { answer: CachedAnswer; source: LmAnswer['source']; attempts: number };

const DEFAULT_TIMEOUT_SECONDS = 120;
const DEFAULT_TTL_SECONDS = 30 * 24 * 3600;
const DEFAULT_MEMORY_BYTES = 64 * 1024 * 1024;

const TURNED_AWAY: ReadonlySet<FailureName> = new Set(['Model.Refused', 'Model.Throttled', 'Model.Unavailable']);

/** cache -> single-flight -> bulkhead -> breaker -> retry -> budget -> timeout -> provider. */
export function createGateway(options: GatewayOptions): OpenGateway {
  const { store, timer = systemTimer, random = Math.random } = options;
  const prices = options.prices ?? createPrices(timer.now);
  const ttlSeconds = options.cache?.ttlSeconds ?? DEFAULT_TTL_SECONDS;
  const maxBytes = options.cache?.memoryBytes ?? DEFAULT_MEMORY_BYTES;
  const memory = createMemoryCache({ maxBytes, ttlSeconds, now: timer.now });
  const stored = store === undefined ? null : createStoredCache({ store, ttlSeconds, now: timer.now });
  const models = createModels(options.providers, options.secrets);
  const flights = createFlights<Found>();
  const budget = createRetryBudget();
  const counts = { calls: 0, attempts: 0, failures: 0, hits: { memory: 0, store: 0, flight: 0 } };

  const ask = async (
    request: LmRequest,
    signal: Leave | undefined,
    onDelta?: (text: string) => void,
  ): Promise<Found> => {
    const { limits } = request.model;
    const inUse = models(request.workspaceId, request.model);
    prices.warm(request.model);
    budget.called();
    const deadline = request.timeoutSeconds === undefined ? Infinity : timer.now() + request.timeoutSeconds * 1000;
    const perTryMs = (limits?.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000;
    let attempts = 0;
    let durationMs = 0;
    // Text that was shown cannot be taken back, so a call that has streamed is not tried again.
    let shown = false;
    const show =
      onDelta &&
      ((text: string) => {
        shown = true;
        onDelta(text);
      });
    const once = async () => {
      attempts += 1;
      counts.attempts += 1;
      const model = await inUse.model;
      const drawn = await request.purse?.draw(await worstCase(request, prices));
      const startedAt = performance.now();
      const timeoutMs = Math.min(perTryMs, Math.max(1, deadline - timer.now()));
      try {
        const given = await attempt(model, request, {
          timeoutMs,
          signal,
          secrets: inUse.secrets,
          ...(show && { onDelta: show }),
        });
        drawn?.settle(taken({ ...given, ...(await prices.costOf(request.model, given.usage)) }));
        return given;
      } catch (error) {
        // Nobody bills a request that was turned away; of any other that failed nobody knows.
        drawn?.settle(error instanceof StepFailure && TURNED_AWAY.has(error.failure.name) ? { calls: 1 } : undefined);
        if (shown && error instanceof StepFailure && error.failure.retryable)
          throw new StepFailure('Model.Transient', `the answer broke off while streaming: ${error.message}`, {
            retryable: false,
          });
        throw error;
      } finally {
        durationMs = performance.now() - startedAt;
      }
    };
    const retry = { maxRetries: limits?.maxRetries ?? 3, deadline, budget, timer, random, signal };
    try {
      const { durationMs: own, ...given } = await inUse.bulkhead.run(
        () => inUse.breaker.execute(() => withRetry(once, retry)),
        signal,
      );
      const cost = await prices.costOf(request.model, given.usage);
      return {
        answer: { ...given, ...cost, durationMs: own ?? durationMs, madeAt: timer.now() },
        ...{ source: 'provider', attempts },
      };
    } catch (error) {
      throw breakerOpen(error) ?? stepFailure(error, inUse.secrets);
    }
  };

  const find = async (
    request: LmRequest,
    key: string,
    signal: Leave | undefined,
    onDelta?: (text: string) => void,
  ): Promise<Found> => {
    const kept = await stored?.get(request.workspaceId, key);
    if (kept !== null && kept !== undefined) {
      memory.set(key, kept);
      return { answer: kept, source: 'store', attempts: 0 };
    }
    const found = await ask(request, signal, onDelta);
    if (isCacheable(found.answer)) {
      memory.set(key, found.answer);
      stored?.put(request.workspaceId, key, found.answer);
    }
    return found;
  };

  const complete = async (request: LmRequest): Promise<LmAnswer> => {
    counts.calls += 1;
    const { signal, onDelta } = request;
    if (signal?.aborted) throw new StepFailure('Cancelled', 'the call was cancelled');
    const key = cacheKey(request);
    if (request.cache === false) {
      // Unshared, so that N uncached calls are N draws.
      return told(request, await ask(request, signal, onDelta), key);
    }
    const near = memory.get(key);
    if (near !== undefined) {
      counts.hits.memory += 1;
      onDelta?.(near.text);
      return told(request, { answer: near, source: 'memory', attempts: 0 }, key);
    }
    let leads = false;
    const { value, joined } = await flights
      .join(key, signal, (shared) => {
        leads = true;
        return find(request, key, shared, onDelta);
      })
      .catch(async (error: unknown) => {
        // Whoever led had no money left; that says nothing about ours.
        if (leads || !(error instanceof StepFailure) || error.failure.name !== 'Budget.Exceeded') throw error;
        return { value: await find(request, key, signal, onDelta), joined: false };
      });
    const found: Found = joined ? { answer: value.answer, source: 'flight', attempts: 0 } : value;
    if (found.source === 'store' || found.source === 'flight') {
      counts.hits[found.source] += 1;
      onDelta?.(found.answer.text);
    }
    return told(request, found, key);
  };

  return {
    complete: (request) =>
      complete(request).catch((error) => {
        counts.failures += 1;
        if (request.signal?.aborted) throw new StepFailure('Cancelled', 'the call was cancelled');
        throw stepFailure(error, []);
      }),
    flush: async () => stored?.flush(),
    close: async () => stored?.flush(),
    stats: () => ({
      ...counts,
      hits: { ...counts.hits },
      stored: stored?.stats() ?? { written: 0, tooLarge: 0, failed: 0 },
    }),
  };
}

/** A hit tells the original cost and duration, and that nothing was spent. */
function told({ purse }: LmRequest, { answer, source, attempts }: Found, key: string): LmAnswer {
  // A cached answer is shared: whoever gets it may change its copy only.
  const { usage, toolCalls, madeAt = null, ...rest } = answer;
  purse?.answered?.({ key, took: taken(answer), madeAt });
  return {
    ...rest,
    usage: { ...usage },
    ...(toolCalls === undefined ? {} : { toolCalls: structuredClone(toolCalls) }),
    spentNanoUsd: source === 'provider' ? answer.costNanoUsd : 0,
    source,
    key,
    attempts,
  };
}
