import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateBucketCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, it, onTestFinished, vi } from 'vitest';
import { type AwsAccess, clientOptions } from '#lib/aws/client/options';
import { S3Blobs } from '#lib/aws/s3/blobs';
import { PART_BYTES } from '#lib/aws/s3/multipart';
import { rejection } from '../contract/harness.ts';
import { type DisturbedBy, disturbed } from './disturbed.ts';
import { whenEmulated } from './emulated.ts';
import { TEST_PATIENCE } from './tables.ts';

// The emulators share the machine with whatever else it does.
vi.setConfig({ testTimeout: 300_000 });

const LARGE = Buffer.alloc(2 * PART_BYTES + 1, 7);

async function blobsOver(access: AwsAccess, by: DisturbedBy) {
  const made = (from: AwsAccess) => {
    const client = new S3Client({ ...clientOptions(from, TEST_PATIENCE), forcePathStyle: true });
    onTestFinished(() => client.destroy());
    return client;
  };
  const bucket = `test-${randomUUID()}`;
  const client = made(access);
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const uploads = async () => (await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? [];
  const faulty = new S3Blobs({ client: made(disturbed(access, by)), bucket });
  return { faulty, sound: new S3Blobs({ client, bucket }), uploads };
}

/** The n-th request of this method, and no other, has this bad luck. */
function theOnly(method: string, position: number, what: 'lost' | 'throttled'): DisturbedBy {
  let seen = 0;
  return (operation) => (operation === method && ++seen === position ? what : null);
}

whenEmulated('blobs over a bad network', ({ ministack }) => {
  it('a write whose answer is lost is there once, and acknowledged', async () => {
    const { faulty, sound } = await blobsOver(ministack, theOnly('PUT', 1, 'lost'));
    const bytes = Buffer.from('small');
    const ref = await faulty.put('wks_a', bytes);
    expect(Buffer.from(await sound.get('wks_a', ref))).toEqual(bytes);
  });

  it('an upload in parts is acknowledged whichever of its answers is lost, and leaves no parts behind', async () => {
    // The requests of one upload by method: begin, three parts, the end.
    for (const [method, position] of [
      ['PUT', 2],
      ['POST', 2],
    ] as const) {
      const { faulty, sound, uploads } = await blobsOver(ministack, theOnly(method, position, 'lost'));
      const ref = await faulty.put('wks_a', LARGE);
      expect(LARGE.equals(await sound.get('wks_a', ref))).toBe(true);
      expect(await uploads()).toEqual([]);
    }
  });

  it('one that cannot be finished is Unavailable with a hint, nothing is there, and nothing remains', async () => {
    let parts = 0;
    const { faulty, sound, uploads } = await blobsOver(ministack, (method) =>
      method === 'PUT' && ++parts > 1 ? 'throttled' : null,
    );
    const error = await rejection(faulty.put('wks_a', LARGE));
    expect(error).toMatchObject({ name: 'Unavailable', code: 'aws_throttled', retryAfterSeconds: 1 });
    const ref = await sound.put('wks_a', Buffer.from('other'));
    expect(await rejection(sound.get('wks_a', { ...ref, sha256: 'a'.repeat(64) }))).toMatchObject({
      name: 'BlobMissing',
    });
    expect(await uploads()).toEqual([]);
  });

  it('an expired credential says what to do, for writes and reads, and a renewed one finds what was there', async () => {
    let expired = false;
    const { faulty } = await blobsOver(ministack, () => (expired ? 'expired' : null));
    const ref = await faulty.put('wks_a', Buffer.from('kept'));
    expired = true;
    for (const attempt of [() => faulty.get('wks_a', ref), () => faulty.put('wks_a', Buffer.from('new'))])
      expect(await rejection(attempt())).toMatchObject({
        ...{ name: 'Unavailable', code: 'aws_credentials_expired', status: 503 },
        message: expect.stringContaining('sign in again or refresh the role'),
      });
    expired = false;
    expect(Buffer.from(await faulty.get('wks_a', ref)).toString()).toBe('kept');
  });

  it('a blob of 100 MB comes back whole', async () => {
    const { sound } = await blobsOver(ministack, () => null);
    const bytes = Buffer.alloc(100_000_000, 'dspex');
    const ref = await sound.put('wks_a', bytes);
    expect(ref.bytes).toBe(100_000_000);
    expect(bytes.equals(await sound.get('wks_a', ref))).toBe(true);
  });
});

it('a read whose body breaks off is begun again; one that always does is Unavailable', async () => {
  const bytes = Buffer.alloc(100_000, 1);
  const broken = { left: 1 };
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    if (broken.left-- > 0) response.write(bytes.subarray(0, 50_000), () => response.destroy());
    else response.end(bytes);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new S3Client({
    ...clientOptions({ endpoint, region: 'us-east-1', credentials }, TEST_PATIENCE),
    forcePathStyle: true,
  });
  onTestFinished(() => client.destroy());
  const blobs = new S3Blobs({ client, bucket: 'b' });
  const ref = { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
  expect(bytes.equals(await blobs.get('wks_a', ref))).toBe(true);
  broken.left = 3;
  expect(await rejection(blobs.get('wks_a', ref))).toMatchObject({ name: 'Unavailable', code: 'aws_unreachable' });
});
