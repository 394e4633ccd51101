import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { expect, test } from 'vitest';
import { clientOptions } from '#lib/aws/client/options';
import { deleteParameters, emptyBucket } from '#lib/aws/deployment/remains';
import { whenEmulated } from './emulated.ts';
import { TEST_PATIENCE } from './tables.ts';

whenEmulated('what a house leaves behind', ({ ministack }) => {
  const options = clientOptions(ministack, TEST_PATIENCE);

  test('a bucket is emptied of every version of every object, and one that is not there has none', async () => {
    const client = new S3Client({ ...options, forcePathStyle: true });
    const Bucket = `test-${randomUUID()}`;
    await client.send(new CreateBucketCommand({ Bucket }));
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    for (const Body of ['first', 'second'])
      for (const Key of ['blobs/a', 'blobs/b']) await client.send(new PutObjectCommand({ Bucket, Key, Body }));
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'blobs/a' }));
    expect(await emptyBucket(ministack, Bucket)).toBe(5);
    const { Versions, DeleteMarkers } = await client.send(new ListObjectVersionsCommand({ Bucket }));
    expect([Versions ?? [], DeleteMarkers ?? []]).toEqual([[], []]);
    expect(await emptyBucket(ministack, `${Bucket}-gone`)).toBe(0);
    client.destroy();
  });

  test('parameters below the path of a stage are deleted, and those of another are not', async () => {
    const client = new SSMClient(options);
    const stage = `/dspex/${randomUUID()}`;
    const put = (Name: string) => client.send(new PutParameterCommand({ Name, Value: 'x', Type: 'SecureString' }));
    const names = Array.from({ length: 12 }, (_, n) => `${stage}/key-${n}`);
    for (const name of [...names, `${stage}-2/key`]) await put(name);
    expect((await deleteParameters(ministack, `${stage}/`)).toSorted()).toEqual(names.toSorted());
    expect((await client.send(new GetParameterCommand({ Name: `${stage}-2/key` }))).Parameter?.Name).toContain('-2/');
    expect(await deleteParameters(ministack, `${stage}/`)).toEqual([]);
    client.destroy();
  });
});
