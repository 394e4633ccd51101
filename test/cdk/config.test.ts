import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stageConfig } from '../../cdk/config.ts';
import { namesOf } from '../../cdk/names.ts';
import { stageNamed } from '../../cdk/stages.ts';

describe('a stage', () => {
  it('with nothing but a name has nothing that costs while idle', () => {
    expect(stageConfig({ stage: 'dev' })).toMatchObject({
      ...{ front: 'httpApi', edge: true, snapStart: false, retainData: true, simulate: false, python: true },
      ...{ bedrockModels: [], tags: {}, logRetentionDays: 30 },
    });
  });

  it('accepts every option of the guide', () => {
    const whole = {
      ...{ stage: 'prod', account: '123456789012', region: 'eu-central-1', front: 'functionUrl', snapStart: true },
      permissionsBoundary: 'arn:aws:iam::123456789012:policy/b',
      vpc: { vpcId: 'vpc-1', availabilityZones: ['eu-central-1a'], privateSubnetIds: ['subnet-1'] },
      kmsKey: 'arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555',
      tags: { team: 'support' },
      domain: { name: 'dspex.example.com', certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/x' },
    };
    expect(stageConfig(whole)).toMatchObject(whole);
  });

  it.each([
    [{ stage: 'Prod' }, 'stage: two to sixteen lower-case letters'],
    [{ stage: 'prod', fornt: 'httpApi' }, 'Unrecognized key: "fornt"'],
    [{ stage: 'prod', front: 'alb' }, 'front: '],
    [{ stage: 'prod', account: '12' }, 'account: twelve digits'],
    [{ stage: 'prod', region: 'frankfurt' }, 'region: such as eu-central-1'],
    [{ stage: 'prod', kmsKey: 'alias/mine' }, 'kmsKey: the ARN of a KMS key'],
    [{ stage: 'prod', sliceConcurrency: 1 }, 'sliceConcurrency: '],
    [{ stage: 'prod', front: 'functionUrl', edge: false }, 'edge: a function URL is reached through CloudFront only'],
    [
      { stage: 'prod', edge: false, domain: { name: 'a.example', certificateArn: 'arn:aws:acm:us-east-1:1:c' } },
      'domain: it names the distribution',
    ],
    [
      { stage: 'prod', domain: { name: 'a.example', certificateArn: 'arn:aws:acm:eu-west-1:1:c' } },
      'an ACM certificate in us-east-1',
    ],
    [
      { stage: 'prod', domain: { name: 'https://a.example', certificateArn: 'arn:aws:acm:us-east-1:1:c' } },
      'a host name',
    ],
    [
      { stage: 'prod', permissionsBoundary: 'arn:aws:iam::123456789012:role/r' },
      'permissionsBoundary: the ARN of an IAM',
    ],
    [{ stage: 'prod', tags: { 'aws:owner': 'me' } }, 'tags.aws:owner: '],
    [{ stage: 'prod', tags: { 'dspex:stage': 'other' } }, 'tags: "dspex:stage" is the house'],
    [
      { stage: 'prod', tags: Object.fromEntries(Array.from({ length: 49 }, (_, n) => [`t${n}`, ''])) },
      'at most 48 tags',
    ],
    [{ stage: 'prod', defaultModel: 'claude' }, 'defaultModel: PROVIDER/MODEL'],
    [{ stage: 'prod', defaultModel: 'bedrock/claude' }, 'bedrockModels: `defaultModel` is a model of Bedrock'],
    [{ stage: 'prod', bedrockModels: ['arn:aws:s3:::bucket'] }, "bedrockModels.0: the ARN of one of Bedrock's"],
    [{ stage: 'prod', allowHosts: ['https://intranet.example'] }, 'allowHosts.0: HOST or HOST:PORT'],
    [
      { stage: 'prod', allowFunctions: ['arn:aws:lambda:eu-central-1:1:function:x'] },
      "allowFunctions.0: a function's name",
    ],
    [
      { stage: 'prod', allowFunctions: ['stock', 'dspex-prod-setup'] },
      "allowFunctions: dspex-prod-setup is the house's own",
    ],
    [{ stage: 'prod', snapStart: true, python: false }, 'snapStart: it is about the Python function'],
    [{ stage: 'prod', python: 'yes', logRetentionDays: 31 }, 'logRetentionDays: '],
    [null, "the stage's configuration is not right"],
  ])('%j is refused: %s', (input, said) => {
    expect(() => stageConfig(input)).toThrow(said);
  });

  it('is its entry in the file, or the defaults under its name', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'dspex-stages-')), 'stages.json');
    writeFileSync(file, JSON.stringify({ prod: { python: false } }));
    expect(stageNamed('prod', file)).toEqual({ stage: 'prod', python: false });
    expect(stageNamed('dev', file)).toEqual({ stage: 'dev' });
    expect(stageNamed('dev', `${file}.not-there`)).toEqual({ stage: 'dev' });
    expect(() => stageNamed(undefined, file)).toThrow('which stage?');
    for (const [text, said] of [
      ['{"prod": ', 'cannot be read as JSON'],
      ['[]', 'wanted an object with an entry a stage'],
      ['{"prod": "yes"}', 'the entry "prod" should be an object'],
    ] as const) {
      writeFileSync(file, text);
      expect(() => stageNamed('prod', file)).toThrow(said);
    }
  });

  it('names everything after itself, so that stages of one account never meet', () => {
    const [a, b] = [JSON.stringify(all('one')), JSON.stringify(all('two'))];
    expect(a.replaceAll('one', 'two')).toBe(b);
  });
});

function all(stage: string): unknown[] {
  const names = namesOf(stage);
  return Object.values(names).map((name) => (typeof name === 'function' ? name('slice' as never, 'r') : name));
}
