import { type Hit, nearest } from './nearest.ts';
import { wordsOf } from './words.ts';

// How soon a word said again stops to count, and how much a long text is held back: Lucene's values.
const K1 = 1.2;
const B = 0.75;

export interface Bm25 {
  /** The documents that share a word with the query, best first. */
  search(query: string, k: number): Hit[];
  /** About what the index takes in memory. */
  bytes: number;
}

/** An index of texts by Okapi BM25 with Lucene's (never negative) inverse document frequency. */
export function bm25(texts: readonly string[]): Bm25 {
  const postings = new Map<string, number[]>();
  const lengths = new Float64Array(texts.length);
  let total = 0;
  let entries = 0;
  for (const [index, text] of texts.entries()) {
    const counts = new Map<string, number>();
    const words = wordsOf(text);
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    for (const [word, count] of counts) {
      const list = postings.get(word);
      if (list === undefined) postings.set(word, [index, count]);
      else list.push(index, count);
    }
    entries += counts.size;
    lengths[index] = words.length;
    total += words.length;
  }
  const average = total / Math.max(1, texts.length) || 1;
  return {
    bytes: entries * 16 + postings.size * 80 + lengths.byteLength,
    search: (query, k) => {
      const scores = new Float64Array(texts.length);
      for (const word of wordsOf(query)) {
        const list = postings.get(word) ?? [];
        const found = list.length / 2;
        const rarity = Math.log(1 + (texts.length - found + 0.5) / (found + 0.5));
        for (let i = 0; i < list.length; i += 2) {
          const index = list[i] ?? 0;
          const count = list[i + 1] ?? 0;
          const length = (lengths[index] ?? 0) / average;
          scores[index] = (scores[index] ?? 0) + (rarity * count * (K1 + 1)) / (count + K1 * (1 - B + B * length));
        }
      }
      return nearest(scores, k, 0);
    },
  };
}
