import type { EmbeddingModelV4 } from '@ai-sdk/provider';
import { StepFailure } from '#lib/base/failure';
import { checksum } from '#lib/base/hash';
import type { Secrets } from '#lib/ports/secrets';
import type { Store } from '#lib/ports/store';
import type { Amounts } from '../budget/amounts.ts';
import { createBulkhead } from '../bulkhead.ts';
import type { CachedAnswer } from '../cache/entry.ts';
import { createMemoryCache } from '../cache/memory.ts';
import { createStoredCache } from '../cache/stored.ts';
import { stepFailure } from '../failures.ts';
import { createPrices, type Prices } from '../price.ts';
import { createRetryBudget, withRetry } from '../retry.ts';
import type { LanguageModelSettings } from '../spec.ts';
import { systemTimer, type Timer } from '../timer.ts';
import type { EmbedAnswer, EmbeddingProviders, Embeddings, EmbedRequest } from './spec.ts';
import { fromText, toText } from './vector-text.ts';

export interface EmbeddingsOptions {
  providers: EmbeddingProviders;
  secrets: Pick<Secrets, 'get'>;
  /** Without it the vectors live as long as the process. */
  store?: Store;
  prices?: Prices;
  timer?: Timer;
  random?: () => number;
}

const TTL_SECONDS = 365 * 24 * 3600;
const MEMORY_BYTES = 64 * 1024 * 1024;
const TIMEOUT_SECONDS = 120;
const MAX_BATCH = 128;
const CONCURRENCY = 4;

/** Cache -> batches -> bulkhead -> retry -> timeout -> provider. A vector is kept where answers are, under a key of its own. */
export function createEmbeddings(options: EmbeddingsOptions): Embeddings {
  const { providers, secrets, store, timer = systemTimer, random = Math.random } = options;
  const prices = options.prices ?? createPrices(timer.now);
  const now = timer.now;
  const memory = createMemoryCache({ maxBytes: MEMORY_BYTES, ttlSeconds: TTL_SECONDS, now });
  const stored = store === undefined ? null : createStoredCache({ store, ttlSeconds: TTL_SECONDS, now });
  const bulkhead = createBulkhead(CONCURRENCY);
  const budget = createRetryBudget();

  const known = async (workspaceId: string, key: string): Promise<CachedAnswer | undefined> => {
    const near = memory.get(key);
    if (near !== undefined) return near;
    const kept = await stored?.get(workspaceId, key);
    if (kept !== null && kept !== undefined) memory.set(key, kept);
    return kept ?? undefined;
  };

  const batch = async (
    model: EmbeddingModelV4,
    request: EmbedRequest,
    texts: readonly string[],
    used: ReadonlySet<string>,
    tally: { attempts: number },
  ): Promise<CachedAnswer[]> => {
    const timeoutMs = (request.timeoutSeconds ?? request.model.limits?.timeoutSeconds ?? TIMEOUT_SECONDS) * 1000;
    const once = async () => {
      const drawn = await request.purse?.draw(await worstOf(request.model, texts, prices));
      tally.attempts++;
      const limit = AbortSignal.timeout(timeoutMs);
      const abortSignal = request.signal === undefined ? limit : AbortSignal.any([request.signal, limit]);
      try {
        const made = await model.doEmbed({ values: [...texts], abortSignal });
        const tokens = made.usage?.tokens;
        // A provider that does not say what it took has taken the worst case.
        drawn?.settle(tokens === undefined ? undefined : await amountsOf(request.model, tokens, prices));
        return made;
      } catch (error) {
        // Nobody knows whether it was billed: the worst case counts.
        drawn?.settle();
        if (request.signal?.aborted) throw new StepFailure('Cancelled', 'the call was cancelled');
        if (limit.aborted) throw new StepFailure('Step.Timeout', `no embeddings within ${timeoutMs / 1000} s`);
        throw stepFailure(error, used);
      }
    };
    const deadline = now() + timeoutMs;
    const maxRetries = request.model.limits?.maxRetries ?? 3;
    const startedAt = performance.now();
    budget.called();
    const { embeddings, usage } = await bulkhead.run(
      () => withRetry(once, { maxRetries, deadline, budget, timer, random, signal: request.signal }),
      request.signal,
    );
    if (embeddings.length !== texts.length)
      throw new StepFailure('Model.Refused', `asked for ${texts.length} embeddings, got ${embeddings.length}`);
    const durationMs = performance.now() - startedAt;
    const characters = texts.reduce((sum, text) => sum + text.length, 0) || 1;
    return Promise.all(
      embeddings.map(async (vector, i): Promise<CachedAnswer> => {
        // Providers count a batch; a text's share of it goes by its length.
        const share = (texts[i]?.length ?? 0) / characters;
        const own = { inputTokens: Math.round((usage?.tokens ?? 0) * share), outputTokens: 0 };
        const cost = await prices.costOf(request.model, own);
        return { text: toText(vector), finishReason: 'stop', usage: own, ...cost, durationMs: durationMs * share };
      }),
    );
  };

  const embed = async (request: EmbedRequest): Promise<EmbedAnswer> => {
    const { workspaceId, model: settings, texts } = request;
    const provider = Object.hasOwn(providers, settings.provider) ? providers[settings.provider] : undefined;
    if (provider === undefined)
      throw new StepFailure(
        'Model.Unavailable',
        `${settings.provider} does not embed here; these do: ${Object.keys(providers).sort().join(', ') || 'none'}`,
      );
    const keys = texts.map((text) => vectorKey(workspaceId, settings, text));
    const found = new Map<string, CachedAnswer>();
    const missing = new Map<string, string>();
    for (const [i, key] of keys.entries()) {
      if (found.has(key) || missing.has(key)) continue;
      const hit = await known(workspaceId, key);
      if (hit === undefined) missing.set(key, texts[i] ?? '');
      else found.set(key, hit);
    }
    const tally = { attempts: 0 };
    let spent: number | null = 0;
    if (missing.size > 0) {
      const used = new Set<string>();
      const secret = async (reference: string) => {
        const value = await secrets.get(reference);
        if (value !== null) used.add(value);
        return value;
      };
      const model = await provider(settings, { secret });
      const size = Math.min(MAX_BATCH, (await model.maxEmbeddingsPerCall) ?? MAX_BATCH);
      const entries = [...missing];
      const batches: [key: string, text: string][][] = [];
      for (let i = 0; i < entries.length; i += size) batches.push(entries.slice(i, i + size));
      const settled = await Promise.allSettled(
        batches.map(async (some) => {
          const made = await batch(
            model,
            request,
            some.map(([, text]) => text),
            used,
            tally,
          );
          for (const [i, [key]] of some.entries()) {
            const answer = made[i];
            if (answer === undefined) continue;
            found.set(key, answer);
            memory.set(key, answer);
            stored?.put(workspaceId, key, answer);
            spent = spent === null || answer.costNanoUsd === null ? null : spent + answer.costNanoUsd;
          }
        }),
      );
      // What the others brought is kept: the next try asks for the rest only.
      for (const one of settled) if (one.status === 'rejected') throw one.reason;
    }
    return { ...sums(keys, found), spentNanoUsd: spent, asked: missing.size, attempts: tally.attempts };
  };

  return {
    embed: (request) =>
      embed(request).catch((error) => {
        throw stepFailure(error, []);
      }),
    flush: async () => stored?.flush(),
  };
}

/** A token is at least one byte. Money is absent when the price is not known, which a cap on money refuses. */
const worstOf = (model: LanguageModelSettings, texts: readonly string[], prices: Prices): Promise<Amounts> =>
  amountsOf(
    model,
    texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
    prices,
  );

async function amountsOf(model: LanguageModelSettings, tokens: number, prices: Prices): Promise<Amounts> {
  const { costNanoUsd } = await prices.costOf(model, { inputTokens: tokens, outputTokens: 0 });
  return { calls: 1, tokens, ...(costNanoUsd === null ? {} : { nanoUsd: costNanoUsd }) };
}

function sums(keys: readonly string[], found: ReadonlyMap<string, CachedAnswer>) {
  const vectors: Float32Array[] = [];
  const usage = { inputTokens: 0, outputTokens: 0 };
  let costNanoUsd: number | null = 0;
  let priceVersion: string | null = null;
  let durationMs = 0;
  for (const key of keys) {
    const answer = found.get(key);
    if (answer === undefined) throw new StepFailure('Internal', 'a text was left without its vector');
    vectors.push(fromText(answer.text));
    usage.inputTokens += answer.usage.inputTokens;
    costNanoUsd = costNanoUsd === null || answer.costNanoUsd === null ? null : costNanoUsd + answer.costNanoUsd;
    priceVersion ??= answer.priceVersion;
    durationMs += answer.durationMs;
  }
  if (new Set(vectors.map(({ length }) => length)).size > 1)
    throw new StepFailure('Model.Refused', 'the embedder gave vectors of different lengths');
  return { vectors, usage, costNanoUsd, priceVersion, durationMs };
}

/** As of an answer: what may change the vector, and the workspace; nothing of who asks. */
export function vectorKey(workspaceId: string, model: LanguageModelSettings, text: string): string {
  const { provider, endpoint = null, model: name } = model;
  return checksum({ embedding: true, workspace: workspaceId, provider, endpoint, model: name, text });
}
