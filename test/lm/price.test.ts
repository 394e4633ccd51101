import { readFileSync } from 'node:fs';
import { calcPrice } from '@pydantic/genai-prices';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPrices, PRICE_LIST } from '#lib/lm/price';

const prices = createPrices();
const gpt = { provider: 'openai', model: 'gpt-4o-mini' };

describe('prices', () => {
  test('the stamped version is that of the installed list', () => {
    const manifest = new URL('../../node_modules/@pydantic/genai-prices/package.json', import.meta.url);
    expect(PRICE_LIST).toBe(`genai-prices@${JSON.parse(readFileSync(manifest, 'utf8')).version}`);
  });

  test('a known model costs whole nano-USD by the list: 1,000 + 100 tokens of gpt-4o-mini are 210,000', async () => {
    const cost = await prices.costOf(gpt, { inputTokens: 1000, outputTokens: 100 });
    expect(cost).toEqual({ costNanoUsd: 210_000, priceVersion: PRICE_LIST });
  });

  test.each([
    ['openai', 'openai', 'gpt-4o-mini'],
    ['openai', 'openai', 'gpt-4.1'],
    ['anthropic', 'anthropic', 'claude-sonnet-4-5'],
    ['bedrock', 'aws', 'anthropic.claude-3-haiku-20240307-v1:0'],
  ])(
    '%s costs what the list itself computes, cached tokens and tiers included (%s %s)',
    async (provider, providerId, model) => {
      const counts = fc.record({ fresh: fc.nat(1_000_000), cached: fc.nat(100_000), output: fc.nat(100_000) });
      await fc.assert(
        fc.asyncProperty(counts, async ({ fresh, cached, output }) => {
          const usage = { inputTokens: fresh + cached, outputTokens: output, cachedInputTokens: cached };
          const listed = calcPrice(
            { input_tokens: fresh + cached, output_tokens: output, cache_read_tokens: cached },
            model,
            { providerId },
          );
          const { costNanoUsd } = await prices.costOf({ provider, model }, usage);
          return Math.abs((costNanoUsd ?? Number.NaN) - (listed?.total_price ?? Number.NaN) * 1e9) <= 1;
        }),
        { numRuns: 200 },
      );
    },
  );

  test('an unknown model, and a known name on another endpoint, have no price: null, not 0', async () => {
    const usage = { inputTokens: 5, outputTokens: 5 };
    const none = { costNanoUsd: null, priceVersion: null };
    expect(await prices.costOf({ provider: 'openai', model: 'of-no-list' }, usage)).toEqual(none);
    expect(await prices.costOf({ ...gpt, endpoint: 'http://localhost:11434/v1' }, usage)).toEqual(none);
    expect(await prices.costOf({ provider: 'of-no-list', model: 'gpt-4o' }, usage)).toEqual(none);
  });

  test('an override wins, everywhere, with fractions of a nano-USD per token', async () => {
    const priceOverride = { inputNanoUsdPerToken: 0.5, outputNanoUsdPerToken: 2 };
    const usage = { inputTokens: 10, outputTokens: 3 };
    for (const settings of [gpt, { ...gpt, endpoint: 'http://h' }, { provider: 'embedded', model: 'x' }])
      expect(await prices.costOf({ ...settings, priceOverride }, usage)).toEqual({
        costNanoUsd: 11,
        priceVersion: 'override',
      });
  });

  test('the embedded model costs 0, and says by which price', async () => {
    const cost = await prices.costOf({ provider: 'embedded', model: 'x' }, { inputTokens: 10, outputTokens: 3 });
    expect(cost).toEqual({ costNanoUsd: 0, priceVersion: 'embedded' });
  });
});
