import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../../cdk/functions.ts';
import { lockKey } from '../../cdk/layer/made.ts';
import { type Resource, type Synthesized, synthesized } from './synthesized.ts';

let prod: Synthesized;
beforeAll(() => {
  prod = synthesized({ stage: 'prod', defaultModel: 'openai/some-model', alarmEmail: 'ops@example.com' });
}, 120_000);

interface Statement {
  Action: string | string[];
  Resource: unknown;
}
const statements = (): { role: string; statement: Statement }[] =>
  prod
    .of('AWS::IAM::Policy')
    .flatMap(({ id, properties }) =>
      (properties.PolicyDocument as { Statement: Statement[] }).Statement.map((statement) => ({ role: id, statement })),
    );
const texts = (value: unknown): string[] =>
  [value].flat().map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));

describe('data', () => {
  it('every table is kept, protected from deletion, paid by request, and forgets what has expired', () => {
    const tables = prod.of('AWS::DynamoDB::Table');
    expect(tables).toHaveLength(2);
    for (const { deletionPolicy, properties } of tables) {
      expect(deletionPolicy).toBe('Retain');
      expect(properties).toMatchObject({
        ...{ DeletionProtectionEnabled: true, BillingMode: 'PAY_PER_REQUEST' },
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      });
    }
  });

  it('the main table has recovery to any second, a stream of both images, and its three indexes', () => {
    const main = prod.of('AWS::DynamoDB::Table').find(({ properties }) => properties.TableName === 'dspex-prod-main');
    expect(main?.properties).toMatchObject({
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    });
    // Whole items in an index would be written, and paid for, again at every change of them.
    for (const index of (main?.properties.GlobalSecondaryIndexes ?? []) as { Projection: object }[])
      expect(index.Projection).toEqual({ ProjectionType: 'KEYS_ONLY' });
    expect(
      ((main?.properties.GlobalSecondaryIndexes ?? []) as { IndexName: string }[]).map(({ IndexName }) => IndexName),
    ).toEqual(['index-g1', 'index-g2', 'index-g3']);
  });

  it('the bucket is private, encrypted, versioned, kept, and reached over TLS only', () => {
    const [bucket, ...others] = prod.of('AWS::S3::Bucket');
    expect(others).toEqual([]);
    expect(bucket?.deletionPolicy).toBe('Retain');
    expect(bucket?.properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        ...{ BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
      },
      VersioningConfiguration: { Status: 'Enabled' },
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    });
    expect(JSON.stringify(prod.of('AWS::S3::BucketPolicy'))).toContain('"aws:SecureTransport":"false"');
  });

  it('every queue is encrypted and has dead letters, which are five receipts away and kept for two weeks', () => {
    const queues = prod.of('AWS::SQS::Queue');
    const [dead, alive] = [queues.filter(isDead), queues.filter((queue) => !isDead(queue))];
    expect([dead.length, alive.length]).toEqual([6, 4]);
    for (const { properties } of queues)
      expect(properties).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 });
    for (const { properties } of alive) expect(properties.RedrivePolicy).toMatchObject({ maxReceiveCount: 5 });
  });

  it("the stack of data cannot be deleted by mistake; with a key of the user's everything is encrypted by it", () => {
    expect(prod.dspex.data.terminationProtection).toBe(true);
    const key = 'arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555';
    const own = synthesized({ stage: 'own', kmsKey: key, account: '123456789012', region: 'eu-central-1' });
    for (const { properties } of own.of('AWS::DynamoDB::Table'))
      expect(properties.SSESpecification).toMatchObject({ SSEType: 'KMS', KMSMasterKeyId: key });
    for (const { properties } of own.of('AWS::Logs::LogGroup').filter(({ id }) => id.startsWith('Log')))
      expect(properties.KmsKeyId).toBe(key);
    expect(JSON.stringify(own.of('AWS::S3::Bucket'))).toContain('"SSEAlgorithm":"aws:kms"');
    expect(JSON.stringify(own.of('AWS::IAM::Policy'))).toContain('kms:GenerateDataKey');
  }, 120_000);
});

const isDead = ({ properties }: Resource): boolean => String(properties.QueueName).endsWith('-dead');

describe('functions', () => {
  it('run on Node 24 on arm64, are traced, write to a log of their own that ends, and have a role of their own', () => {
    const functions = prod.of('AWS::Lambda::Function');
    expect(functions).toHaveLength(Object.keys(FUNCTIONS).length - 1);
    const roles = new Set(functions.map(({ properties }) => JSON.stringify(properties.Role)));
    expect(roles.size).toBe(functions.length);
    for (const { properties } of functions) {
      expect(properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        TracingConfig: { Mode: 'Active' },
      });
      expect(properties.LoggingConfig).toHaveProperty('LogGroup');
    }
    for (const { properties } of prod.of('AWS::Logs::LogGroup')) expect(properties.RetentionInDays).toBe(30);
  });

  it('no environment holds anything but names', () => {
    for (const { properties } of prod.of('AWS::Lambda::Function')) {
      const { Variables } = properties.Environment as { Variables: Record<string, unknown> };
      for (const name of Object.keys(Variables)) expect(name).not.toMatch(/KEY|SECRET$|TOKEN|PASSWORD/);
    }
  });

  it('queues are waited for six times as long as their function may take, and failures are counted one by one', () => {
    const functions = new Map(prod.of('AWS::Lambda::Function').map(({ id, properties }) => [id, properties]));
    const queues = new Map(prod.of('AWS::SQS::Queue').map(({ properties }) => [properties.QueueName, properties]));
    const mappings = prod.of('AWS::Lambda::EventSourceMapping');
    expect(mappings).toHaveLength(5);
    for (const { properties } of mappings) {
      expect(properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
      const name = /dspex-prod-(\w+)"/.exec(JSON.stringify(properties.EventSourceArn))?.[0].slice(0, -1);
      if (name === undefined || !queues.has(name)) continue;
      const timeout = Number(functions.get((properties.FunctionName as { Ref: string }).Ref)?.Timeout);
      expect(queues.get(name)?.VisibilityTimeout).toBe(6 * timeout);
      expect(properties.ScalingConfig).toMatchObject({ MaximumConcurrency: expect.any(Number) });
    }
  });
});

describe('Python', () => {
  it('is a layer for arm64 under a thin function that may call the gateway function and nothing else', () => {
    const layer = mkdtempSync(join(tmpdir(), 'dspex-layer-'));
    mkdirSync(join(layer, 'python', 'dspy'), { recursive: true });
    writeFileSync(join(layer, 'python', 'dspy', '__init__.py'), '');
    const context = { 'dspex:without-layer': false, 'dspex:layer': layer };
    const made = synthesized({ stage: 'py', snapStart: true }, context);
    expect(made.of('AWS::Lambda::LayerVersion')).toMatchObject([
      { properties: { CompatibleArchitectures: ['arm64'], CompatibleRuntimes: ['python3.13'] } },
    ]);
    const python = made
      .of('AWS::Lambda::Function')
      .find(({ properties }) => properties.FunctionName === 'dspex-py-python');
    expect(python?.properties).toMatchObject({
      ...{ Runtime: 'python3.13', Architectures: ['arm64'], TracingConfig: { Mode: 'Active' } },
      ...{
        SnapStart: { ApplyOn: 'PublishedVersions' },
        Environment: { Variables: { DSPEX_GATEWAY_FUNCTION: 'dspex-py-lm' } },
      },
    });
    const policy = made.of('AWS::IAM::Policy').find(({ id }) => id.startsWith('Rolepython'));
    const actions = (
      (policy?.properties.PolicyDocument ?? { Statement: [] }) as { Statement: Statement[] }
    ).Statement.flatMap(({ Action }) => Action);
    expect(actions.filter((action) => !/^(logs|xray):/.test(action))).toEqual(['lambda:InvokeFunction']);
  }, 120_000);

  it('with packages of programs is a layer or, where they do not fit, an image; what runs programs is told which', () => {
    const layer = mkdtempSync(join(tmpdir(), 'dspex-image-'));
    mkdirSync(join(layer, 'python', 'dspy'), { recursive: true });
    writeFileSync(join(layer, 'Dockerfile'), 'FROM scratch\n');
    const pythonLock = join(layer, 'own.lock');
    writeFileSync(pythonLock, 'torch==2.8.0 --hash=sha256:00\n');
    const context = { 'dspex:without-layer': false, 'dspex:layer': layer };
    expect(() => synthesized({ stage: 'img', pythonLock }, context)).toThrow(`npm run layer -- --with ${pythonLock}`);
    writeFileSync(join(layer, 'made.json'), JSON.stringify({ as: 'image', bytes: 9e8, lock: lockKey(pythonLock) }));
    expect(() => synthesized({ stage: 'img' }, context)).toThrow('run `npm run layer`');
    expect(() => synthesized({ stage: 'img', pythonLock, snapStart: true }, context)).toThrow('no snapshots');
    const made = synthesized({ stage: 'img', pythonLock }, context);
    expect(made.of('AWS::Lambda::LayerVersion')).toEqual([]);
    const all = made.of('AWS::Lambda::Function');
    const python = all.find(({ properties }) => properties.FunctionName === 'dspex-img-python');
    expect(python?.properties).toMatchObject({ PackageType: 'Image', Architectures: ['arm64'] });
    const told = all.filter(({ properties }) => JSON.stringify(properties.Environment).includes(lockKey(pythonLock)));
    expect(told.map(({ properties }) => properties.FunctionName).toSorted()).toEqual(
      ['api', 'job', 'slice', 'step'].map((name) => `dspex-img-${name}`),
    );
  }, 120_000);

  it('is missed when it was not built, with what to do', () => {
    const nowhere = { 'dspex:without-layer': false, 'dspex:layer': tmpdir() };
    expect(() => synthesized({ stage: 'py' }, nowhere)).toThrow('the Python layer is not built: run `npm run layer`');
  });
});

describe('rights', () => {
  it('no action is a wildcard, and no policy is a managed one', () => {
    const all = statements();
    expect(all.length).toBeGreaterThan(50);
    for (const { statement } of all) for (const action of texts(statement.Action)) expect(action).not.toContain('*');
    for (const { properties } of prod.of('AWS::IAM::Role')) expect(properties.ManagedPolicyArns).toBeUndefined();
  });

  it('every resource is named, but for actions that know none', () => {
    const anywhere = statements().filter(({ statement }) => texts(statement.Resource).includes('*'));
    const actions = new Set(anywhere.flatMap(({ statement }) => texts(statement.Action)));
    expect([...actions].filter((action) => !/^xray:|^dynamodb:ListStreams$/.test(action))).toEqual([]);
  });

  it('one function alone may change machines, one alone may set keys of the house, and machines may call the step alone', () => {
    const who = (action: string) => [
      ...new Set(
        statements().flatMap(({ role, statement }) => (texts(statement.Action).includes(action) ? [role] : [])),
      ),
    ];
    expect(who('states:CreateStateMachine').map(nameOf)).toEqual(['compile']);
    expect(who('iam:PassRole').map(nameOf)).toEqual(['compile']);
    const keepers = statements().filter(({ statement }) => texts(statement.Action).includes('ssm:PutParameter'));
    const kept = keepers.map(({ role, statement }) => [
      nameOf(role),
      /\/(house\.[^"]*)/.exec(JSON.stringify(statement.Resource))?.[1],
    ]);
    expect(kept.toSorted()).toEqual([
      ['api', 'house.webhook.*'],
      ['setup', 'house.*'],
    ]);
    const machine = statements().filter(({ role }) => role.startsWith('MachineRole'));
    expect(machine.filter(({ statement }) => texts(statement.Action).includes('lambda:InvokeFunction'))).toHaveLength(
      1,
    );
  });

  it('functions that a stage lets tools call may be called by what runs programs, and by nothing else', () => {
    const trade = synthesized({ stage: 'trade', allowFunctions: ['stock', 'Prices'] });
    const callers = trade
      .of('AWS::IAM::Policy')
      .filter(({ properties }) => JSON.stringify(properties).includes(':stock'));
    expect(callers.map(({ id }) => nameOf(id)).toSorted()).toEqual(['api', 'job', 'slice', 'step']);
    const told = trade
      .of('AWS::Lambda::Function')
      .filter(({ properties }) =>
        JSON.stringify(properties.Environment).includes('DSPEX_ALLOW_FUNCTIONS":"stock,Prices"'),
      );
    expect(told).toHaveLength(4);
  }, 120_000);

  it('a permissions boundary is on every role', () => {
    const boundary = 'arn:aws:iam::123456789012:policy/boundary';
    const bounded = synthesized({ stage: 'bounded', permissionsBoundary: boundary });
    const roles = bounded.of('AWS::IAM::Role');
    expect(roles.length).toBeGreaterThan(10);
    for (const { properties } of roles) expect(properties.PermissionsBoundary).toBe(boundary);
  }, 120_000);
});

const nameOf = (role: string): string => /^Role([a-z]+)/.exec(role)?.[1] ?? role;

describe('the front', () => {
  it('is CloudFront with security headers, before an API that answers only what CloudFront sends', () => {
    const [distribution] = prod.of('AWS::CloudFront::Distribution');
    expect(JSON.stringify(distribution?.properties)).toContain('x-dspex-origin');
    expect(JSON.stringify(distribution?.properties)).toContain('"OriginProtocolPolicy":"https-only"');
    expect(prod.of('AWS::CloudFront::ResponseHeadersPolicy')).toHaveLength(1);
    const api = prod.of('AWS::Lambda::Function').find(({ properties }) => properties.FunctionName === 'dspex-prod-api');
    expect(JSON.stringify(api?.properties.Environment)).toContain('DSPEX_ORIGIN_HEADER');
  });

  it('as a function URL it streams, and still answers only what CloudFront sends', () => {
    const streaming = synthesized({ stage: 'live', front: 'functionUrl' });
    expect(streaming.of('AWS::Lambda::Url')).toMatchObject([
      { properties: { AuthType: 'NONE', InvokeMode: 'RESPONSE_STREAM' } },
    ]);
    expect(streaming.of('AWS::ApiGatewayV2::Api')).toEqual([]);
    expect(JSON.stringify(streaming.of('AWS::Lambda::Function'))).toContain('DSPEX_ORIGIN_HEADER');
  }, 120_000);

  it('every alarm says what it means and where its runbook is, and somebody is told', () => {
    const alarms = prod.of('AWS::CloudWatch::Alarm');
    expect(alarms.length).toBeGreaterThanOrEqual(6);
    for (const { properties } of alarms) {
      expect(properties.AlarmDescription).toMatch(/docs\/runbooks\.md#[a-z-]+$/);
      expect(properties.AlarmActions).toHaveLength(1);
    }
    expect(prod.of('AWS::SNS::Subscription')).toMatchObject([{ properties: { Endpoint: 'ops@example.com' } }]);
  });
});
