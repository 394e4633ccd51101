import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clientOptions } from '#lib/aws/client/options';
import { openAwsHome } from '#lib/aws/home';
import { type AwsSettings, environmentOf, settingsFrom } from '#lib/aws/settings';
import { rejection } from '../contract/harness.ts';
import { whenEmulated } from './emulated.ts';
import { makeQueues } from './queues.ts';
import { makeTables, TEST_PATIENCE } from './tables.ts';

const SETTINGS: AwsSettings = {
  tables: { main: 'm', ephemeral: 'e' },
  queues: { tick: { queue: 'http://q/tick', deadLetters: 'http://q/tick-dead' } },
  bucket: 'b',
  bus: 'bus',
  secretsPrefix: 'dspex/test',
  secretsIn: 'secret',
  pythonFunction: 'python',
};

describe('settings', () => {
  it('what the stack writes is what a function reads', () => {
    expect(settingsFrom(environmentOf(SETTINGS))).toEqual(SETTINGS);
    const { pythonFunction: _, ...without } = SETTINGS;
    expect(settingsFrom(environmentOf({ ...without, queues: {}, secretsIn: 'ssm' }))).toEqual({
      ...without,
      queues: {},
      secretsIn: 'ssm',
    });
  });

  it('every missing variable is named at once', () => {
    const { DSPEX_BUCKET: _, ...rest } = environmentOf(SETTINGS);
    const lacking = { ...rest, DSPEX_MAIN_TABLE: '', DSPEX_DEAD_LETTERS_TICK: undefined };
    expect(() => settingsFrom(lacking)).toThrow(
      "the function's environment lacks DSPEX_MAIN_TABLE, DSPEX_BUCKET, DSPEX_DEAD_LETTERS_TICK",
    );
  });
});

it('an unknown queue, or one that was not given to this function, is an error without a request', async () => {
  const access = { endpoint: 'http://127.0.0.1:9', region: 'us-east-1' };
  const { queue } = openAwsHome({ settings: SETTINGS, machineOf: async () => '', access });
  expect(await rejection(queue.send('job', '{}'))).toMatchObject({ code: 'queue_unknown' });
  expect(await rejection(queue.send('nonsense' as 'job', '{}'))).toMatchObject({ name: 'QueueLimitExceeded' });
});

it('a port that cannot be reached may be asked again: nothing of the failure stays', async () => {
  const access = {
    endpoint: 'http://127.0.0.1:9',
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  };
  const { blobs } = openAwsHome({ settings: SETTINGS, machineOf: async () => '', access });
  for (const _ of [1, 2])
    expect(await rejection(blobs.put('wks_a', new Uint8Array(1)))).toMatchObject({ code: 'aws_unreachable' });
});

whenEmulated('the aws home', ({ ministack }) => {
  it('opens from environment variables and does with every port what the port promises', async () => {
    const [tables, queues] = await Promise.all([makeTables(ministack), makeQueues(ministack)]);
    onTestFinished(() => tables.remove());
    onTestFinished(() => queues.remove());
    const s3 = new S3Client({ ...clientOptions(ministack, TEST_PATIENCE), forcePathStyle: true });
    onTestFinished(() => s3.destroy());
    const bucket = `test-${randomUUID()}`;
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    const environment = environmentOf({
      ...SETTINGS,
      ...{ tables: tables.names, queues: queues.urls, bucket, bus: 'default', secretsPrefix: bucket },
    });
    const home = openAwsHome({
      settings: settingsFrom(environment),
      machineOf: async () => 'arn:aws:states:us-east-1:000000000000:stateMachine:none',
      access: ministack,
    });
    // One transaction over both tables.
    const [kept, lost] = [
      { pk: 'W#a#PRG#1', sk: 'HEAD', data: { n: 1 } },
      { pk: 'W#a#IDEMPOTENCY#1', sk: '-', data: { n: 2 } },
    ];
    await home.store.transact([{ put: kept }, { put: lost }]);
    expect(await home.store.getMany([kept, lost, { pk: 'LM#a', sk: 'x' }])).toEqual([kept, lost, null]);
    await home.queue.send('tick', '{}', { group: 'wks_a' });
    expect(await home.queue.receive('tick', { max: 10, visibilitySeconds: 5 })).toMatchObject([{ body: '{}' }]);
    const ref = await home.blobs.put('wks_a', new TextEncoder().encode('large'));
    expect(new TextDecoder().decode(await home.blobs.get('wks_a', ref))).toBe('large');
    expect(await home.secrets.get(await home.secrets.put('openai', 'value'))).toBe('value');
    const event = {
      ...{ id: 'evt_1', type: 'Program.promote', workspaceId: 'wks_a', subject: 'prg_1', principal: 'key_1' },
      ...{ time: '2026-01-01T00:00:00.000Z', data: {} },
    };
    await home.events.publish(Array.from({ length: 25 }, () => event));
    const missing = await rejection(home.workflows.start({ workspaceId: 'wks_a', executionId: 'exe_1' }));
    expect(missing).toMatchObject({ code: 'aws_resource_missing' });
    await home.store.close();
  });
});
