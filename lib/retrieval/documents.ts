import { InvalidInput, type Problem } from '#lib/base/errors';
import { checksum, sha256 } from '#lib/base/hash';
import { isJsonObject, type JsonObject } from '#lib/base/json';

/** One passage of a corpus. */
export interface Document {
  id: string;
  text: string;
  metadata?: JsonObject;
}

export const DOCUMENT_FORMATS = ['jsonl', 'json', 'text'] as const;
export type DocumentFormat = (typeof DOCUMENT_FORMATS)[number];

const MAX_TEXT = 200_000;
const MAX_DOCUMENTS = 1_000_000;
const SHOWN = 20;

/**
 * The documents of a file. JSON Lines and JSON hold texts or `{text, id?, ...}` (what else there is becomes metadata);
 * plain text holds paragraphs between blank lines. A document without an id gets one from its text. All or nothing:
 * throws InvalidInput that names each bad one.
 */
export function readDocuments(source: string, format: DocumentFormat): Document[] {
  const problems: Problem[] = [];
  const documents: Document[] = [];
  const seen = new Map<string, number>();
  for (const { at, value } of ROWS[format](source, problems)) {
    const read = documentOf(value);
    if (typeof read === 'string') {
      problems.push({ pointer: at, detail: read });
      continue;
    }
    const before = seen.get(read.id);
    if (before !== undefined) {
      // The same text twice is one document; two texts under one id are a mistake.
      if (documents[before]?.text !== read.text)
        problems.push({ pointer: at, detail: `the id "${read.id}" is already taken by document ${before + 1}` });
      continue;
    }
    seen.set(read.id, documents.length);
    documents.push(read);
  }
  if (documents.length > MAX_DOCUMENTS)
    problems.push({ pointer: '', detail: `a corpus has at most ${MAX_DOCUMENTS} documents` });
  if (documents.length === 0 && problems.length === 0)
    problems.push({ pointer: '', detail: 'there is no document in it' });
  if (problems.length > 0)
    throw new InvalidInput('documents_invalid', `${problems.length} documents cannot be read: ${problems[0]?.detail}`, {
      problems: problems.slice(0, SHOWN),
    });
  return documents;
}

type Row = { at: string; value: unknown };

const ROWS: Record<DocumentFormat, (source: string, problems: Problem[]) => Iterable<Row>> = {
  *jsonl(source, problems) {
    for (const [i, line] of source.split('\n').entries()) {
      if (line.trim() === '') continue;
      const at = `/${i}`;
      try {
        yield { at, value: JSON.parse(line) };
      } catch (error) {
        problems.push({ pointer: at, detail: `line ${i + 1} is not JSON: ${(error as Error).message}` });
      }
    }
  },
  *json(source, problems) {
    try {
      const value: unknown = JSON.parse(source);
      if (Array.isArray(value)) yield* value.map((one, i) => ({ at: `/${i}`, value: one as unknown }));
      else problems.push({ pointer: '', detail: 'wanted a list of documents' });
    } catch (error) {
      problems.push({ pointer: '', detail: `not JSON: ${(error as Error).message}` });
    }
  },
  *text(source) {
    for (const [i, value] of source.split(/\r?\n[ \t]*\r?\n/u).entries())
      if (value.trim() !== '') yield { at: `/${i}`, value: value.trim() };
  },
};

/** The document, or what is wrong with it. */
function documentOf(value: unknown): Document | string {
  const given = typeof value === 'string' ? { text: value } : value;
  if (!isJsonObject(given)) return 'wanted a text or an object with "text"';
  const { id, text, metadata, ...others } = given;
  if (typeof text !== 'string' || text.trim() === '') return '"text" is missing or empty';
  if (text.length > MAX_TEXT) return `a document has at most ${MAX_TEXT} characters, this has ${text.length}; split it`;
  if (id !== undefined && typeof id !== 'number' && (typeof id !== 'string' || id === '' || id.length > 200))
    return '"id" is a text of 1 to 200 characters';
  const more = { ...others, ...(isJsonObject(metadata) ? metadata : {}) };
  return {
    id: id === undefined ? sha256(text).slice(0, 16) : String(id),
    text,
    ...(Object.keys(more).length === 0 ? {} : { metadata: more }),
  };
}

/** Of what the documents say, in order: two versions with it give the same passages. */
export function documentsChecksum(documents: readonly Document[]): string {
  return checksum(documents.map(({ id, text, metadata }) => [id, text, metadata ?? null]));
}
