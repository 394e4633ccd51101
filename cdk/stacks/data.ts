import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket } from 'aws-cdk-lib/aws-s3';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { EXPIRY_ATTRIBUTE, INDEX_NAMES, indexAttributes, indexName, KEY_ATTRIBUTES } from '#lib/aws/dynamo/schema';
import { QUEUE_NAMES } from '#lib/ports/queue';
import { deadLetters, queueWithDeadLetters } from '../parts/queue.ts';
import { visibilitySeconds } from '../timing.ts';
import { DspexStack, type StackParts } from './stack.ts';

/** Everything that holds something: tables, blobs, queues, the bus. Outlives the other stacks, and its own deletion. */
export class DataStack extends DspexStack {
  readonly mainTable: Table;

  constructor(scope: Construct, parts: StackParts) {
    super(scope, 'data', parts, { guarded: true, doc: 'dspex: records, blobs and queues' });
    const { config, names } = this;
    const key = config.kmsKey === undefined ? undefined : Key.fromKeyArn(this, 'Key', config.kmsKey);
    this.mainTable = this.#table('Main', names.mainTable, key, {
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true, recoveryPeriodInDays: 35 },
    });
    for (const index of INDEX_NAMES) {
      const { partition, sort } = indexAttributes(index);
      this.mainTable.addGlobalSecondaryIndex({
        indexName: indexName(index),
        partitionKey: { name: partition, type: AttributeType.STRING },
        sortKey: { name: sort, type: AttributeType.STRING },
        projectionType: ProjectionType.KEYS_ONLY,
      });
    }
    // What may be lost after hours needs neither stream nor recovery.
    this.#table('Ephemeral', names.ephemeralTable, key, {});
    this.#bucket(key);
    for (const queue of QUEUE_NAMES)
      queueWithDeadLetters(this, `Queue-${queue}`, {
        queueName: names.queue(queue),
        deadLettersName: names.deadLetters(queue),
        visibilitySeconds: visibilitySeconds(queue),
        key,
      });
    // What the outbox's reader and the bus's rules could not deliver.
    for (const what of ['events', 'bus'] as const)
      deadLetters(this, `Dead-${what}`, names.deadLetters(what), what === 'bus' ? undefined : key);
    new EventBus(this, 'Bus', { eventBusName: names.bus });
    new StringParameter(this, 'StreamArn', {
      parameterName: names.parameter('stream-arn'),
      description: 'The stream of the main table, for the functions that read it',
      stringValue: this.mainTable.tableStreamArn ?? '',
    });
  }

  #table(id: string, tableName: string, key: IKey | undefined, more: object): Table {
    const { partition, sort } = KEY_ATTRIBUTES;
    return new Table(this, id, {
      tableName,
      partitionKey: { name: partition, type: AttributeType.STRING },
      sortKey: { name: sort, type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: EXPIRY_ATTRIBUTE,
      // Without a key of the user's, one that AWS owns encrypts, at no cost.
      ...(key === undefined
        ? { encryption: TableEncryption.DEFAULT }
        : { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: key }),
      deletionProtection: this.config.retainData,
      removalPolicy: this.#removal,
      ...more,
    });
  }

  #bucket(key: IKey | undefined): void {
    const bucket = new Bucket(this, 'Blobs', {
      bucketName: this.names.bucket(this.account, this.region),
      ...(key === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : { encryption: BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true }),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [
        {
          abortIncompleteMultipartUploadAfter: Duration.days(7),
          noncurrentVersionExpiration: Duration.days(35),
        },
      ],
      removalPolicy: this.#removal,
    });
    // Not by the L2's switch, which brings a function of its own for what CloudFormation can say by itself.
    if (!this.emulated)
      (bucket.node.defaultChild as CfnBucket).notificationConfiguration = {
        eventBridgeConfiguration: { eventBridgeEnabled: true },
      };
  }

  get #removal(): RemovalPolicy {
    return this.config.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
  }
}
