import type { LlamaSequence, Token } from './llama.ts';

/**
 * Sequences that remember evaluated prompts, one per prompt prefix (everything but the last message). Segments are always
 * evaluated one at a time, reused or not, so an answer never depends on which calls came before: batch sizes change
 * the last bits of a logit, and the last bits decide ties.
 */
export interface Prefixes {
  /** A sequence holding exactly `segments`, and how many of their tokens were there already. */
  prepare(segments: readonly Token[][]): Promise<{ sequence: LlamaSequence; reusedTokens: number }>;
  /** How many leading segments of a prompt are held here. */
  held(segments: readonly Token[][]): number;
}

interface Slot {
  sequence: LlamaSequence;
  segments: readonly Token[][];
  keys: string[];
  usedAt: number;
}

export function createPrefixes(sequences: readonly LlamaSequence[]): Prefixes {
  const slots: Slot[] = sequences.map((sequence) => ({ sequence, segments: [], keys: [], usedAt: 0 }));
  let turn = 0;
  return {
    held: (segments) => {
      const keys = segments.map((segment) => segment.join(' '));
      return Math.max(...slots.map((slot) => sharedCount(slot.keys, keys)));
    },
    async prepare(segments) {
      const keys = segments.map((segment) => segment.join(' '));
      const slot = choose(slots, keys);
      turn += 1;
      slot.usedAt = turn;
      const shared = sharedCount(slot.keys, keys);
      const reusedTokens = slot.segments.slice(0, shared).reduce((sum, segment) => sum + segment.length, 0);
      const { sequence } = slot;
      // Forgotten first, so that a failure below leaves a slot that claims too little, never too much.
      slot.segments = slot.segments.slice(0, shared);
      slot.keys = slot.keys.slice(0, shared);
      if (sequence.nextTokenIndex > reusedTokens)
        await sequence.eraseContextTokenRanges([{ start: reusedTokens, end: sequence.nextTokenIndex }]);
      for (const segment of segments.slice(shared)) await sequence.evaluateWithoutGeneratingNewTokens(segment);
      slot.segments = segments;
      slot.keys = keys;
      return { sequence, reusedTokens };
    },
  };
}

/** The slot with this very prefix; else one never used; else the one unused for the longest time. */
function choose(slots: readonly Slot[], keys: readonly string[]): Slot {
  const holding = slots.find((slot) => slot.keys.length >= keys.length && sharedCount(slot.keys, keys) === keys.length);
  const [oldest] = [...slots].sort((a, b) => a.usedAt - b.usedAt);
  const chosen = holding ?? oldest;
  if (chosen === undefined) throw new Error('a context with no sequences');
  return chosen;
}

function sharedCount(a: readonly string[], b: readonly string[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a[count] === b[count]) count += 1;
  return count;
}
