import { expect, test } from 'vitest';
import type { EngineDeps, StepContext } from '#lib/engine/engine';
import type { ModuleOutcome, ModuleSpec } from '#lib/module/spec';
import type { Services } from '#lib/resources/services';
import { parseSignature } from '#lib/signature/parse';
import type { Models } from '#lib/work/models';
import { memoized } from '#lib/work/module-memo';

const predict = (more: Partial<ModuleSpec> = {}): ModuleSpec => ({
  ...{ type: 'predict', implementation: 'native', signature: parseSignature('q -> a'), demos: [], config: {} },
  ...more,
});
const frozen = { provider: 'scripted', model: 'small', defaults: {} };
const context = (more: Partial<StepContext> = {}): StepContext => ({
  ...{ path: 'n', nodeId: 'n', attempt: 1, idempotencyKey: 'k', signal: undefined, timeoutSeconds: undefined },
  ...{ lm: frozen, lms: { default: frozen }, onDelta: undefined },
  ...more,
});
const models: Models = { named: (_, own = frozen) => ({ ...own, defaults: own.defaults ?? {} }), add: async () => {} };

/** Hands that count how often a module is really run, and answer a number of their own each time. */
function hands() {
  let runs = 0;
  const services = {} as Services;
  const call = {
    ...{ key: 'k', model: 'scripted/small', source: 'provider' as const, priceVersion: null, durationMs: 7, sample: 0 },
    ...{ usage: { inputTokens: 1, outputTokens: 1 }, costNanoUsd: 50, spentNanoUsd: 50, attempts: 1 },
  };
  let failing = false;
  const deps: EngineDeps = {
    runModule: async (): Promise<ModuleOutcome> => {
      runs += 1;
      const failure = { name: 'Model.Refused' as const, message: 'no', retryable: false };
      return { ...(failing ? { failure } : { outputs: { a: String(runs) } }), calls: [call], implementation: 'native' };
    },
  };
  return {
    with: (options: { sample?: number; workspaceId?: string } = {}) =>
      memoized(deps, services, {
        ...{ workspaceId: options.workspaceId ?? 'w', models, draw: { sample: options.sample ?? 0 } },
      }),
    fail: (now: boolean) => {
      failing = now;
    },
    runs: () => runs,
  };
}

test('the same module on the same input is run once; its calls are told as hits that cost what they cost then', async () => {
  const { with: given, runs } = hands();
  const first = await given().runModule(predict(), { q: 'x' }, context());
  const second = await given().runModule(predict(), { q: 'x' }, context());
  expect(runs()).toBe(1);
  expect(second.outputs).toEqual(first.outputs);
  expect(second.calls).toMatchObject([{ source: 'memory', costNanoUsd: 50, spentNanoUsd: 0, durationMs: 7 }]);
  expect(first.calls).toMatchObject([{ source: 'provider', spentNanoUsd: 50 }]);
});

test.each<[string, (from: ReturnType<typeof hands>) => Promise<unknown>]>([
  ['input', ({ with: given }) => given().runModule(predict(), { q: 'y' }, context())],
  ['settings', ({ with: given }) => given().runModule(predict({ config: { temperature: 1 } }), { q: 'x' }, context())],
  ['demos', ({ with: given }) => given().runModule(predict({ demos: [{ q: '1', a: '2' }] }), { q: 'x' }, context())],
  ['sample number', ({ with: given }) => given({ sample: 1 }).runModule(predict(), { q: 'x' }, context())],
  ['attempt', ({ with: given }) => given().runModule(predict(), { q: 'x' }, context({ attempt: 2 }))],
  ['workspace', ({ with: given }) => given({ workspaceId: 'v' }).runModule(predict(), { q: 'x' }, context())],
  [
    'model',
    ({ with: given }) => given().runModule(predict(), { q: 'x' }, context({ lm: { ...frozen, model: 'large' } })),
  ],
])('another %s is another question', async (_, ask) => {
  const from = hands();
  await from.with().runModule(predict(), { q: 'x' }, context());
  await ask(from);
  expect(from.runs()).toBe(2);
});

test('what looks at the world, and what failed, is run again', async () => {
  const from = hands();
  for (const spec of [predict({ type: 'react' }), predict({ type: 'majority', of: 'react' }), predict({ tools: [] })]) {
    const before = from.runs();
    await from.with().runModule(spec, { q: 'x' }, context());
    await from.with().runModule(spec, { q: 'x' }, context());
    expect(from.runs() - before).toBe(2);
  }
  from.fail(true);
  await from.with().runModule(predict(), { q: 'x' }, context());
  from.fail(false);
  expect((await from.with().runModule(predict(), { q: 'x' }, context())).outputs).toBeDefined();
});
