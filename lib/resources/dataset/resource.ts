import * as z from 'zod';
import { Conflict, InvalidInput } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import { datasetDrift } from '#lib/dataset/drift';
import type { Example } from '#lib/dataset/example';
import { DATASET_FORMATS, type ImportOptions, importDataset } from '#lib/dataset/import';
import { MappingSchema } from '#lib/dataset/mapping';
import { splitExamples } from '#lib/dataset/split';
import { problemsOf } from '#lib/kernel/decode';
import { Description, Name } from '../attributes.ts';
import { type Context, defineResource } from '../define.ts';
import { type DatasetContent, loadExamples, storeExamples } from './content.ts';

const MAX_UPLOAD_BYTES = 64 * 1024 * 1024;
const readOnly = { readOnly: true };
const upload = {
  maxBytes: MAX_UPLOAD_BYTES,
  contentTypes: [
    'application/x-ndjson',
    'application/jsonl',
    'text/csv',
    'application/json',
    'text/plain',
    'application/octet-stream',
  ],
};

/** The query string of an upload; a mapping is JSON text, because a query string knows only text. */
const how = {
  format: z.enum(DATASET_FORMATS).meta({ description: 'What the body is.' }),
  mapping: z.string().max(4096).optional().meta({
    description:
      'JSON: {"inputs": [columns], "labels": [columns], "id"?, "split"?, "weight"?}. Not needed for rows {inputs, labels}.',
  }),
};

const Imported = z.object({
  version: z.int(),
  examples: z.int(),
  added: z.int(),
  checksum: z.string(),
  duplicates: z.int(),
});

export const Dataset = defineResource({
  name: 'Dataset',
  path: 'datasets',
  idPrefix: 'dat',
  doc: 'Immutable versions of examples: inputs, labels, split; with checksum and statistics.',
  attributes: {
    name: Name,
    description: Description,
    count: z.int().default(0).meta(readOnly),
    checksum: z.string().nullable().default(null).meta(readOnly),
  },
  unique: ['name'],
  versions: {
    count: z.int(),
    checksum: z.string(),
    splits: z.record(z.string(), z.int()),
    fields: z.object({ inputs: z.array(z.string()), labels: z.array(z.string()) }),
    statistics: z.record(z.string(), z.json()),
    chunks: z.array(z.object({ sha256: z.string(), bytes: z.int(), count: z.int() })),
  },
  actions: (a) => ({
    create: a.create({
      doc: 'Create an empty dataset; `import` gives it its first version.',
      accept: ['name', 'description'],
    }),
    update: a.update({ doc: 'Change name or description.', accept: ['name', 'description'] }),
    delete: a.remove({ doc: 'Remove it.' }),
    import: a.call({
      doc: 'A new version from JSONL, CSV or JSON: all rows, or an error that names each bad line and nothing stored.',
      access: 'edit',
      upload,
      input: how,
      output: Imported,
      run: async ({ record, input, ctx, upload: bytes }) => add(record, await read(bytes, input), [], ctx),
    }),
    append: a.call({
      doc: 'A new version: the newest one’s examples and these.',
      access: 'edit',
      upload,
      input: how,
      output: Imported,
      run: async ({ record, input, ctx, upload: bytes }) =>
        add(record, await read(bytes, input), await newest(record, ctx), ctx),
    }),
    split: a.call({
      doc: 'A new version with every example in exactly one of train, validation and test; seeded.',
      access: 'edit',
      input: {
        sizes: z
          .strictObject({
            train: z.number().min(0).optional(),
            validation: z.number().min(0).optional(),
            test: z.number().min(0).optional(),
          })
          .meta({ description: 'Shares that sum to 1, or counts that sum to the number of examples.' }),
        seed: z.int().default(0),
        stratifyBy: z.string().optional().meta({ description: 'A label whose values are spread evenly.' }),
      },
      output: Imported,
      run: async ({ record, input, ctx }) => {
        const { sizes, seed, stratifyBy } = input;
        const given = Object.fromEntries(Object.entries(sizes).filter(([, size]) => size !== undefined));
        const examples = splitExamples(await newest(record, ctx), {
          sizes: given,
          seed,
          ...(stratifyBy === undefined ? {} : { stratifyBy }),
        });
        return add(record, { examples, duplicates: 0 }, [], ctx);
      },
    }),
    examples: a.call({
      doc: 'Examples of a version, in order.',
      effect: false,
      input: {
        version: z.int().min(1).optional(),
        offset: z.int().min(0).default(0),
        limit: z.int().min(1).max(1000).default(100),
      },
      output: z.object({ items: z.array(z.json()), next: z.int().nullable() }),
      run: async ({ record, input, ctx }) => {
        const body = await content(record, ctx, input.version);
        const items = await loadExamples(ctx.services.blobs, ctx.workspaceId, body, {
          from: input.offset,
          limit: input.limit,
        });
        const end = input.offset + items.length;
        return { items: items as never[], next: end < body.count ? end : null };
      },
    }),
    drift: a.call({
      doc: 'How far one version’s values have moved from another’s, field by field (population stability index).',
      effect: false,
      input: { from: z.int().min(1), to: z.int().min(1) },
      output: z.object({ fields: z.array(z.json()) }),
      run: async ({ record, input, ctx }) => {
        const [from, to] = await Promise.all([input.from, input.to].map((version) => examplesOf(record, ctx, version)));
        return { fields: datasetDrift(from ?? [], to ?? []) as never[] };
      },
    }),
    addVersion: a.update({
      doc: 'Examples already in Blobs become a version.',
      access: 'system',
      input: { content: z.record(z.string(), z.json()) },
      run: ({ input }) => {
        const { count, checksum } = input.content as unknown as DatasetContent;
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

async function read(
  bytes: AsyncIterable<Uint8Array>,
  input: { format: ImportOptions['format']; mapping?: string | undefined },
): Promise<{ examples: Example[]; duplicates: number }> {
  const { examples, duplicates } = await importDataset(bytes, {
    format: input.format,
    limits: { maxBytes: MAX_UPLOAD_BYTES },
    ...(input.mapping === undefined ? {} : { mapping: mappingOf(input.mapping) }),
  });
  return { examples, duplicates: duplicates.length };
}

function mappingOf(text: string) {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidInput('mapping_invalid', `the mapping is not JSON: ${(error as Error).message}`, {
      problems: [{ pointer: '/mapping', detail: 'wanted JSON text' }],
    });
  }
  const parsed = MappingSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = problemsOf(parsed.error).map(({ pointer, detail }) => ({ pointer: `/mapping${pointer}`, detail }));
  throw new InvalidInput('mapping_invalid', `the mapping cannot be used: ${problems[0]?.detail}`, { problems });
}

async function add(
  record: Record,
  read: { examples: Example[]; duplicates: number },
  before: readonly Example[],
  ctx: Context,
) {
  const taken = new Set(before.map((example) => example.id));
  const clashes = read.examples.filter((example) => taken.has(example.id));
  if (clashes.length > 0) {
    throw new Conflict(
      'example_exists',
      `${clashes.length} of the examples are already in ${record.name}, first "${clashes[0]?.id}"`,
    );
  }
  const stored = await storeExamples(ctx.services.blobs, ctx.workspaceId, [...before, ...read.examples]);
  await ctx.together({
    resource: 'Dataset',
    action: 'addVersion',
    id: record.id,
    ifMatch: record.rev,
    input: { content: stored as unknown as JsonObject },
    as: 'system',
  });
  return {
    version: (record.latestVersion ?? 0) + 1,
    examples: stored.count,
    added: read.examples.length,
    checksum: stored.checksum,
    duplicates: read.duplicates,
  };
}

async function content(record: Record, ctx: Context, version?: number): Promise<DatasetContent> {
  const number = version ?? record.latestVersion ?? 0;
  if (number === 0) throw new Conflict('dataset_empty', `dataset ${record.name} has no version yet: import one first`);
  return (await ctx.version<DatasetContent>('Dataset', record.id, number)).body;
}

async function examplesOf(record: Record, ctx: Context, version?: number): Promise<Example[]> {
  return loadExamples(ctx.services.blobs, ctx.workspaceId, await content(record, ctx, version));
}

const newest = (record: Record, ctx: Context): Promise<Example[]> => examplesOf(record, ctx);
