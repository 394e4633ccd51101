import type { BlobRef, Blobs } from '#lib/ports/blobs';
import { type Document, documentsChecksum } from '#lib/retrieval/documents';

/** What a version records of its documents; they themselves lie in Blobs, in chunks of JSON Lines. */
export interface CorpusContent {
  count: number;
  characters: number;
  checksum: string;
  chunks: (BlobRef & { count: number })[];
}

const CHUNK_CHARACTERS = 1_000_000;

/** Writes the documents and gives the version's body. Chunks are content-addressed: an append stores only what is new. */
export async function storeDocuments(
  blobs: Blobs,
  workspaceId: string,
  documents: readonly Document[],
): Promise<CorpusContent> {
  const chunks: CorpusContent['chunks'] = [];
  let lines: string[] = [];
  let size = 0;
  let characters = 0;
  const close = async (): Promise<void> => {
    if (lines.length === 0) return;
    chunks.push({ ...(await blobs.put(workspaceId, Buffer.from(lines.join('\n')))), count: lines.length });
    lines = [];
    size = 0;
  };
  for (const document of documents) {
    const line = JSON.stringify(document);
    lines.push(line);
    size += line.length;
    characters += document.text.length;
    if (size >= CHUNK_CHARACTERS) await close();
  }
  await close();
  return { count: documents.length, characters, checksum: documentsChecksum(documents), chunks };
}

/** The documents of a version in order; a range reads only the chunks it needs. */
export async function loadDocuments(
  blobs: Pick<Blobs, 'get'>,
  workspaceId: string,
  content: Pick<CorpusContent, 'chunks'>,
  { from = 0, limit = Number.POSITIVE_INFINITY }: { from?: number; limit?: number } = {},
): Promise<Document[]> {
  const documents: Document[] = [];
  let position = 0;
  for (const chunk of content.chunks) {
    if (position + chunk.count > from && documents.length < limit) {
      const text = Buffer.from(await blobs.get(workspaceId, chunk)).toString();
      const first = Math.max(0, from - position);
      for (const line of text.split('\n').slice(first, first + limit - documents.length))
        documents.push(JSON.parse(line) as Document);
    }
    position += chunk.count;
  }
  return documents;
}
