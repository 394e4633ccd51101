import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Client } from '#lib/derive/client/client';
import { refusePickle } from '#lib/interop/state/read-state';
import type { Command, CommandCall } from '../command.ts';
import { WrongUsage } from '../command.ts';
import { importCorpus } from '../corpus-file.ts';
import { looksLikeState, readDspyImport } from '../dspy-import.ts';
import { connected, positional, text } from '../options.ts';
import { publishSource } from './publish.ts';

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
  summary: 'import examples into a dataset, documents into a corpus, or a saved DSPy state as a version of a program',
  usage:
    'FILE --dataset NAME [--mapping JSON] | FILE --corpus NAME | STATE.json --signatures FILE|PREDICTOR=SIGNATURE ... [--name PROGRAM]',
  options: {
    dataset: { type: 'string' },
    corpus: { type: 'string' },
    mapping: { type: 'string' },
    signatures: { type: 'string', multiple: true },
    name: { type: 'string' },
  },
  optionDocs: {
    signatures: 'of a DSPy state: a sidecar, a mapping {"predictors": {path: signature}}, or PREDICTOR=SIGNATURE',
    name: 'the program; default: the name of the file',
    corpus:
      'made when it is not there; texts or {text, id?, ...} in JSONL or JSON, or plain text, a document a paragraph',
    dataset: 'made when it is not there; default: the name of the file',
    mapping: '{"inputs": [columns], "labels": [columns], "id"?, "split"?}; not needed for rows {inputs, labels}',
  },
  run: (call) =>
    connected(call, async ({ client }) => {
      const file = positional(call, 0, 'FILE');
      const { signatures } = call.values;
      const corpus = text(call, 'corpus');
      if (corpus !== undefined) {
        const imported = await importCorpus(client, file, corpus);
        call.screen.result(
          { corpus, ...imported },
          ({ version, documents }) => `${corpus}@${version}: ${documents} documents`,
        );
        return 0;
      }
      if (Array.isArray(signatures) || (text(call, 'dataset') === undefined && (await isState(file))))
        return importProgram(call, client, file, Array.isArray(signatures) ? signatures.map(String) : []);
      const name = text(call, 'dataset') ?? (file.split('/').at(-1) ?? file).replace(/\.[^.]*$/, '');
      const imported = await importFile(client, file, name, text(call, 'mapping'));
      call.screen.result(
        { dataset: name, ...imported },
        ({ version, examples }) => `${name}@${version}: ${examples} examples`,
      );
      return 0;
    }),
};

async function isState(file: string): Promise<boolean> {
  refusePickle('', file);
  if (!file.endsWith('.json')) return false;
  return looksLikeState(await readFile(file, 'utf8').catch(() => ''));
}

async function importProgram(call: CommandCall, client: Client, file: string, signatures: string[]): Promise<number> {
  const asked = await readDspyImport(file, signatures, text(call, 'name'));
  const { body } = await client.call<{ source: { graph: { name: string } }; notes: string[] }>(
    'programs',
    'importDspy',
    {
      input: { ...asked },
    },
  );
  const name = text(call, 'name') ?? body.source.graph.name;
  const published = await publishSource(client, name, body.source);
  const { notes } = body;
  call.screen.result({ ...published, notes }, ({ id, version }) =>
    [`${published.name}@${version} (${id})`, ...notes.map((note) => `note: ${note}`)].join('\n'),
  );
  return 0;
}

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
