import { LRUCache } from 'lru-cache';
import { DspexError } from '#lib/base/errors';
import { failureOf, StepFailure } from '#lib/base/failure';
import type { Acting } from '#lib/kernel/kernel';
import type { Purse } from '#lib/lm/budget/purse';
import type { CorpusPin, SearchCorpus } from '#lib/module/corpus';
import type { CallRecord } from '#lib/module/spec';
import type { Blobs } from '#lib/ports/blobs';
import { type CorpusContent, loadDocuments } from '#lib/resources/corpus/content';
import { type Bm25, bm25 } from '#lib/retrieval/bm25';
import type { Document } from '#lib/retrieval/documents';
import { fuse } from '#lib/retrieval/fuse';
import type { Hit } from '#lib/retrieval/nearest';
import { type Vectors, vectors } from '#lib/retrieval/vectors';

export interface CorporaHome {
  /** Reads versions as the system, in one workspace. */
  acting: (workspaceId: string) => Pick<Acting, 'version'>;
  blobs: Pick<Blobs, 'get'>;
  embed: (
    workspaceId: string,
    embedder: string,
    texts: readonly string[],
    signal?: AbortSignal,
    purse?: Purse,
  ) => Promise<Embedded>;
  /** Memory for the opened corpora; those searched last stay. Default 256 MB. */
  memoryBytes?: number;
}

/** One vector a text, in order, and the call it is recorded as. */
export interface Embedded {
  vectors: Float32Array[];
  call: CallRecord;
}

/** A version in memory. Its indexes are made when a search first needs them. */
interface Opened {
  documents: Document[];
  words?: Bm25;
  meanings: Map<string, Promise<Vectors>>;
}

const MEMORY_BYTES = 256 * 1024 * 1024;
// A list of one kind goes deeper than what is given in the end, so that what both kinds find comes up.
const FUSED_DEPTH = 5;

/** Searches versions of corpora: read once, indexed once, and kept while there is room. */
export function openCorpora(home: CorporaHome): SearchCorpus {
  const opened = new LRUCache<string, Promise<Opened>>({
    max: 1000,
    maxSize: home.memoryBytes ?? MEMORY_BYTES,
    sizeCalculation: () => 1,
  });

  const open = async (workspaceId: string, { corpusId, version }: CorpusPin): Promise<Opened> => {
    const content = await home
      .acting(workspaceId)
      .version<CorpusContent>('Corpus', corpusId, version)
      .catch((error: unknown) => {
        if (DspexError.is(error) && error.status === 404)
          throw new StepFailure('Effect.Failed', `version ${version} of corpus ${corpusId} is no longer there`);
        throw error;
      });
    return { documents: await loadDocuments(home.blobs, workspaceId, content.body), meanings: new Map() };
  };

  const get = (workspaceId: string, pin: CorpusPin): Promise<Opened> => {
    const key = `${workspaceId} ${pin.corpusId} ${pin.version}`;
    const known = opened.get(key);
    if (known !== undefined) return known;
    const made = open(workspaceId, pin);
    opened.set(key, made, { size: 1 });
    made.then(
      ({ documents }) => opened.set(key, made, { size: sizeOf(documents) }),
      () => opened.delete(key),
    );
    return made;
  };

  const byWords = (corpus: Opened): Bm25 => {
    corpus.words ??= bm25(corpus.documents.map(({ text }) => text));
    return corpus.words;
  };
  const byMeaning = (
    corpus: Opened,
    workspaceId: string,
    embedder: string,
    calls: CallRecord[],
    purse?: Purse,
  ): Promise<Vectors> => {
    const known = corpus.meanings.get(embedder);
    // Another search was to pay for them and could not: that is no word on this one.
    if (known !== undefined)
      return known.catch((error: unknown) => {
        if (failureOf(error).name !== 'Budget.Exceeded') throw error;
        return byMeaning(corpus, workspaceId, embedder, calls, purse);
      });
    const texts = corpus.documents.map(({ text }) => text);
    // Not under the signal of one search: others wait for the same vectors.
    const made = home.embed(workspaceId, embedder, texts, undefined, purse).then(({ vectors: all, call }) => {
      calls.push(call);
      return vectors(all);
    });
    corpus.meanings.set(embedder, made);
    made.catch(() => corpus.meanings.delete(embedder));
    return made;
  };

  return async (workspaceId, pin, query, k, signal, purse) => {
    const corpus = await get(workspaceId, pin);
    const calls: CallRecord[] = [];
    const meanings = async (depth: number): Promise<Hit[]> => {
      const { embedder = '' } = pin;
      const index = await byMeaning(corpus, workspaceId, embedder, calls, purse);
      const { vectors: wanted, call } = await home.embed(workspaceId, embedder, [query], signal, purse);
      calls.push(call);
      return index.search(wanted[0] ?? [], depth);
    };
    const depth = k * FUSED_DEPTH;
    const hits = await {
      bm25: async () => byWords(corpus).search(query, k),
      embedding: () => meanings(k),
      hybrid: async () => fuse([byWords(corpus).search(query, depth), await meanings(depth)], k),
    }[pin.search]();
    const passages = hits.map(({ index, score }) => {
      const { id = '', text = '' } = corpus.documents[index] ?? {};
      return { id, text, score };
    });
    return { passages, calls };
  };
}

/** Roughly: UTF-16 text, and as much again for the index over it. */
function sizeOf(documents: readonly Document[]): number {
  let size = 1000;
  for (const { text } of documents) size += text.length * 4 + 200;
  return size;
}
