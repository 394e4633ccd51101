import { type Clock, systemClock } from '#lib/base/clock';
import type { Blobs } from '#lib/ports/blobs';
import type { Events } from '#lib/ports/events';
import type { Queue } from '#lib/ports/queue';
import type { Secrets } from '#lib/ports/secrets';
import type { Store } from '#lib/ports/store';
import type { WorkflowRun } from '#lib/ports/workflows';
import { lazily } from './client/lazy.ts';
import { type AwsAccess, clientOptions, isEmulated } from './client/options.ts';
import type { AwsSettings } from './settings.ts';
import type { StateMachines } from './sfn/workflows.ts';

/** Every port in one account and region. Bodies and clients are made at their first use, once for the process. */
export interface AwsHome {
  store: Store;
  queue: Queue;
  workflows: Pick<StateMachines, 'start' | 'begin' | 'stop' | 'redrive' | 'wake' | 'fail'>;
  blobs: Blobs;
  events: Pick<Events, 'publish'>;
  secrets: Secrets;
}

export interface AwsHomeOptions {
  settings: AwsSettings;
  /** The version of the machine that carries out a run; see StateMachines. */
  machineOf: (run: WorkflowRun, missing?: string) => Promise<string>;
  access?: AwsAccess;
  clock?: Clock;
}

/** How long each service may take to answer; a call of a model is none of these. */
const PATIENCE = {
  // A write that takes longer is better begun anew: it is idempotent by its token.
  store: { requestTimeoutMs: 3000, maxAttempts: 4 },
  // Above the longest wait for a message.
  queue: { requestTimeoutMs: 25_000, maxAttempts: 4 },
  workflows: { requestTimeoutMs: 5000, maxAttempts: 5 },
  blobs: { requestTimeoutMs: 30_000, maxAttempts: 4 },
  other: { requestTimeoutMs: 5000, maxAttempts: 5 },
} as const;

/**
 * The aws home.
 *
 *     const home = openAwsHome({ settings: settingsFrom(process.env), machineOf });
 *     await home.store.get({ pk: 'T#w', sk: 'HEAD' });
 */
export function openAwsHome({ settings, machineOf, access = {}, clock = systemClock }: AwsHomeOptions): AwsHome {
  const options = (patience: keyof typeof PATIENCE) => clientOptions(access, PATIENCE[patience]);
  const emulated = isEmulated(access);
  const { tables, queues, bucket, bus, secretsPrefix, secretsIn } = settings;
  return {
    store: lazily<Store, keyof Store>(async () => {
      const [{ DynamoDBClient }, { DynamoStore }] = await Promise.all([
        import('@aws-sdk/client-dynamodb'),
        import('./dynamo/store.ts'),
      ]);
      return new DynamoStore({ client: new DynamoDBClient(options('store')), tables, clock });
    }, ['get', 'getMany', 'query', 'transact', 'close']),
    queue: lazily<Queue, keyof Queue>(async () => {
      const [{ SQSClient }, { SqsQueue }] = await Promise.all([
        import('@aws-sdk/client-sqs'),
        import('./sqs/queue.ts'),
      ]);
      return new SqsQueue({ client: new SQSClient(options('queue')), urls: queues });
    }, ['send', 'receive', 'delete', 'extend', 'deadLetters', 'redrive']),
    workflows: lazily<StateMachines, 'start' | 'begin' | 'stop' | 'redrive' | 'wake' | 'fail'>(async () => {
      const [{ SFNClient }, { StateMachines }] = await Promise.all([
        import('@aws-sdk/client-sfn'),
        import('./sfn/workflows.ts'),
      ]);
      const client = new SFNClient({ ...options('workflows'), disableHostPrefix: emulated });
      return new StateMachines({ client, machineOf });
    }, ['start', 'begin', 'stop', 'redrive', 'wake', 'fail']),
    blobs: lazily<Blobs, keyof Blobs>(async () => {
      const [{ S3Client }, { S3Blobs }] = await Promise.all([import('@aws-sdk/client-s3'), import('./s3/blobs.ts')]);
      return new S3Blobs({ client: new S3Client({ ...options('blobs'), forcePathStyle: emulated }), bucket });
    }, ['put', 'get']),
    events: lazily<Events, 'publish'>(async () => {
      const [{ EventBridgeClient }, { EventBus }] = await Promise.all([
        import('@aws-sdk/client-eventbridge'),
        import('./events/bus.ts'),
      ]);
      return new EventBus({ client: new EventBridgeClient(options('other')), bus });
    }, ['publish']),
    secrets: lazily<Secrets, keyof Secrets>(async () => {
      const { openSecrets } = await import('./secrets/open.ts');
      return openSecrets({ options: options('other'), prefix: secretsPrefix, writesTo: secretsIn, clock });
    }, ['get', 'put']),
  };
}
