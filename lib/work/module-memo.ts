import { LRUCache } from 'lru-cache';
import { checksum } from '#lib/base/hash';
import type { EngineDeps } from '#lib/engine/engine';
import type { ModuleOutcome, ModuleSpec } from '#lib/module/spec';
import type { Services } from '#lib/resources/services';
import { identityOf } from './model-identity.ts';
import type { Models } from './models.ts';
import type { DepsOptions } from './program-run.ts';

const MAX_BYTES = 32 * 1024 * 1024;
const OVERHEAD_BYTES = 500;

// Of one house: what a module answered in this process, by everything that decides it.
const memos = new WeakMap<Services, LRUCache<string, ModuleOutcome>>();
const specs = new WeakMap<ModuleSpec, string>();

/**
 * The same hands, but a module that was asked the very same under the same settings, model and sample number is not asked
 * again: nothing is rendered or parsed and the gateway hears nothing of it. Of a program under many assignments only the
 * modules whose settings changed run, and what lies downstream of a changed answer. Its calls are told as cache hits.
 */
export function memoized(
  deps: EngineDeps,
  services: Services,
  about: { workspaceId: string; models: Models; purse?: { answered?: unknown } | null } & DepsOptions,
): EngineDeps {
  // A purse that counts every answer, cached ones too, has to hear of each: it is told by the gateway alone.
  if (about.purse?.answered !== undefined) return deps;
  const memo = memoOf(services);
  const { workspaceId, models, draw, implementation } = about;
  const shared = JSON.stringify([workspaceId, draw ?? null, implementation ?? null]);
  return {
    ...deps,
    runModule: async (spec, inputs, context) => {
      if (!isPure(spec)) return deps.runModule(spec, inputs, context);
      const model = identityOf(models, spec.lm, context.lm);
      const key = checksum([shared, specKey(spec), inputs, model, context.attempt]);
      const known = memo.get(key);
      if (known !== undefined) return again(known);
      const outcome = await deps.runModule(spec, inputs, context);
      if (outcome.outputs !== undefined && outcome.failure === undefined) memo.set(key, outcome);
      return outcome;
    },
  };
}

function memoOf(services: Services): LRUCache<string, ModuleOutcome> {
  const found = memos.get(services);
  if (found !== undefined) return found;
  const made = new LRUCache<string, ModuleOutcome>({
    maxSize: MAX_BYTES,
    sizeCalculation: (outcome) => OVERHEAD_BYTES + 2 * JSON.stringify(outcome).length,
  });
  memos.set(services, made);
  return made;
}

/** What asks models only, and each the same one: tools and hosted programs may look at the world. */
function isPure({ type, of, tools, adopted, predictors }: ModuleSpec): boolean {
  const looks = type === 'react' || of === 'react' || type === 'retrieve' || type === 'adopted';
  return !looks && tools === undefined && adopted === undefined && predictors === undefined;
}

/** Settings do not change while a trial runs them over many examples. */
function specKey(spec: ModuleSpec): string {
  const key = specs.get(spec) ?? checksum(spec);
  specs.set(spec, key);
  return key;
}

/** What it took then stays its cost and its time; nothing is spent on it now. */
function again(outcome: ModuleOutcome): ModuleOutcome {
  const calls = outcome.calls.map((call) => ({ ...call, source: 'memory' as const, spentNanoUsd: 0, attempts: 0 }));
  return { ...outcome, calls };
}
