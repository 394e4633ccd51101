import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import { clientOptions } from '#lib/aws/client/options';
import { EventBus } from '#lib/aws/events/bus';
import { S3Blobs } from '#lib/aws/s3/blobs';
import { parameterStore } from '#lib/aws/secrets/parameter-store';
import { AwsSecrets, type Scheme } from '#lib/aws/secrets/secrets';
import { secretsManager } from '#lib/aws/secrets/secrets-manager';
import { systemClock } from '#lib/base/clock';
import { blobsContract } from '../contract/blobs.ts';
import { eventsContract } from '../contract/events.ts';
import { secretsContract } from '../contract/secrets.ts';
import { whenEmulated } from './emulated.ts';
import { TEST_PATIENCE } from './tables.ts';

const harness = { advance: (milliseconds: number) => pause(milliseconds), dispose: async () => undefined };

whenEmulated('the other ports', ({ ministack }) => {
  const options = clientOptions(ministack, TEST_PATIENCE);

  blobsContract('S3 on ministack', async () => {
    const client = new S3Client({ ...options, forcePathStyle: true });
    const bucket = `test-${randomUUID()}`;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    return {
      ...harness,
      blobs: new S3Blobs({ client, bucket }),
      damage: async (workspaceId, { sha256 }) => {
        const Key = `blobs/${workspaceId}/${sha256.slice(0, 2)}/${sha256}`;
        await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'something else' }));
      },
    };
  });

  for (const writesTo of ['ssm', 'secret'] satisfies Scheme[])
    secretsContract(`${writesTo} on ministack`, async () => {
      const prefix = `test-${randomUUID()}`;
      const sources = {
        ssm: parameterStore(new SSMClient(options), prefix),
        secret: secretsManager(new SecretsManagerClient(options), prefix),
      };
      return {
        ...harness,
        secrets: new AwsSecrets({ sources, writesTo, clock: systemClock }),
        absent: `${writesTo}:nothing`,
      };
    });

  eventsContract(
    'EventBridge on ministack',
    () => new EventBus({ client: new EventBridgeClient(options), bus: 'default' }),
  );
});
