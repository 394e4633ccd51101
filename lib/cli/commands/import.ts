import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Client } from '#lib/derive/client/client';
import type { Command } from '../command.ts';
import { WrongUsage } from '../command.ts';
import { connected, positional, text } from '../options.ts';

const FORMATS: Record<string, { format: string; contentType: string }> = {
  '.jsonl': { format: 'jsonl', contentType: 'application/x-ndjson' },
  '.ndjson': { format: 'jsonl', contentType: 'application/x-ndjson' },
  '.csv': { format: 'csv', contentType: 'text/csv' },
  '.json': { format: 'json', contentType: 'application/json' },
};

interface Imported {
  version: number;
  examples: number;
  checksum: string;
}

export const importCommand: Command = {
  summary: 'import examples (JSONL, CSV or JSON) as a new version of a dataset',
  usage: 'FILE --dataset NAME [--mapping JSON]',
  options: { dataset: { type: 'string' }, mapping: { type: 'string' } },
  optionDocs: {
    dataset: 'made when it is not there; default: the name of the file',
    mapping: '{"inputs": [columns], "labels": [columns], "id"?, "split"?}; not needed for rows {inputs, labels}',
  },
  run: (call) =>
    connected(call, async ({ client }) => {
      const file = positional(call, 0, 'FILE');
      const name = text(call, 'dataset') ?? (file.split('/').at(-1) ?? file).replace(/\.[^.]*$/, '');
      const imported = await importFile(client, file, name, text(call, 'mapping'));
      call.screen.result(
        { dataset: name, ...imported },
        ({ version, examples }) => `${name}@${version}: ${examples} examples`,
      );
      return 0;
    }),
};

/** The file as a new version of the dataset of that name, which is made when it is not there. */
export async function importFile(
  client: Client,
  file: string,
  name: string,
  mapping?: string,
): Promise<Imported & { id: string }> {
  const kind = FORMATS[extname(file).toLowerCase()];
  if (kind === undefined) throw new WrongUsage(`${file}: wanted a file ending in ${Object.keys(FORMATS).join(', ')}`);
  const content = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new WrongUsage(`cannot read ${file}: ${error.code}`);
  });
  const found = await client.get<{ id: string }>('datasets', name).catch((error: { status?: number }) => {
    if (error.status === 404) return client.call<{ id: string }>('datasets', 'create', { input: { name } });
    throw error;
  });
  const { body } = await client.call<Imported>('datasets', 'import', {
    id: found.body.id,
    input: { format: kind.format, ...(mapping === undefined ? {} : { mapping }) },
    upload: { contentType: kind.contentType, content },
  });
  return { ...body, id: found.body.id };
}
