import type { Prices } from '../price.ts';
import type { LmAnswer, LmRequest } from '../spec.ts';
import type { Amounts } from './amounts.ts';

/** What a model may answer when nobody said how much. */
const UNLIMITED_ANSWER = 8192;
/** Chat templates put a few tokens around each message. */
const AROUND_A_MESSAGE = 16;

/**
 * The most one try can take: a token is at least one byte, and the answer has at most as many as were allowed. Money is
 * absent when the price is not known, which a cap on money refuses.
 */
export async function worstCase(request: LmRequest, prices: Prices): Promise<Amounts> {
  const { messages, tools, responseFormat, model, parameters } = request;
  const sent = JSON.stringify({ messages, tools, responseFormat });
  const inputTokens = Buffer.byteLength(sent) + AROUND_A_MESSAGE * messages.length;
  const outputTokens = parameters.maxTokens ?? model.defaults?.maxTokens ?? UNLIMITED_ANSWER;
  const { costNanoUsd } = await prices.costOf(model, { inputTokens, outputTokens });
  const tokens = inputTokens + outputTokens;
  return { calls: 1, tokens, ...(costNanoUsd === null ? {} : { nanoUsd: costNanoUsd }) };
}

/** What a try took that was answered. */
export function taken({ usage, costNanoUsd }: Pick<LmAnswer, 'usage' | 'costNanoUsd'>): Amounts {
  const tokens = usage.inputTokens + usage.outputTokens;
  return { calls: 1, tokens, ...(costNanoUsd === null ? {} : { nanoUsd: costNanoUsd }) };
}
