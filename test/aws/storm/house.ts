import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { type AwsAccess, clientOptions } from '#lib/aws/client/options';
import { environmentOf } from '#lib/aws/settings';
import { type Client, createClient } from '#lib/derive/client/client';
import { type App, openFront } from '../../../functions/aws-house/front.ts';
import { setUp } from '../../../functions/aws-house/set-up.ts';
import { type Aws, openAws } from '../../../functions/wire-aws.ts';
import type { Emulated } from '../emulated.ts';
import { awsEnvironment } from '../emulators/emulators.ts';
import { makeQueues, type Queues } from '../queues.ts';
import { makeTables, TEST_PATIENCE } from '../tables.ts';

/** A house as the stack makes it, without its functions: tables, queues, a bucket, secrets, a first key. */
export interface BareHouse {
  aws: Aws;
  client: Client;
  /** The HTTP surface itself, and the first key. */
  app: App;
  key: string;
  /** What the surface answered with 5xx, and why. */
  faults: readonly string[];
  workspaceId: string;
  queues: Queues;
  /** The main table, whose stream is to be followed. */
  table: string;
  /** Of the processes that work in it. */
  environment: Record<string, string>;
  remove(): Promise<void>;
}

/** An emulator that is slow to start has been asked twice, and says that it is there already: then under other names. */
async function made<T>(make: () => Promise<T>): Promise<T> {
  return make().catch(make);
}

export interface HouseOptions {
  /** Added to the environment of its processes. */
  environment?: Record<string, string>;
  /** How this process reaches it, once it is set up; see `disturbed`. */
  access?: AwsAccess;
}

/** Tables in DynamoDB Local, everything else in ministack. */
export async function openBareHouse(
  { ministack, dynamodb }: Emulated,
  { environment: more = {}, access = {} }: HouseOptions = {},
): Promise<BareHouse> {
  const [tables, queues] = await Promise.all([made(() => makeTables(dynamodb)), made(() => makeQueues(ministack))]);
  const bucket = `storm-${randomUUID()}`;
  const s3 = new S3Client({ ...clientOptions(ministack, TEST_PATIENCE), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  s3.destroy();
  const environment = {
    ...awsEnvironment(ministack.endpoint ?? ''),
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint ?? '',
    POWERTOOLS_SERVICE_NAME: 'storm',
    POWERTOOLS_TRACE_ENABLED: 'false',
    POWERTOOLS_METRICS_DISABLED: 'true',
    ...environmentOf({
      ...{ tables: tables.names, queues: queues.urls, bucket, bus: 'default' },
      ...{ secretsPrefix: bucket, secretsIn: 'ssm' },
    }),
    ...more,
  };
  // The clients of this process read where they are to ask from its environment, as those of a function do.
  const before = { ...process.env };
  Object.assign(process.env, environment);
  const { workspaceId, key } = await setUp(openAws(), 'openai/soak');
  const aws = openAws({ access });
  const faults: string[] = [];
  const app = await openFront(aws, (route, error) => faults.push(`${route}: ${String(error)}`));
  const client = createClient({ apiKey: key ?? '', fetch: async (request) => app.fetch(request) });
  return {
    ...{ aws, client, app, faults, key: key ?? '', workspaceId, queues, environment, table: tables.names.main },
    remove: async () => {
      await aws.home.store.close();
      await Promise.all([tables.remove(), queues.remove()]);
      for (const name of Object.keys(environment)) {
        const value = before[name];
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    },
  };
}
