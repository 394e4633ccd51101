import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInput } from '#lib/base/errors';
import { bm25 } from '#lib/retrieval/bm25';
import { documentsChecksum, readDocuments } from '#lib/retrieval/documents';
import { fuse } from '#lib/retrieval/fuse';
import { nearest } from '#lib/retrieval/nearest';
import { vectors } from '#lib/retrieval/vectors';
import { wordsOf } from '#lib/retrieval/words';

describe('words', () => {
  test.each([
    ['The Cat, the HAT!', ['the', 'cat', 'the', 'hat']],
    ['Crème brûlée naïve', ['creme', 'brulee', 'naive']],
    ['ﬁne ½', ['fine', '1', '2']],
    ['東京都に', ['東京', '京都', '都に']],
    ['犬', ['犬']],
    ['x_1 a-b c.d', ['x', '1', 'a', 'b', 'c', 'd']],
    ['  ', []],
  ])('%s', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });
});

describe('BM25', () => {
  const texts = ['the cat sat on the mat', 'dogs and cats', 'the the the', 'a tower in Paris', 'Paris, Paris'];
  const index = bm25(texts);
  const found = (query: string, k = 5) => index.search(query, k).map((hit) => hit.index);

  test('finds what shares a word, rare words and short texts first, and nothing else', () => {
    expect(found('cat')).toEqual([0]);
    expect(found('paris')).toEqual([4, 3]);
    expect(found('paris tower')).toEqual([3, 4]);
    expect(found('PÁRIS', 1)).toEqual([4]);
    expect(found('zebra')).toEqual([]);
    expect(found('')).toEqual([]);
  });

  test('its scores are Okapi BM25’s', () => {
    // By hand: N = 2, "a" in one of them, lengths 1 and 3, average 2.
    const [hit] = bm25(['a', 'b b b']).search('a', 1);
    const rarity = Math.log(1 + (2 - 1 + 0.5) / (1 + 0.5));
    expect(hit?.score).toBeCloseTo((rarity * 2.2) / (1 + 1.2 * (0.25 + 0.75 * 0.5)), 12);
  });

  test('an empty corpus, empty texts and hostile words are no trouble', () => {
    expect(bm25([]).search('a', 3)).toEqual([]);
    expect(bm25(['', '!']).search('a', 3)).toEqual([]);
    const odd = bm25(['constructor __proto__ toString', 'plain']);
    expect(odd.search('constructor', 2).map((hit) => hit.index)).toEqual([0]);
    expect(odd.search('hasOwnProperty', 2)).toEqual([]);
  });

  test('a text is nearest to itself among texts of other words', () => {
    const word = fc.stringMatching(/^[a-z]{3,8}$/u);
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 2, maxLength: 30 }), fc.nat(), (words, at) => {
        const own = words[at % words.length] ?? '';
        expect(words[bm25(words).search(own, 1)[0]?.index ?? -1]).toBe(own);
      }),
    );
  });

  test('100,000 passages are indexed and searched in seconds', () => {
    const many = Array.from({ length: 100_000 }, (_, i) => `passage number ${i} about topic ${i % 977} and ${i % 31}`);
    const big = bm25(many);
    expect(big.search('passage 4711', 1)[0]?.index).toBe(4711);
  });
});

describe('vectors', () => {
  test('are compared by their angle, not their length', () => {
    const index = vectors([
      [1, 0],
      [10, 10],
      [0, 0],
      [-1, 0],
    ]);
    expect(index.search([5, 0], 4).map((hit) => hit.index)).toEqual([0, 1, 2, 3]);
    expect(index.search([5, 0], 1)[0]?.score).toBeCloseTo(1, 6);
  });
  test('of different lengths are refused', () => {
    expect(() => vectors([[1], [1, 2]])).toThrow('vector 1 has 2 numbers, the first has 1');
    expect(() => vectors([[1, 2]]).search([1], 1)).toThrow('the query has 1 numbers, the documents have 2');
    expect(vectors([]).search([1], 3)).toEqual([]);
  });
});

test('the nearest are those a full sort would give, ties by position', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 5 })), fc.integer({ min: 1, max: 10 }), (scores, k) => {
      const sorted = scores
        .map((score, index) => ({ index, score }))
        .sort((a, b) => b.score - a.score || a.index - b.index);
      expect(nearest(scores, k)).toEqual(sorted.slice(0, k));
    }),
  );
  expect(nearest([Number.NaN, 1], 2)).toEqual([{ index: 1, score: 1 }]);
});

test('fused lists: what both find comes before what one finds', () => {
  const hit = (index: number) => ({ index, score: 0 });
  expect(
    fuse(
      [
        [hit(1), hit(2)],
        [hit(3), hit(2)],
      ],
      3,
    ).map(({ index }) => index),
  ).toEqual([2, 1, 3]);
  expect(fuse([], 3)).toEqual([]);
});

describe('documents', () => {
  test.each([
    ['jsonl', '"a"\n\n{"id": 7, "text": "b", "source": "s", "metadata": {"page": 1}}\r\n'],
    ['json', '["a", {"id": "7", "text": "b", "source": "s", "metadata": {"page": 1}}]'],
  ] as const)('from %s', (format, source) => {
    const [first, second] = readDocuments(source, format);
    expect(first).toEqual({ id: expect.stringMatching(/^[0-9a-f]{16}$/), text: 'a' });
    expect(second).toEqual({ id: '7', text: 'b', metadata: { source: 's', page: 1 } });
  });

  test('from text: paragraphs; the same one twice is one document', () => {
    const read = readDocuments('one\ntwo\n\n three \r\n \r\nthree\n\n\n', 'text');
    expect(read.map(({ text }) => text)).toEqual(['one\ntwo', 'three']);
  });

  test('each bad one is named, and then there is none at all', () => {
    const bad = [
      '{"text": ""}',
      '{',
      '3',
      '{"id": "", "text": "x"}',
      '{"id": "a", "text": "1"}',
      '{"id": "a", "text": "2"}',
    ];
    try {
      readDocuments(bad.join('\n'), 'jsonl');
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidInput);
      expect((error as InvalidInput).problems.map(({ pointer }) => pointer)).toEqual(['/0', '/1', '/2', '/3', '/5']);
    }
  });

  test.each([
    ['json', '{}'],
    ['json', '['],
    ['text', ' \n\n '],
    ['jsonl', ''],
    ['jsonl', JSON.stringify({ text: 'x'.repeat(200_001) })],
  ] as const)('%s %s is refused', (format, source) => {
    expect(() => readDocuments(source, format)).toThrow(InvalidInput);
  });

  test('nothing but InvalidInput is thrown, whatever the file', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('jsonl', 'json', 'text' as const), (source, format) => {
        try {
          for (const { id, text } of readDocuments(source, format))
            expect(id.length > 0 && text.trim() !== '').toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInput);
        }
      }),
    );
  });

  test('the checksum is of what the documents say', () => {
    const one = readDocuments('["a", "b"]', 'json');
    expect(documentsChecksum(readDocuments('"a"\n"b"', 'jsonl'))).toBe(documentsChecksum(one));
    expect(documentsChecksum([...one].reverse())).not.toBe(documentsChecksum(one));
  });
});
