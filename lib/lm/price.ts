import type { PriceCalculation } from '@pydantic/genai-prices';
import { endpointOf } from './endpoint.ts';
import type { LanguageModelSettings, LmUsage } from './spec.ts';

/** What a call cost, in whole nano-USD, and by which price list. `null` when no list knows the model. */
export interface Cost {
  costNanoUsd: number | null;
  priceVersion: string | null;
}

export interface Prices {
  costOf(settings: LanguageModelSettings, usage: LmUsage): Promise<Cost>;
  /** Starts loading the price list, so that it is there when the first answer is. */
  warm(settings: LanguageModelSettings): void;
}

/** The installed price list; a test holds it against the package. */
export const PRICE_LIST = 'genai-prices@0.1.8';

// The names the price list uses where they differ from ours.
const LISTED_AS: Readonly<Record<string, string>> = { bedrock: 'aws' };
const FREE: Readonly<Record<string, Cost>> = {
  embedded: { costNanoUsd: 0, priceVersion: 'embedded' },
  scripted: { costNanoUsd: 0, priceVersion: 'scripted' },
};
const UNKNOWN: Cost = { costNanoUsd: null, priceVersion: null };
const MEMO_MS = 3_600_000;

/**
 * Prices by a model's own override, else by @pydantic/genai-prices (MIT), which is loaded on first need: it takes about
 * 40 ms. A custom endpoint has no known price: `gpt-4o` on somebody's own server costs what its owner says.
 */
export function createPrices(now: () => number = Date.now): Prices {
  const memo = new Map<string, { until: number; cost: (usage: LmUsage) => Cost }>();
  const warmed = new WeakSet<LanguageModelSettings>();
  let list: Promise<typeof import('@pydantic/genai-prices')> | null = null;
  const load = () => {
    list ??= import('@pydantic/genai-prices');
    return list;
  };
  const listed = (settings: LanguageModelSettings) => settings.priceOverride === undefined && !isFree(settings);
  return {
    warm(settings) {
      // Once for each: the look into the process's environment that this takes costs a microsecond.
      if (list !== null || warmed.has(settings)) return;
      warmed.add(settings);
      if (listed(settings)) void load().catch(() => {});
    },
    async costOf(settings, usage) {
      if (settings.priceOverride !== undefined) return overridden(settings.priceOverride, usage);
      const free = FREE[settings.provider];
      if (free !== undefined) return free;
      if (endpointOf(settings) !== undefined) return UNKNOWN;
      const key = `${settings.provider}/${settings.model}`;
      const known = memo.get(key);
      if (known !== undefined && known.until > now()) return known.cost(usage);
      const cost = pricer(await load(), LISTED_AS[settings.provider] ?? settings.provider, settings.model);
      // Prices may change with the hour, so a reading is kept for one only.
      memo.set(key, { until: now() + MEMO_MS, cost });
      return cost(usage);
    },
  };
}

function isFree(settings: LanguageModelSettings): boolean {
  return FREE[settings.provider] !== undefined || endpointOf(settings) !== undefined;
}

function overridden(price: NonNullable<LanguageModelSettings['priceOverride']>, usage: LmUsage): Cost {
  const { inputNanoUsdPerToken, outputNanoUsdPerToken } = price;
  const exact = usage.inputTokens * inputNanoUsdPerToken + usage.outputTokens * outputNanoUsdPerToken;
  return { costNanoUsd: Math.round(exact), priceVersion: 'override' };
}

type List = typeof import('@pydantic/genai-prices');

/** One look into the list gives a model's rates; only tiered prices ask it again for every call. */
function pricer(list: List, providerId: string, model: string): (usage: LmUsage) => Cost {
  const ask = (usage: LmUsage): PriceCalculation | null =>
    list.calcPrice(
      {
        input_tokens: usage.inputTokens,
        output_tokens: usage.outputTokens,
        ...(usage.cachedInputTokens === undefined ? {} : { cache_read_tokens: usage.cachedInputTokens }),
      },
      model,
      { providerId },
    );
  const probe = ask({ inputTokens: 1, outputTokens: 1 });
  if (probe === null) return () => UNKNOWN;
  const { input_mtok: input, output_mtok: output, cache_read_mtok: cached } = probe.model_price;
  const flat =
    typeof input === 'number' && typeof output === 'number' && (cached === undefined || typeof cached === 'number');
  if (!flat || probe.model_price.requests_kcount !== undefined)
    return (usage) => ({ costNanoUsd: Math.round((ask(usage)?.total_price ?? 0) * 1e9), priceVersion: PRICE_LIST });
  // USD per million tokens times 1,000 is nano-USD per token.
  return ({ inputTokens, outputTokens, cachedInputTokens = 0 }) => {
    const mtok =
      (inputTokens - cachedInputTokens) * input + cachedInputTokens * (cached ?? input) + outputTokens * output;
    return { costNanoUsd: Math.round(mtok * 1000), priceVersion: PRICE_LIST };
  };
}
