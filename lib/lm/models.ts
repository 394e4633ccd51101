import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { CircuitBreakerPolicy } from 'cockatiel';
import { StepFailure } from '#lib/base/failure';
import type { Secrets } from '#lib/ports/secrets';
import { createBreaker } from './breaker.ts';
import { type Bulkhead, createBulkhead } from './bulkhead.ts';
import type { Providers } from './provider.ts';
import type { LanguageModelSettings } from './spec.ts';

/** A model in use: the provider's object, and what protects it from us and us from it. */
export interface ModelInUse {
  model: Promise<LanguageModelV4>;
  bulkhead: Bulkhead;
  breaker: CircuitBreakerPolicy;
  /** Every secret value read for it, to be kept out of errors. */
  secrets: Set<string>;
}

const DEFAULT_CONCURRENCY = 256;
const KEPT = 1000;

/** One entry per workspace, model, endpoint and secret, made at the first call. */
export function createModels(providers: Providers, secrets: Pick<Secrets, 'get'>) {
  const inUse = new Map<string, ModelInUse>();
  return (workspaceId: string, settings: LanguageModelSettings): ModelInUse => {
    const { provider: name, model, endpoint = '', secretRef = '', limits } = settings;
    const concurrency = limits?.concurrency ?? DEFAULT_CONCURRENCY;
    const id = `${workspaceId}\n${name}\n${model}\n${endpoint}\n${secretRef}\n${concurrency}`;
    const known = inUse.get(id);
    if (known !== undefined) return known;
    const provider = Object.hasOwn(providers, name) ? providers[name] : undefined;
    if (provider === undefined)
      throw new StepFailure(
        'Model.Unavailable',
        `no provider is called ${JSON.stringify(name)}; there are ${Object.keys(providers).sort().join(', ') || 'none'}`,
      );
    const read = new Set<string>();
    const secret = async (reference: string) => {
      const value = await secrets.get(reference);
      if (value !== null) read.add(value);
      return value;
    };
    const made: ModelInUse = {
      model: provider(settings, { secret }),
      bulkhead: createBulkhead(concurrency),
      breaker: createBreaker(),
      secrets: read,
    };
    // A provider that could not be made (a missing package, say) is asked again next time.
    made.model.catch(() => inUse.delete(id));
    if (inUse.size >= KEPT) inUse.delete(inUse.keys().next().value ?? '');
    inUse.set(id, made);
    return made;
  };
}
