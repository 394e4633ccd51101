import { describe, expect, test } from 'vitest';
import { Unavailable } from '#lib/base/errors';
import { failureOf } from '#lib/base/failure';
import type { Json } from '#lib/base/json';
import { callTool } from '#lib/module/tool/call';
import type { ToolDeclaration } from '#lib/module/tool/declaration';
import { toolRunners } from '#lib/module/tool/runners';
import { openOutbound } from '#lib/outbound/outbound';

const home = {
  ...{ outbound: openOutbound({ allow: [] }), secrets: { get: async () => null }, clock: { now: () => 0 } },
};
const tool = (qualifier?: string): ToolDeclaration => ({
  ...{ name: 'stock', description: '', kind: 'lambda' },
  parameters: { type: 'object', properties: { item: { type: 'string' } }, required: ['item'] },
  lambda: { function: 'stock', ...(qualifier === undefined ? {} : { qualifier }) },
});
const call = { workspaceId: 'wsp', idempotencyKey: 'run/step/tool/1' };
const failing = async (work: Promise<unknown>) =>
  failureOf(
    await work.then(
      () => new Error('it worked'),
      (error: unknown) => error,
    ),
  );

describe('a Lambda function as a tool', () => {
  test('is given the arguments and the key that names this call, and what it answers is observed', async () => {
    const invoked: [string, Json][] = [];
    const invoke = async (name: string, event: Json) => {
      invoked.push([name, event]);
      return { left: 3 };
    };
    const runners = toolRunners({ ...home, lambda: { invoke, allow: ['stock'] } });
    expect(await callTool(tool(), { item: 'tea' }, runners, call)).toEqual({ left: 3 });
    await callTool(tool('live'), { item: 'cup' }, runners, call);
    expect(invoked).toEqual([
      ['stock', { arguments: { item: 'tea' }, idempotencyKey: 'run/step/tool/1' }],
      ['stock:live', { arguments: { item: 'cup' }, idempotencyKey: 'run/step/tool/1' }],
    ]);
  });

  test('is called only when the house names it; arguments that do not fit never leave', async () => {
    const invoke = () => Promise.reject(new Error('called'));
    const closed = toolRunners({ ...home, lambda: { invoke, allow: ['other', 'stock:live'] } });
    expect(await failing(callTool(tool(), { item: 'tea' }, closed, call))).toMatchObject({
      ...{ name: 'Effect.Failed', retryable: false },
      message: expect.stringContaining('DSPEX_ALLOW_FUNCTIONS'),
    });
    const open = toolRunners({ ...home, lambda: { invoke, allow: ['stock'] } });
    expect(await failing(callTool(tool(), { items: [] }, open, call))).toMatchObject({ name: 'Input.Invalid' });
  });

  test('that fails is an observation', async () => {
    const invoke = () => Promise.reject(new Unavailable('function_failed', 'stock ended with an error'));
    const runners = toolRunners({ ...home, lambda: { invoke, allow: ['stock'] } });
    expect(await failing(callTool(tool(), { item: 'tea' }, runners, call))).toMatchObject({
      ...{ name: 'Effect.Failed', message: 'stock ended with an error' },
    });
  });

  test('in a home without Lambda ends the run and says where it could be called', async () => {
    expect(await failing(callTool(tool(), { item: 'tea' }, toolRunners(home), call))).toMatchObject({
      ...{ name: 'Internal', message: expect.stringContaining('called where dspex runs on AWS') },
    });
  });
});
