import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspection } from '#functions/inspection';
import { accountFindings } from '#lib/aws/deployment/account';
import type { Finding } from '#lib/aws/deployment/finding';

/** AWS as far as these looks go: answers by service and action, each told by its test. */
interface Account {
  [action: string]: { status?: number; body: object };
}
let account: Account = {};
const server = createServer(async (request, response) => {
  for await (const _ of request);
  const target = String(request.headers['x-amz-target'] ?? '')
    .split('.')
    .at(-1);
  const action = target || `${request.method} ${decodeURIComponent(String(request.url).split('?')[0] ?? '')}`;
  const { status = 200, body } = account[action] ?? {
    status: 404,
    body: { __type: 'ResourceNotFoundException', action },
  };
  const type = (body as { __type?: string }).__type;
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.1',
    ...(type === undefined ? {} : { 'x-amzn-errortype': type }),
  });
  response.end(JSON.stringify(body));
});
let access: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  access = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
});
afterAll(() => void server.close());

const HAIKU = 'arn:aws:bedrock:eu-central-1::foundation-model/anthropic.claude-haiku-4-5';
const PROFILE = 'arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.claude-haiku-4-5';
const AVAILABLE = {
  ...{ regionAvailability: 'AVAILABLE', entitlementAvailability: 'AVAILABLE', authorizationStatus: 'AUTHORIZED' },
  agreementAvailability: { status: 'AVAILABLE' },
};
const quota = (QuotaCode: string, QuotaName: string, Value: number) => ({ QuotaCode, QuotaName, Value });
const QUOTAS = [
  quota('L-1', 'StartExecution throttle token refill rate per second', 300),
  quota('L-2', 'StateTransition throttle token refill rate per second', 1500),
  quota('L-3', 'In-flight messages per standard queue', 120_000),
  quota('L-4', 'Table-level write throughput limit', 40_000),
  quota('L-5', 'Cross-region model inference requests per minute for Anthropic Claude Haiku 4.5', 250),
];
const good: Account = {
  GetParameter: { body: { Parameter: { Value: '21' } } },
  'GET /2016-08-19/account-settings': { body: { AccountLimit: { UnreservedConcurrentExecutions: 1000 } } },
  ListAWSDefaultServiceQuotas: { body: { Quotas: QUOTAS } },
  ListServiceQuotas: { body: { Quotas: [] } },
  'GET /foundation-model-availability/anthropic.claude-haiku-4-5': { body: AVAILABLE },
  'GET /foundation-models/anthropic.claude-haiku-4-5': {
    body: { modelDetails: { modelName: 'Anthropic Claude Haiku 4.5' } },
  },
  [`GET /inference-profiles/${PROFILE}`]: { body: { status: 'ACTIVE', models: [{ modelArn: HAIKU }] } },
};
const look = async (told: Account, models = [HAIKU, PROFILE]): Promise<Record<string, Finding>> => {
  account = told;
  const all = await accountFindings(access, { bootstrap: 6, workers: 32, models });
  return Object.fromEntries(all.map((one) => [one.what, one]));
};

describe('an account', () => {
  it('that has everything is well in every point, and says how often each model may be asked', async () => {
    const all = await look(good);
    expect(Object.values(all).filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(all['model anthropic.claude-haiku-4-5']?.found).toContain('250 requests a minute');
    expect(all['CDK bootstrap']?.found).toBe('version 21');
  });

  it('a value that was raised for the account counts, not the default', async () => {
    const raised = { body: { Quotas: [quota('L-2', 'StateTransition throttle token refill rate per second', 9000)] } };
    const all = await look({ ...good, ListServiceQuotas: raised });
    expect(all['Step Functions: state transitions']).toMatchObject({ state: 'ok', found: '9,000 a second' });
  });

  it('a new account with ten functions at once is warned, with what is wanted and why', async () => {
    const settings = { body: { AccountLimit: { UnreservedConcurrentExecutions: 10 } } };
    const all = await look({ ...good, 'GET /2016-08-19/account-settings': settings });
    const { state, found } = all['Lambda: functions at once'] as Finding;
    expect([state, found]).toEqual([
      'warning',
      expect.stringMatching(/^10 not reserved, wanted 132: 32 work on queues/),
    ]);
  });

  it('that is not prepared for the CDK, or by an old version of it, fails and says how to prepare it', async () => {
    const none = { status: 400, body: { __type: 'ParameterNotFound' } };
    expect((await look({ ...good, GetParameter: none }))['CDK bootstrap']).toMatchObject({
      ...{ state: 'failed', found: expect.stringContaining('--bootstrap') },
    });
    const old = { body: { Parameter: { Value: '5' } } };
    expect((await look({ ...good, GetParameter: old }))['CDK bootstrap']?.found).toContain('version 5, wanted 6');
  });

  it('a model without access, one that is not there and an inactive profile fail; a strange ARN, too', async () => {
    const all = await look(
      {
        ...good,
        'GET /foundation-model-availability/anthropic.claude-haiku-4-5': {
          body: { ...AVAILABLE, agreementAvailability: { status: 'NOT_AVAILABLE' } },
        },
        [`GET /inference-profiles/${PROFILE}`]: { body: { status: 'CREATING', models: [] } },
      },
      [HAIKU, PROFILE, `${HAIKU}-of-nobody`, 'arn:aws:s3:::bucket/what'],
    );
    expect(all['model anthropic.claude-haiku-4-5']).toMatchObject({
      ...{ state: 'failed', found: expect.stringContaining('access not granted yet') },
    });
    expect(all['model eu.anthropic.claude-haiku-4-5']?.found).toBe('is CREATING, wanted ACTIVE');
    expect(all['model anthropic.claude-haiku-4-5-of-nobody']?.found).toBe('there is no such model in eu-central-1');
    expect(all['model what']?.state).toBe('failed');
  });

  it('what the role may not look at is not checked, says so, and hides nothing else', async () => {
    const denied = { status: 403, body: { __type: 'AccessDeniedException', message: 'no' } };
    const all = await look({ ...good, ListAWSDefaultServiceQuotas: denied, ListServiceQuotas: denied });
    expect(all['SQS: messages in flight']).toMatchObject({
      ...{ state: 'unknown', found: expect.stringContaining('may not do this') },
    });
    expect(all['CDK bootstrap']?.state).toBe('ok');
    expect(all['model anthropic.claude-haiku-4-5']?.state).toBe('ok');
  });
});

describe('without credentials', () => {
  it('this clone is looked at all the same, and it is said that the account was not', async () => {
    const kept = { ...process.env };
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
    Object.assign(process.env, {
      ...{ AWS_EC2_METADATA_DISABLED: 'true', AWS_SHARED_CREDENTIALS_FILE: '/none', AWS_CONFIG_FILE: '/none' },
    });
    try {
      const config = { stage: 'prod', python: false, retainData: true, region: 'eu-central-1', bedrockModels: [] };
      const all = await inspection(async () => ({ config, workers: 32 }), process.env);
      const by = Object.fromEntries(all.map((one) => [one.what, one]));
      expect(by["the CDK's command line"]).toMatchObject({ state: 'ok', found: '2.1148.1' });
      expect(by.credentials).toMatchObject({ state: 'failed', found: expect.stringContaining('there are none') });
      const nowhere = await inspection(
        async () => ({ config: { stage: 'prod', python: false, retainData: true, bedrockModels: [] }, workers: 32 }),
        process.env,
      );
      expect(nowhere.find(({ what }) => what === 'credentials')?.found).toContain('no region is set');
      expect(by['the account']).toMatchObject({
        state: 'unknown',
        found: expect.stringContaining('needs credentials'),
      });
    } finally {
      process.env = kept;
    }
  });

  it('settings that are wrong are the only thing said: nothing else can be known', async () => {
    const all = await inspection(() => Promise.reject(new Error('account: twelve digits')), {});
    expect(all).toEqual([{ what: 'settings of the stage', state: 'failed', found: 'account: twelve digits' }]);
  });
});
