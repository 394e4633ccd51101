import type { Purse } from '#lib/lm/budget/purse';
import type { CallRecord } from './call-record.ts';

/** A version of a Corpus as a published program names it, and how it is searched. */
export interface CorpusPin {
  corpusId: string;
  version: number;
  checksum: string;
  search: 'bm25' | 'embedding' | 'hybrid';
  /** `provider/model` that embeds documents and queries; not needed by `bm25`. */
  embedder?: string;
}

export interface Passage {
  id: string;
  text: string;
  /** Higher is nearer; comparable within one search only. */
  score: number;
}

/** Passages, nearest first, and the model calls that found them: embeddings cost money too. */
export interface Found {
  passages: Passage[];
  calls: CallRecord[];
}

/** Opens a pinned corpus for searching. Throws StepFailure when it cannot be had. */
export type SearchCorpus = (
  workspaceId: string,
  pin: CorpusPin,
  query: string,
  k: number,
  signal?: AbortSignal,
  /** Pays for the embedding of the query, and of the documents where it is the first to need them. */
  purse?: Purse,
) => Promise<Found>;
