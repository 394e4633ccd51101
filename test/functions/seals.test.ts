import { describe, expect, it } from 'vitest';
import { Unavailable } from '#lib/base/errors';
import { heard } from '../../functions/aws-house/heard.ts';
import { signed } from '../../functions/aws-house/mandate.ts';
import { answerModelCall, type ModelCall } from '../../functions/aws-house/model-call.ts';
import { said } from '../../functions/aws-house/observed.ts';
import { sealWith } from '../../functions/aws-house/seal.ts';

const KEY = Buffer.alloc(32, 7).toString('base64url');
const secrets = { get: async () => KEY };

describe('a token of a waiting machine', () => {
  it('is kept sealed: not to be read, not to be changed, not to be opened with another key', async () => {
    const { seal, open } = sealWith(secrets);
    const sealed = await seal('a-token');
    expect(Buffer.from(sealed, 'base64url').toString()).not.toContain('a-token');
    expect(await open(sealed)).toBe('a-token');
    expect(await seal('a-token')).not.toBe(sealed);
    const changed = Buffer.from(sealed, 'base64url');
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    await expect(open(changed.toString('base64url'))).rejects.toThrow();
    const other = sealWith({ get: async () => Buffer.alloc(32, 8).toString('base64url') });
    await expect(other.open(sealed)).rejects.toThrow();
  });

  it('of a house that is not set up cannot be kept', async () => {
    await expect(sealWith({ get: async () => null }).seal('t')).rejects.toMatchObject({ code: 'house_not_set_up' });
  });
});

describe('a model call of Python', () => {
  const NOW = Date.parse('2026-01-01T00:00:00Z');
  const models = { 'scripted/a': { provider: 'scripted', model: 'a' } };
  const asked: unknown[] = [];
  const gateway = {
    complete: async (request: { workspaceId: string; model: object }) => {
      asked.push([request.workspaceId, request.model]);
      const usage = { inputTokens: 3, outputTokens: 2 };
      return {
        ...{ text: 'hi', finishReason: 'stop', usage, costNanoUsd: 5, spentNanoUsd: 5 },
        ...{ source: 'provider', key: 'k', attempts: 1, durationMs: 1 },
      };
    },
  };
  const house = (now = NOW) =>
    ({ services: { gateway }, home: { secrets }, work: { clock: { now: () => now } } }) as unknown as Parameters<
      typeof answerModelCall
    >[0];
  const request = {
    model: 'scripted/a',
    messages: [{ role: 'user', content: 'x' }],
    parameters: {},
    sample: 0,
    cache: true,
  };
  const call = async (
    change: (context: Record<string, never>) => void = () => {},
    more: object = {},
  ): Promise<ModelCall> => {
    const context = (await signed(secrets, { workspaceId: 'wsp_a', models }, NOW)) as Record<string, never>;
    change(context);
    return { kind: 'lm', request: { ...request, ...more }, context } as unknown as ModelCall;
  };

  it('under a mandate of the house is answered by the gateway, for that workspace and with those settings', async () => {
    expect(await answerModelCall(house(), await call())).toMatchObject({ answer: { text: 'hi', costNanoUsd: 5 } });
    expect(asked.at(-1)).toEqual(['wsp_a', models['scripted/a']]);
  });

  it.each<
    [string, (context: { mandate: { workspaceId: string; models: object; until: number }; signature: string }) => void]
  >([
    ['for another workspace', ({ mandate }) => Object.assign(mandate, { workspaceId: 'wsp_b' })],
    [
      'with another model',
      ({ mandate }) => Object.assign(mandate.models, { x: { provider: 'openai', model: 'dear' } }),
    ],
    ['for longer', ({ mandate }) => Object.assign(mandate, { until: NOW * 2 })],
    ['under no signature', (context) => Object.assign(context, { signature: '' })],
  ])('%s than was mandated is refused', async (_, change) => {
    const before = asked.length;
    const answer = await answerModelCall(house(), await call(change as never));
    expect(answer).toMatchObject({ failure: { name: 'Model.Refused' } });
    expect(asked).toHaveLength(before);
  });

  it('too late, for an unknown model, or of another kind fails with what was wanted', async () => {
    expect(await answerModelCall(house(NOW + 3_600_000), await call())).toMatchObject({
      failure: { name: 'Model.Refused' },
    });
    expect(await answerModelCall(house(), await call(undefined, { model: 'openai/gpt' }))).toMatchObject({
      failure: { name: 'Model.Unavailable', message: expect.stringContaining('scripted/a') },
    });
    expect(await answerModelCall(house(), { ...(await call()), kind: 'tool' })).toMatchObject({
      failure: { name: 'Module.Unsupported' },
    });
  });
});

describe('what is heard on the bus', () => {
  const base = { time: '2026-01-01T00:00:00Z', id: 'e-1' };
  it('is an event of ours as it is, an upload to a bucket for every workspace, and nothing else', () => {
    const own = { id: 'evt_1', type: 'Program.publish' };
    expect(heard({ ...base, source: 'dspex', 'detail-type': 'Program.publish', detail: own }, [])).toEqual([own]);
    const detail = { bucket: { name: 'b' }, object: { key: 'data/x.jsonl', etag: 'e' } };
    const upload = { ...base, source: 'aws.s3', 'detail-type': 'Object Created', detail };
    const [event, ...others] = heard(upload, ['wsp_a']);
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      type: 'Object.created',
      workspaceId: 'wsp_a',
      data: { bucket: 'b', key: 'data/x.jsonl', etag: 'e' },
    });
    expect(heard(upload, ['wsp_a'])).toEqual([event]);
    expect(heard({ ...upload, 'detail-type': 'Object Deleted' }, ['wsp_a'])).toEqual([]);
    expect(heard({ ...base, source: 'aws.ec2', 'detail-type': 'x', detail: {} }, ['wsp_a'])).toEqual([]);
  });
});

it('what is logged of an error is its name, code and place, and not a word of its message', () => {
  const error = new Unavailable('aws_throttled', 'the user wrote: my password is hunter2');
  expect(said(error)).toMatchObject({ error: 'Unavailable', code: 'aws_throttled' });
  expect(JSON.stringify(said(new TypeError('first line\nhunter2\nhunter2')))).not.toContain('hunter2');
  expect(JSON.stringify(said(error))).not.toContain('hunter2');
  expect(said('hunter2')).toEqual({ error: 'string' });
});
