import { setTimeout as sleep } from 'node:timers/promises';
import { FEED_ATTRIBUTE } from '#lib/aws/dynamo/schema';
import { Died, type Functions } from './functions.ts';

/** One record of a table's stream, as far as it is read here. */
interface Record {
  dynamodb: { SequenceNumber: string; NewImage?: { [attribute: string]: unknown } };
}

export interface StreamMapping {
  counts: { records: number; batches: number; died: number };
  idle(): boolean;
  stop(): Promise<void>;
}

const BATCH = 100;
const IDLE_MS = 30;

/**
 * What Lambda does between a table's stream and the function behind it: every record in order, from the first; a batch
 * whose function died comes again whole, one that failed in part from the record that failed.
 */
export async function mapStream(endpoint: string, table: string, functions: Functions): Promise<StreamMapping> {
  const counts = { records: 0, batches: 0, died: 0 };
  const { Streams } = await asked<{ Streams: { StreamArn: string }[] }>(endpoint, 'ListStreams', { TableName: table });
  const StreamArn = Streams[0]?.StreamArn ?? '';
  let stopping = false;
  let busy = true;

  const handOver = async (records: Record[]): Promise<void> => {
    let left = records;
    while (left.length > 0) {
      try {
        counts.batches += 1;
        const told = await functions.invoke({ name: 'events', event: { Records: left }, timeoutMs: 60_000 });
        if ('error' in told) continue;
        const [failed] = (told.answer as { batchItemFailures: { itemIdentifier: string }[] }).batchItemFailures;
        left =
          failed === undefined
            ? []
            : left.slice(left.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === failed.itemIdentifier));
      } catch (error) {
        if (!(error instanceof Died)) throw error;
        counts.died += 1;
      }
    }
  };

  const shard = async (ShardId: string): Promise<void> => {
    const where = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' };
    let { ShardIterator: iterator } = await asked<{ ShardIterator?: string }>(endpoint, 'GetShardIterator', where);
    while (iterator !== undefined && !stopping) {
      type Page = { Records: Record[]; NextShardIterator?: string };
      const page: Page = await asked(endpoint, 'GetRecords', { ShardIterator: iterator, Limit: BATCH });
      iterator = page.NextShardIterator;
      // As the function's filter has it.
      const fed = page.Records.filter(({ dynamodb }) => dynamodb.NewImage?.[FEED_ATTRIBUTE] !== undefined);
      counts.records += fed.length;
      busy = page.Records.length > 0;
      if (fed.length > 0) await handOver(fed);
      else if (!busy) await sleep(IDLE_MS);
    }
  };

  const loop = async (): Promise<void> => {
    const seen = new Set<string>();
    while (!stopping) {
      const { StreamDescription: found } = await asked<{
        StreamDescription: { Shards: { ShardId: string }[] };
      }>(endpoint, 'DescribeStream', { StreamArn });
      const next = found.Shards.find(({ ShardId }) => !seen.has(ShardId));
      if (next === undefined) await sleep(IDLE_MS);
      else {
        await shard(next.ShardId);
        seen.add(next.ShardId);
      }
    }
  };
  const looping = loop();
  return {
    counts,
    idle: () => !busy,
    stop: async () => {
      stopping = true;
      await looping;
    },
  };
}

/** The streams' own API: the client for it is not among the product's, and the emulator reads no signatures. */
async function asked<A>(endpoint: string, operation: string, input: object): Promise<A> {
  const scope = 'test/20260101/us-east-1/dynamodb/aws4_request';
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDBStreams_20120810.${operation}`,
      'x-amz-date': '20260101T000000Z',
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(input),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${operation}: ${response.status} ${text}`);
  return JSON.parse(text) as A;
}
