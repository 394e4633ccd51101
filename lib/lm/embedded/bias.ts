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
  // Lanes that need the same bias at the same time share the openings: each is evaluated by whoever comes to it first.
  const underWay = new Map<string, Map<number, Promise<Logits>>>();
  /** `prefix` stands evaluated at the start of the sequence; `neutral` are openings for inputs that say nothing. */
  return (prefix: readonly Token[], neutral: readonly (readonly Token[])[]): BiasReader =>
    async (sequence, batches, answer, candidates) => {
      if (neutral.length === 0) return null;
      const key = sha256(
        [prefix, neutral.flatMap((opening) => [opening.length, ...opening]), answer, candidates]
          .map((tokens) => tokens.join(' '))
          .join('/'),
      );
      const found = known.get(key);
      if (found !== undefined) return found;
      const shared = underWay.get(key) ?? new Map<number, Promise<Logits>>();
      underWay.set(key, shared);
      const read = async (opening: readonly Token[]): Promise<Logits> => {
        await back(sequence, prefix.length);
        return logitsAfter(sequence, [...opening, ...answer], candidates);
      };
      try {
        for (const [i, opening] of neutral.entries()) {
          if (shared.has(i)) continue;
          const reading = read(opening);
          shared.set(i, reading);
          await reading;
        }
        const all = await Promise.all(neutral.map((opening, i) => shared.get(i) ?? read(opening)));
        // The context again as it was, in the same batches: batch sizes change the last bits of a logit.
        await back(sequence, prefix.length);
        for (const batch of batches) await sequence.evaluateWithoutGeneratingNewTokens([...batch]);
        const means = meanOf(all, candidates);
        if (known.size >= KEPT) known.clear();
        known.set(key, means);
        return means;
      } finally {
        underWay.delete(key);
      }
    };
}

function meanOf(all: readonly Logits[], candidates: readonly Token[]): Logits {
  return new Map(
    candidates.map((token) => [token, all.reduce((sum, logits) => sum + (logits.get(token) ?? -100), 0) / all.length]),
  );
}

async function back(sequence: LlamaSequence, length: number): Promise<void> {
  if (sequence.nextTokenIndex > length)
    await sequence.eraseContextTokenRanges([{ start: length, end: sequence.nextTokenIndex }]);
}
