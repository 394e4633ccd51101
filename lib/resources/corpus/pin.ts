import * as z from 'zod';
import { Conflict, InvalidInput } from '#lib/base/errors';
import type { CorpusPin } from '#lib/module/corpus';
import type { Context } from '../define.ts';

/** A Corpus by its name, and how it is searched. */
export const CorpusSearch = z.strictObject({
  name: z.string().min(1).max(120),
  version: z.int().min(1).optional().meta({ description: 'Default: the newest when the program is published.' }),
  search: z.enum(['bm25', 'embedding', 'hybrid']).default('bm25'),
  embedder: z
    .string()
    .min(1)
    .max(300)
    .optional()
    .meta({ description: 'A LanguageModel, or provider/model, that embeds: embedded, openai/text-embedding-3-small.' }),
});

interface CorpusRecord {
  id: string;
  latestVersion?: number;
}

/** The version a program is published with. Throws InvalidInput that points at what is missing. */
export async function corpusPin(
  { name, version, search, embedder }: z.output<typeof CorpusSearch>,
  pointer: string,
  ctx: Pick<Context, 'find' | 'version'>,
): Promise<CorpusPin> {
  if (search !== 'bm25' && embedder === undefined)
    throw new InvalidInput('embedder_missing', `${search} search needs an embedder, such as embedded`, {
      problems: [{ pointer: `${pointer}/embedder`, detail: 'wanted provider/model' }],
    });
  const corpus = await ctx.find<CorpusRecord>('Corpus', name);
  const number = version ?? corpus.latestVersion ?? 0;
  if (number === 0) throw new Conflict('corpus_empty', `corpus ${name} has no version yet: import documents first`);
  const { body } = await ctx.version<{ checksum: string }>('Corpus', corpus.id, number);
  const pin = { corpusId: corpus.id, version: number, checksum: body.checksum, search };
  return embedder === undefined ? pin : { ...pin, embedder };
}
