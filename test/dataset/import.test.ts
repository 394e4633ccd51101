import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DspexError } from '#lib/base/errors';
import { type DatasetFormat, type ImportOptions, importDataset } from '#lib/dataset/import';
import type { Signature } from '#lib/signature/signature';

const flat: Omit<ImportOptions, 'format'> = { mapping: { inputs: ['q'], labels: ['a'] } };
const from = (format: DatasetFormat, text: string | Uint8Array, options: Omit<ImportOptions, 'format'> = flat) =>
  importDataset(text, { format, ...options });

async function refusal(promise: Promise<unknown>): Promise<{ status: number; message: string; details: string[] }> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!DspexError.is(error)) throw new Error(`wanted a refusal, got ${String(error)}`);
  return { status: error.status, message: error.message, details: error.problems.map(({ detail }) => detail) };
}

const signature: Signature = {
  name: 'S',
  instructions: '',
  inputs: [
    { name: 'ticket', type: { kind: 'str' }, description: '' },
    { name: 'stars', type: { kind: 'int' }, description: '', default: 3 },
  ],
  outputs: [
    { name: 'queue', type: { kind: 'literal', values: ['billing', 'login'] }, description: '' },
    { name: 'urgent', type: { kind: 'bool' }, description: '' },
    { name: 'tags', type: { kind: 'list', item: { kind: 'str' } }, description: '' },
  ],
};

describe('the three formats', () => {
  const rows = [
    { q: 'Wie geht’s? 😀', a: 'gut' },
    { q: 'a, "b"\nc', a: '' },
  ];
  const texts: Record<DatasetFormat, string> = {
    jsonl: rows.map((row) => JSON.stringify(row)).join('\n'),
    json: JSON.stringify(rows, null, 2),
    csv: 'q,a\n"Wie geht’s? 😀",gut\n"a, ""b""\nc",\n',
  };

  it.each(Object.entries(texts))(
    '%s gives the same examples, also with a BOM, CRLF and as bytes in pieces',
    async (name, text) => {
      const format = name as DatasetFormat;
      const { examples } = await from(format, text);
      expect(examples.map(({ inputs, labels }) => ({ ...inputs, ...labels }))).toEqual(rows);
      const again = await from(format, `\ufeff${text}`);
      expect(again.examples).toEqual(examples);
      const bytes = new TextEncoder().encode(`\ufeff${text}`);
      const pieces = async function* () {
        // One byte at a time cuts every character and every line end.
        for (const byte of bytes) yield Uint8Array.of(byte);
      };
      expect((await importDataset(pieces(), { format, ...flat })).examples).toEqual(examples);
      if (format !== 'csv') expect((await from(format, text.replaceAll('\n', '\r\n'))).examples).toEqual(examples);
    },
  );

  it('reads CSV with CRLF line ends', async () => {
    expect((await from('csv', 'q,a\r\nx,y\r\nz,w\r\n')).examples).toMatchObject([
      { inputs: { q: 'x' } },
      { inputs: { q: 'z' } },
    ]);
  });

  it('reads rows that have our own shape without a mapping', async () => {
    const row = { id: 'e1', inputs: { q: 1 }, labels: { a: 2 }, split: 'test', weight: 2, metadata: { source: 'x' } };
    expect((await from('jsonl', JSON.stringify(row), {})).examples).toEqual([row]);
    expect((await from('json', JSON.stringify({ examples: [row] }), {})).examples).toEqual([row]);
  });

  it('gives back every text there is, through every format', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((s) => !s.includes('\0') && s.isWellFormed());
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ q: text, a: text }), { minLength: 1, maxLength: 8 }), async (list) => {
        const csv = [
          'q,a',
          ...list.map((row) => [row.q, row.a].map((cell) => `"${cell.replaceAll('"', '""')}"`).join()),
        ].join('\n');
        for (const [format, source] of [
          ['jsonl', list.map((row) => JSON.stringify(row)).join('\n')],
          ['json', JSON.stringify(list)],
          ['csv', csv],
        ] as const) {
          const { examples } = await from(format, source);
          expect(examples.map(({ inputs, labels }) => ({ ...inputs, ...labels }))).toEqual(list);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('ids', () => {
  it('come from the content where none is given, the same in every import', async () => {
    const [first] = (await from('jsonl', '{"q":"x","a":"y"}')).examples;
    const [other] = (await from('csv', 'a,q\ny,x\n')).examples;
    expect(first?.id).toMatch(/^x[0-9a-f]{20}$/);
    expect(other?.id).toBe(first?.id);
  });

  it('are kept where given, numbers as text, and may not repeat', async () => {
    const options = { mapping: { ...flat.mapping, id: 'n' } };
    const text = '{"q":"x","a":"y","n":7}\n{"q":"z","a":"y","n":"8"}';
    expect((await from('jsonl', text, options)).examples.map(({ id }) => id)).toEqual(['7', '8']);
    const { details } = await refusal(from('jsonl', `${text}\n{"q":"w","n":"7"}`, options));
    expect(details).toEqual(['line 3: id "7" is already on line 1']);
  });

  it('differ for equal rows, which are reported', async () => {
    const { examples, duplicates } = await from('jsonl', '{"q":"x","a":"y"}\n\n{"q":"x","a":"y"}\n{"a":"y","q":"x"}');
    expect(new Set(examples.map(({ id }) => id)).size).toBe(3);
    const sameAs = examples[0]?.id;
    expect(duplicates).toEqual([
      { line: 3, id: `${sameAs}-2`, sameAs },
      { line: 4, id: `${sameAs}-3`, sameAs },
    ]);
  });
});

describe('mapping', () => {
  it('renames columns and reads split, weight and metadata', async () => {
    const mapping = {
      inputs: { question: 'Question text' },
      labels: { answer: 'A' },
      split: 'part',
      weight: 'w',
      metadata: ['src'],
      types: { A: 'number' as const },
    };
    const text = 'Question text,A,part,w,src,ignored\nhow many?,42,dev,0.5,web,zzz\n';
    expect((await from('csv', text, { mapping })).examples).toMatchObject([
      {
        inputs: { question: 'how many?' },
        labels: { answer: 42 },
        split: 'validation',
        weight: 0.5,
        metadata: { src: 'web' },
      },
    ]);
  });

  it('takes fields and types from a signature; an empty cell of a typed column is no value', async () => {
    const text = 'ticket,stars,queue,urgent,tags\nhelp,5,login,yes,"[""a""]"\nmore,,billing,FALSE,\n';
    expect((await from('csv', text, { signature })).examples).toMatchObject([
      { inputs: { ticket: 'help', stars: 5 }, labels: { queue: 'login', urgent: true, tags: ['a'] } },
      { inputs: { ticket: 'more' }, labels: { queue: 'billing', urgent: false } },
    ]);
  });

  it('checks rows against the signature', async () => {
    const text = '{"ticket":1,"queue":"other"}\n{"stars":1.5}\n{"ticket":"x","queue":["billing","login"]}';
    const { details } = await refusal(from('jsonl', text, { signature }));
    expect(details).toEqual([
      'line 1: input "ticket" is to be str, found 1',
      'line 1: label "queue" is to be one of "billing", "login", found "other"',
      'line 2: column "ticket" is missing; there are stars',
    ]);
  });

  it('says what a flat row needs when nobody said which column is what', async () => {
    const { details } = await refusal(from('jsonl', '{"x":1,"y":2}', {}));
    expect(details).toEqual(['line 1: say by a mapping which columns are inputs and which labels; there are x, y']);
  });

  it.each([
    ['{"q":1,"a":2,"s":"holdout"}', 'line 1: the split is to be train, validation or test, found "holdout"'],
    ['{"q":1,"a":2,"w":-1}', 'line 1: the weight is to be a number of at least 0, found -1'],
    ['{"q":1,"a":2,"i":{"x":1}}', 'line 1: the id is to be a text of at most 200 printable characters, or a number'],
    ['[1]', 'line 1: a row is to be an object'],
    [
      '{"inputs":{},"label":{}}',
      'line 1: unknown members label; there are id, inputs, labels, split, weight, metadata',
    ],
    ['{"inputs":{},"labels":[]}', 'line 1: "labels" is to be an object'],
  ])('refuses %s', async (row, detail) => {
    const options = { mapping: { ...flat.mapping, split: 's', weight: 'w', id: 'i' } };
    expect((await refusal(from('jsonl', row, options))).details).toEqual([detail]);
  });
});

describe('nothing is half imported', () => {
  it('reports every bad line up to a cap, and imports none of the good ones', async () => {
    const text = ['{"q":1,"a":1}', 'oops', '{"q":1,', '{"q":2,"a":2}', '[]'].join('\n');
    const { status, message, details } = await refusal(from('jsonl', text));
    expect(status).toBe(400);
    expect(message).toContain('nothing was imported: line 2:');
    expect(details.map((detail) => detail.split(':')[0])).toEqual(['line 2', 'line 3', 'line 5']);
    const capped = await refusal(from('jsonl', 'x\n'.repeat(1000), { ...flat, limits: { maxProblems: 7 } }));
    expect(capped.details).toHaveLength(7);
    expect(capped.message).toContain('at least 6 more');
  });

  it.each<[string, string, string]>([
    ['a duplicate key', '{"q":1,"q":2}', 'key "q" occurs twice (column 8)'],
    ['__proto__', '{"q":{"__proto__":{"admin":true}}}', 'the key "__proto__" is not allowed (column 7)'],
    ['a number out of range', '{"q":1e400}', 'number 1e400 is out of range (column 6)'],
    ['a long integer', '{"q":12345678901234567890}', 'integer 12345678901234567890 cannot be kept exactly'],
    ['an escaped NUL', '{"q":"a\\u0000b"}', 'a NUL character in a string (column 6)'],
    ['a raw NUL', '{"q":"a\0b"}', 'control character "\\u0000" in a string'],
    ['a lone surrogate', '{"q":"\\ud83d"}', 'a lone surrogate in a string (column 6)'],
    ['deep nesting', `${'['.repeat(40)}${']'.repeat(40)}`, 'nested deeper than 32'],
    ['very deep nesting', '['.repeat(100_000), 'nested deeper than 32'],
    ['NaN', '{"q":NaN}', 'wanted a value, found "N"'],
    ['a comma too many', '{"q":1,}', 'wanted a key in double quotes, found "}"'],
    ['two values', '{"q":1} {"q":2}', 'wanted the end, found "{"'],
    ['a bad escape', '{"q":"\\x41"}', 'no such escape: \\x'],
    ['an open string', '{"q":"abc', 'a string is not closed'],
    ['a leading zero', '{"q":01}', 'wanted , or } in an object, found "1"'],
    ['a word that only begins well', '{"q":trueish}', 'wanted a value'],
  ])('refuses %s, by line', async (_title, row, detail) => {
    const { status, details } = await refusal(from('jsonl', `{"q":"fine","a":1}\n${row}`));
    expect(status).toBe(400);
    expect(details[0]).toContain(`line 2: ${detail}`);
    expect((await refusal(from('json', `[\n${row}\n]`))).details[0]).toContain('line 2: ');
    expect(({} as Record<string, unknown>).admin).toBeUndefined();
  });

  it('accepts exactly what JSON.parse does, but for those traps', () => {
    const options = { mapping: { inputs: ['v'] } };
    return fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 5 }), async (value) => {
        const text = JSON.stringify({ v: value });
        if (/__proto__|\\u0000|\\ud[89a-f]/i.test(text) || /\d{16,}(?![\d.e])/i.test(text) || !text.isWellFormed())
          return;
        const [example] = (await from('jsonl', text, options)).examples;
        expect(example?.inputs.v).toEqual(JSON.parse(text).v === 0 ? 0 : JSON.parse(text).v);
      }),
    );
  });

  it.each<[string, string, string]>([
    ['too few cells', 'q,a\nx\n', 'line 2: wanted 2 cells (q, a), found 1'],
    ['too many cells', 'q,a\nx,y,z\n', 'line 2: wanted 2 cells (q, a), found 3'],
    ['an open quote', 'q,a\n"x,y\nz,w\n', 'a quote is opened and never closed'],
    ['a repeated column', 'q,q\nx,y\n', 'line 1: column "q" occurs twice in the header'],
    ['a nameless column', 'q,\nx,y\n', 'line 1: column 2 of the header has no name'],
    ['a column named __proto__', 'q,__proto__\nx,y\n', 'line 1: the column name "__proto__" is not allowed'],
    ['a NUL', 'q,a\nx\0,y\n', 'line 2: a NUL character in column "q"'],
    ['a missing column', 'question,a\nx,y\n', 'line 2: column "q" is missing; there are question, a'],
  ])('refuses CSV with %s', async (_title, text, detail) => {
    expect((await refusal(from('csv', text))).details.join('\n')).toContain(detail);
  });

  it('refuses cells that are not of their type, all of them', async () => {
    const text = 'ticket,stars,queue,urgent,tags\na,many,login,maybe,[1\nb,1,login,true,[]\n';
    const { details } = await refusal(from('csv', text, { signature }));
    expect(details).toEqual([
      'line 2: column "stars": wanted a number, found "many"',
      'line 2: column "urgent": wanted true or false, found "maybe"',
      expect.stringContaining('line 2: column "tags": wanted JSON: wanted , or ] in a list'),
    ]);
  });

  it.each<DatasetFormat>(['jsonl', 'json', 'csv'])('refuses %s without rows', async (format) => {
    for (const text of format === 'json' ? ['[]'] : ['', '\n\n', '\ufeff']) {
      expect((await refusal(from(format, text))).status).toBe(400);
    }
  });

  it.each(['{"rows":[]}', '7', '{"examples":[{"q":1}],"more":1}', '[{"q":1,"a":1}', '[{"q":1}] x', ''])(
    'refuses the JSON document %s',
    async (text) => {
      expect((await refusal(from('json', text))).details[0]).toMatch(/line 1: wanted/);
    },
  );
});

describe('encodings and sizes', () => {
  const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

  it.each<[string, Uint8Array, string]>([
    [
      'a sequence cut at the end',
      bytes(...new TextEncoder().encode('{"q":"'), 0xf0, 0x9f),
      'ends in the middle of a character',
    ],
    [
      'another encoding',
      bytes(...new TextEncoder().encode('{"q":"caf'), 0xe9, 0x22, 0x7d),
      'found other bytes: between byte 0 and',
    ],
    ['UTF-16', bytes(0xff, 0xfe, 0x7b, 0x00), 'found a UTF-16 byte order mark'],
    ['random bytes', bytes(0x80, 0x81, 0x00, 0xc0), 'wanted UTF-8 text'],
  ])('refuses %s', async (_title, source, message) => {
    for (const format of ['jsonl', 'json', 'csv'] as const) {
      const refused = await refusal(from(format, source));
      expect(refused.status).toBe(400);
      expect(refused.message).toContain(message);
    }
  });

  it('refuses a row over 256 KB by its line, and reads the rows after it', async () => {
    const long = 'x'.repeat(256 * 1024 + 1);
    const jsonl = `{"q":"a"}\n{"q":"${long}"}\nbad\n`;
    expect((await refusal(from('jsonl', jsonl))).details).toEqual([
      'line 2: a row is at most 262144 bytes, this one is larger',
      expect.stringContaining('line 3:'),
    ]);
    for (const [format, text] of [
      ['json', `[{"q":"a"},\n{"q":"${long}"}]`],
      ['csv', `q,a\nx,y\n${long},y\n`],
    ] as const) {
      expect((await refusal(from(format, text))).details.join()).toContain('a row is at most 262144 bytes');
    }
  });

  it('never holds a line without an end whole', async () => {
    let given = 0;
    const endless = async function* () {
      const piece = new TextEncoder().encode('x'.repeat(64 * 1024));
      while (given < 200) {
        given++;
        yield piece;
      }
    };
    const { details } = await refusal(importDataset(endless(), { format: 'jsonl', ...flat }));
    expect(details).toEqual(['line 1: a row is at most 262144 bytes, this one is larger']);
  });

  it('refuses too many bytes with 413 before reading them all, and too many rows', async () => {
    let given = 0;
    const large = async function* () {
      for (; given < 100; given++) yield new TextEncoder().encode('{"q":1}\n');
    };
    const refused = await refusal(importDataset(large(), { format: 'jsonl', ...flat, limits: { maxBytes: 50 } }));
    expect(refused.status).toBe(413);
    expect(given).toBeLessThan(10);
    const rows = await refusal(from('jsonl', '{"q":1}\n'.repeat(5), { ...flat, limits: { maxRows: 4 } }));
    expect(rows.details).toEqual(['line 5: a dataset has at most 4 rows']);
  });

  it('passes on what its source throws', async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield new TextEncoder().encode('q,a\nx,y\n');
      throw new Error('the disk is gone');
    };
    for (const format of ['jsonl', 'json', 'csv'] as const) {
      await expect(importDataset(broken(), { format, ...flat })).rejects.toThrow('the disk is gone');
    }
  });

  it('answers any bytes with examples or a refusal', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 60 }),
        fc.constantFrom('jsonl', 'json', 'csv'),
        async (source, format) => {
          const outcome = await from(format as DatasetFormat, source).then(
            ({ examples }) => examples.length > 0,
            (error: unknown) => DspexError.is(error) && error.status === 400,
          );
          expect(outcome).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});
