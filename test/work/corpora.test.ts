import { describe, expect, test } from 'vitest';
import { NotFound } from '#lib/base/errors';
import { StepFailure } from '#lib/base/failure';
import type { CorpusPin } from '#lib/module/corpus';
import type { BlobRef } from '#lib/ports/blobs';
import { type CorpusContent, loadDocuments, storeDocuments } from '#lib/resources/corpus/content';
import { readDocuments } from '#lib/retrieval/documents';
import { type CorporaHome, openCorpora } from '#lib/work/corpora';

/** Blobs in memory, and how often one was read. */
function blobs() {
  const kept = new Map<string, Uint8Array>();
  const counts = { reads: 0 };
  return {
    counts,
    put: async (_: string, bytes: Uint8Array): Promise<BlobRef> => {
      const sha256 = `sha-${kept.size}`;
      kept.set(sha256, bytes);
      return { sha256, bytes: bytes.byteLength };
    },
    get: async (_: string, { sha256 }: BlobRef) => {
      counts.reads++;
      return kept.get(sha256) ?? new Uint8Array();
    },
  };
}

const TEXTS = ['cats purr', 'dogs bark', 'kittens are young felines', 'cars drive'];
// What a good embedder would see in them: animals that purr, animals that bark, machines.
const MEANINGS: Record<string, number[]> = {
  'cats purr': [1, 0.1, 0],
  'dogs bark': [0.1, 1, 0],
  'kittens are young felines': [0.9, 0.2, 0],
  'cars drive': [0, 0, 1],
  cats: [1, 0, 0],
};

async function home(texts: readonly string[] = TEXTS, failing: { times: number } = { times: 0 }) {
  const stored = blobs();
  const documents = readDocuments(JSON.stringify(texts.map((text, i) => ({ id: `d${i}`, text }))), 'json');
  const content = await storeDocuments(stored as never, 'w', documents);
  const embedded: string[][] = [];
  const embed: CorporaHome['embed'] = async (_workspace, embedder, some, _signal, purse) => {
    await purse?.draw({ calls: 1 });
    if (failing.times-- > 0) throw new StepFailure('Model.Throttled', 'later');
    embedded.push([...some]);
    const call = {
      key: embedder,
      model: embedder,
      source: 'provider' as const,
      usage: { inputTokens: 1, outputTokens: 0 },
    };
    return {
      vectors: some.map((text) => Float32Array.from(MEANINGS[text] ?? [0, 0, 0])),
      call: { ...call, costNanoUsd: 5, spentNanoUsd: 5, priceVersion: 'x', durationMs: 1, attempts: 1, sample: 0 },
    };
  };
  const version = async (_resource: string, id: string) => {
    if (id !== 'cor_1') throw new NotFound('not_found', 'no such corpus');
    return { body: content } as never;
  };
  const search = openCorpora({ acting: () => ({ version }), blobs: stored as never, embed, memoryBytes: 10_000 });
  return { search, embedded, stored, content, documents };
}
const pin = (search: CorpusPin['search'], corpusId = 'cor_1'): CorpusPin => ({
  corpusId,
  version: 1,
  checksum: 'c',
  search,
  embedder: 'e',
});

describe('a corpus is searched', () => {
  test('by words, without any embedder', async () => {
    const { search, embedded } = await home();
    const { passages, calls } = await search('w', pin('bm25'), 'cats', 3);
    expect(passages.map(({ id }) => id)).toEqual(['d0']);
    expect([calls, embedded]).toEqual([[], []]);
  });

  test('by meaning: its documents are embedded once, each query at its search, and both calls are told', async () => {
    const { search, embedded } = await home();
    const first = await search('w', pin('embedding'), 'cats', 2);
    expect(first.passages.map(({ id }) => id)).toEqual(['d0', 'd2']);
    expect(first.calls).toHaveLength(2);
    const second = await search('w', pin('embedding'), 'cats', 1);
    expect([second.passages.length, second.calls.length]).toEqual([1, 1]);
    expect(embedded).toEqual([TEXTS, ['cats'], ['cats']]);
  });

  test('on the purse of whoever first needs its vectors; that one could not pay says nothing about the next', async () => {
    const { search, embedded } = await home();
    const drawn: object[] = [];
    const rich = { draw: async (worst: object) => ({ settle: () => void drawn.push(worst) }) };
    const poor = { draw: () => Promise.reject(new StepFailure('Budget.Exceeded', 'no more')) };
    const asks = (purse: object) => search('w', pin('embedding'), 'cats', 1, undefined, purse as never);
    const [first, second] = await Promise.allSettled([asks(poor), asks(rich)]);
    expect([first.status, second.status]).toEqual(['rejected', 'fulfilled']);
    expect(embedded).toEqual([TEXTS, ['cats']]);
  });

  test('by both: what words miss comes too, after what both find', async () => {
    const { search } = await home();
    const { passages } = await search('w', pin('hybrid'), 'cats', 2);
    expect(passages.map(({ id }) => id)).toEqual(['d0', 'd2']);
  });

  test('an embedder that failed is asked again', async () => {
    const { search } = await home(TEXTS, { times: 1 });
    await expect(search('w', pin('embedding'), 'cats', 1)).rejects.toThrow('later');
    expect((await search('w', pin('embedding'), 'cats', 1)).passages).toHaveLength(1);
  });

  test('a version that is gone is a failure of the step that says so', async () => {
    const { search } = await home();
    await expect(search('w', pin('bm25', 'cor_2'), 'x', 1)).rejects.toMatchObject({
      failure: { name: 'Effect.Failed', message: 'version 1 of corpus cor_2 is no longer there' },
    });
  });

  test('it is read once, unless it is too large to be kept', async () => {
    const small = await home();
    for (const query of ['cats', 'dogs']) await small.search('w', pin('bm25'), query, 1);
    expect(small.stored.counts.reads).toBe(1);
    const large = await home(['long '.repeat(5000)]);
    for (const query of ['long', 'long'])
      expect((await large.search('w', pin('bm25'), query, 1)).passages).toHaveLength(1);
    expect(large.stored.counts.reads).toBe(2);
  });
});

test('documents lie in chunks, and a range reads only those it needs', async () => {
  const { stored, content, documents } = await home(
    Array.from({ length: 30 }, (_, i) => `${i} ${'x'.repeat(100_000)}`),
  );
  expect((content as CorpusContent).chunks.length).toBeGreaterThan(2);
  stored.counts.reads = 0;
  const range = await loadDocuments(stored as never, 'w', content, { from: 28, limit: 5 });
  expect(range).toEqual(documents.slice(28));
  expect(stored.counts.reads).toBe(1);
  expect(await loadDocuments(stored as never, 'w', content)).toEqual(documents);
});
