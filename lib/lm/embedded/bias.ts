import { sha256 } from '#lib/base/hash';
import { type Logits, logitsAfter } from './choice.ts';
import type { LlamaSequence, Token } from './llama.ts';

/** Mean logits of `candidates` behind `answer` over inputs that say nothing. `batches` is what is evaluated already. */
export type BiasReader = (
  sequence: LlamaSequence,
  batches: readonly (readonly Token[])[],
  answer: readonly Token[],
  candidates: readonly Token[],
) => Promise<Logits | null>;

const KEPT = 2000;

/** Remembers what was measured: once for each prompt prefix, request and point of the answer, whatever the input. */
export function createBiases() {
  const known = new Map<string, Logits>();
  /** `prefix` stands evaluated at the start of the sequence; `neutral` are openings for inputs that say nothing. */
  return (prefix: readonly Token[], neutral: readonly (readonly Token[])[]): BiasReader =>
    async (sequence, batches, answer, candidates) => {
      if (neutral.length === 0) return null;
      const key = sha256([prefix, neutral.flat(), answer, candidates].map((tokens) => tokens.join(' ')).join('/'));
      const found = known.get(key);
      if (found !== undefined) return found;
      const forget = () => back(sequence, prefix.length);
      const sums = new Map<Token, number>();
      for (const opening of neutral) {
        await forget();
        const logits = await logitsAfter(sequence, [...opening, ...answer], candidates);
        for (const token of candidates) sums.set(token, (sums.get(token) ?? 0) + (logits.get(token) ?? -100));
      }
      // The context again as it was, in the same batches: batch sizes change the last bits of a logit.
      await forget();
      for (const batch of batches) await sequence.evaluateWithoutGeneratingNewTokens([...batch]);
      const means = new Map(Array.from(sums, ([token, sum]) => [token, sum / neutral.length]));
      if (known.size >= KEPT) known.clear();
      known.set(key, means);
      return means;
    };
}

async function back(sequence: LlamaSequence, length: number): Promise<void> {
  if (sequence.nextTokenIndex > length)
    await sequence.eraseContextTokenRanges([{ start: length, end: sequence.nextTokenIndex }]);
}
