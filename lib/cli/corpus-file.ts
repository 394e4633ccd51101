import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Client } from '#lib/derive/client/client';
import { WrongUsage } from './command.ts';

const FORMATS: Record<string, { format: string; contentType: string }> = {
  '.jsonl': { format: 'jsonl', contentType: 'application/x-ndjson' },
  '.ndjson': { format: 'jsonl', contentType: 'application/x-ndjson' },
  '.json': { format: 'json', contentType: 'application/json' },
  '.txt': { format: 'text', contentType: 'text/plain' },
  '.md': { format: 'text', contentType: 'text/plain' },
};

export interface ImportedCorpus {
  version: number;
  documents: number;
  added: number;
  checksum: string;
}

/** The file's documents as a new version of the corpus of that name, which is made when it is not there. */
export async function importCorpus(client: Client, file: string, name: string): Promise<ImportedCorpus> {
  const kind = FORMATS[extname(file).toLowerCase()];
  if (kind === undefined) throw new WrongUsage(`${file}: wanted a file ending in ${Object.keys(FORMATS).join(', ')}`);
  const content = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new WrongUsage(`cannot read ${file}: ${error.code}`);
  });
  const found = await client.get<{ id: string }>('corpora', name).catch((error: { status?: number }) => {
    if (error.status === 404) return client.call<{ id: string }>('corpora', 'create', { input: { name } });
    throw error;
  });
  const { body } = await client.call<ImportedCorpus>('corpora', 'import', {
    ...{ id: found.body.id, input: { format: kind.format } },
    upload: { contentType: kind.contentType, content },
  });
  return body;
}
