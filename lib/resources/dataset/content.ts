import type { JsonObject } from '#lib/base/json';
import { datasetChecksum } from '#lib/dataset/checksum';
import type { Example, Split } from '#lib/dataset/example';
import { datasetStatistics } from '#lib/dataset/statistics';
import type { BlobRef, Blobs } from '#lib/ports/blobs';

/** What a version records of its examples; they themselves lie in Blobs, in chunks of JSON Lines. */
export interface DatasetContent {
  count: number;
  checksum: string;
  splits: Record<Split | 'none', number>;
  fields: { inputs: string[]; labels: string[] };
  statistics: JsonObject;
  chunks: (BlobRef & { count: number })[];
}

const CHUNK_EXAMPLES = 2000;

/** Writes the examples and gives the version's body. Chunks are content-addressed: an append stores only what is new. */
export async function storeExamples(
  blobs: Blobs,
  workspaceId: string,
  examples: readonly Example[],
): Promise<DatasetContent> {
  const chunks: DatasetContent['chunks'] = [];
  for (let start = 0; start < examples.length; start += CHUNK_EXAMPLES) {
    const chunk = examples.slice(start, start + CHUNK_EXAMPLES);
    const text = chunk.map((example) => JSON.stringify(example)).join('\n');
    chunks.push({ ...(await blobs.put(workspaceId, Buffer.from(text))), count: chunk.length });
  }
  const { splits, ...statistics } = datasetStatistics(examples);
  return {
    count: examples.length,
    checksum: datasetChecksum(examples),
    splits,
    fields: { inputs: Object.keys(statistics.inputs), labels: Object.keys(statistics.labels) },
    statistics: statistics as unknown as JsonObject,
    chunks,
  };
}

/** The examples of a version in order; `from` and `limit` read only the chunks they need. */
export async function loadExamples(
  blobs: Blobs,
  workspaceId: string,
  content: Pick<DatasetContent, 'chunks'>,
  range: { from?: number; limit?: number } = {},
): Promise<Example[]> {
  const { from = 0, limit = Number.POSITIVE_INFINITY } = range;
  const examples: Example[] = [];
  let position = 0;
  for (const chunk of content.chunks) {
    if (position + chunk.count > from && examples.length < limit) {
      const text = Buffer.from(await blobs.get(workspaceId, chunk)).toString();
      const first = Math.max(0, from - position);
      const lines = text.split('\n').slice(first, first + limit - examples.length);
      for (const line of lines) examples.push(JSON.parse(line) as Example);
    }
    position += chunk.count;
  }
  return examples;
}
