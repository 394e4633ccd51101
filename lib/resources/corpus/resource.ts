import * as z from 'zod';
import { Conflict, InvalidInput } from '#lib/base/errors';
import { StepFailure } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import { DOCUMENT_FORMATS, type Document, type DocumentFormat, readDocuments } from '#lib/retrieval/documents';
import { Description, Name } from '../attributes.ts';
import { type Context, defineResource } from '../define.ts';
import { type CorpusContent, loadDocuments, storeDocuments } from './content.ts';
import { CorpusSearch, corpusPin } from './pin.ts';

const MAX_UPLOAD_BYTES = 64 * 1024 * 1024;
const readOnly = { readOnly: true };
const upload = {
  maxBytes: MAX_UPLOAD_BYTES,
  contentTypes: [
    'application/x-ndjson',
    'application/jsonl',
    'application/json',
    'text/plain',
    'application/octet-stream',
  ],
};
const how = {
  format: z.enum(DOCUMENT_FORMATS).meta({
    description: 'Texts or {text, id?, ...} as JSON Lines or a JSON list; or plain text, a document a paragraph.',
  }),
};
const Imported = z.object({ version: z.int(), documents: z.int(), added: z.int(), checksum: z.string() });

export const Corpus = defineResource({
  name: 'Corpus',
  path: 'corpora',
  idPrefix: 'cor',
  doc: 'Immutable versions of documents, searched by words (BM25), by meaning (embeddings) or by both.',
  attributes: {
    name: Name,
    description: Description,
    count: z.int().default(0).meta(readOnly),
    checksum: z.string().nullable().default(null).meta(readOnly),
  },
  unique: ['name'],
  versions: {
    count: z.int(),
    characters: z.int(),
    checksum: z.string(),
    chunks: z.array(z.object({ sha256: z.string(), bytes: z.int(), count: z.int() })),
  },
  actions: (a) => ({
    create: a.create({
      doc: 'Create an empty corpus; `import` gives it its first version.',
      accept: ['name', 'description'],
    }),
    update: a.update({ doc: 'Change name or description.', accept: ['name', 'description'] }),
    delete: a.remove({ doc: 'Remove it. Programs that search it can then no longer.' }),
    import: a.call({
      doc: 'A new version from JSONL, JSON or plain text: all documents, or an error that names each bad one.',
      access: 'edit',
      upload,
      input: how,
      output: Imported,
      run: async ({ record, input, ctx, upload: bytes }) => add(record, await read(bytes, input.format), [], ctx),
    }),
    append: a.call({
      doc: 'A new version: the newest one’s documents and these; one with a known id replaces the old one.',
      access: 'edit',
      upload,
      input: how,
      output: Imported,
      run: async ({ record, input, ctx, upload: bytes }) =>
        add(record, await read(bytes, input.format), await newest(record, ctx), ctx),
    }),
    documents: a.call({
      doc: 'Documents of a version, in order.',
      effect: false,
      input: {
        version: z.int().min(1).optional(),
        offset: z.int().min(0).default(0),
        limit: z.int().min(1).max(1000).default(100),
      },
      output: z.object({ items: z.array(z.json()), next: z.int().nullable() }),
      run: async ({ record, input, ctx }) => {
        const body = await content(record, ctx, input.version);
        const range = { from: input.offset, limit: input.limit };
        const items = await loadDocuments(ctx.services.blobs, ctx.workspaceId, body, range);
        const end = input.offset + items.length;
        return { items: items as never[], next: end < body.count ? end : null };
      },
    }),
    search: a.call({
      doc: 'The passages nearest to a query, as a retrieve module would find them.',
      access: 'run',
      effect: false,
      input: {
        query: z.string().min(1).max(20_000),
        k: z.int().min(1).max(100).default(3),
        ...CorpusSearch.omit({ name: true }).shape,
      },
      output: z.object({
        version: z.int(),
        passages: z.array(z.object({ id: z.string(), text: z.string(), score: z.number() })),
      }),
      run: async ({ record, input: { query, k, ...how }, ctx }) => {
        const pin = await corpusPin({ name: record.id, ...how }, '', ctx);
        try {
          const { passages } = await ctx.services.search(ctx.workspaceId, pin, query, k, ctx.signal);
          return { version: pin.version, passages };
        } catch (error) {
          if (!(error instanceof StepFailure)) throw error;
          throw new InvalidInput('search_failed', error.message, { cause: error });
        }
      },
    }),
    addVersion: a.update({
      doc: 'Documents already in Blobs become a version.',
      access: 'system',
      input: { content: z.record(z.string(), z.json()) },
      run: ({ input }) => {
        const { count, checksum } = input.content as unknown as CorpusContent;
        return { set: { count, checksum }, version: input.content, event: { count, checksum } };
      },
    }),
  }),
});

interface Record {
  id: string;
  rev: number;
  name: string;
  latestVersion?: number;
}

async function read(bytes: AsyncIterable<Uint8Array>, format: DocumentFormat): Promise<Document[]> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces));
  } catch (error) {
    throw new InvalidInput('documents_invalid', 'the file is not UTF-8 text', { cause: error });
  }
  return readDocuments(text, format);
}

async function add(record: Record, documents: readonly Document[], before: readonly Document[], ctx: Context) {
  const all = new Map([...before, ...documents].map((document) => [document.id, document]));
  const stored = await storeDocuments(ctx.services.blobs, ctx.workspaceId, [...all.values()]);
  await ctx.together({
    resource: 'Corpus',
    action: 'addVersion',
    id: record.id,
    ifMatch: record.rev,
    input: { content: stored as unknown as JsonObject },
    as: 'system',
  });
  return {
    version: (record.latestVersion ?? 0) + 1,
    documents: stored.count,
    added: stored.count - before.length,
    checksum: stored.checksum,
  };
}

async function content(record: Record, ctx: Context, version?: number): Promise<CorpusContent> {
  const number = version ?? record.latestVersion ?? 0;
  if (number === 0)
    throw new Conflict('corpus_empty', `corpus ${record.name} has no version yet: import documents first`);
  return (await ctx.version<CorpusContent>('Corpus', record.id, number)).body;
}

async function newest(record: Record, ctx: Context): Promise<Document[]> {
  return loadDocuments(ctx.services.blobs, ctx.workspaceId, await content(record, ctx));
}
