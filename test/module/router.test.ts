import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FailureName } from '#lib/base/failure';
import { measure, UNMEASURED } from '#lib/module/router/measure';
import { decideRoute, type Measured, type RouteQuestion } from '#lib/module/router/route';
import { createRouter, type Runtime } from '#lib/module/router/router';
import type { ModuleContext } from '#lib/module/runtime';
import type { CallRecord, Implementation, ModuleSpec } from '#lib/module/spec';
import { parseSignature } from '#lib/signature/parse';

const known = (overheadMs: number, failing = 0): Measured => ({
  ...{ calls: 50, overheadMs, parseFailures: failing, faults: 0 },
});
const both = { native: { able: true }, python: { able: true } };
const question = (over: Partial<RouteQuestion> = {}): RouteQuestion => ({
  ...{ declared: 'hybrid', standing: both, measured: { native: known(1), python: known(5) }, turn: 0 },
  ...over,
});

describe('who serves a module', () => {
  test('an explicit choice of the call wins over everything', () => {
    const standing = { native: { able: true }, python: { able: false, why: 'no Python here' } };
    expect(decideRoute(question({ asked: 'python', standing }))).toMatchObject({
      ...{ implementation: 'python', because: 'asked' },
    });
    expect(decideRoute(question({ asked: 'python', declared: 'native' })).implementation).toBe('python');
  });

  test('a module that is not hybrid is served as it is declared, and has no fallback', () => {
    for (const declared of ['native', 'python'] as const) {
      const route = decideRoute(question({ declared }));
      expect(route).toMatchObject({ implementation: declared, because: 'declared' });
      expect(route.fallback).toBeUndefined();
    }
  });

  test('the only one that can serve does, and the reason says what keeps the other', () => {
    const standing = { native: { able: false, why: 'multi_chain_comparison is not native' }, python: { able: true } };
    expect(decideRoute(question({ standing }))).toMatchObject({
      ...{ implementation: 'python', because: 'only_able', reason: expect.stringContaining('multi_chain_comparison') },
    });
  });

  test('with nothing measured native serves, and one call in 32 tries Python', () => {
    const measured = { native: known(1), python: UNMEASURED };
    const served = Array.from({ length: 64 }, (_, turn) => decideRoute(question({ measured, turn })).implementation);
    expect(served.filter((name) => name === 'python')).toHaveLength(2);
    expect(decideRoute(question({ measured })).fallback).toBe('python');
  });

  test('fewer failures beat speed; speed decides between equals', () => {
    const shaky = { native: known(1, 0.3), python: known(5) };
    expect(decideRoute(question({ last: 'native', measured: shaky }))).toMatchObject({
      ...{ implementation: 'python', because: 'fewer_failures' },
    });
    expect(decideRoute(question({ last: 'python' }))).toMatchObject({ implementation: 'native', because: 'faster' });
    const fastAndShaky = { native: known(1, 0.3), python: known(5) };
    expect(decideRoute(question({ last: 'python', measured: fastAndShaky })).implementation).toBe('python');
  });

  test('whatever was measured, the winner of a question is not replaced by asking again', () => {
    const figure = fc.double({ min: 0, max: 100, noNaN: true });
    const share = fc.double({ min: 0, max: 0.5, noNaN: true });
    const measured = fc.record({ calls: fc.constant(50), overheadMs: figure, parseFailures: share, faults: share });
    fc.assert(
      fc.property(measured, measured, fc.constantFrom('native' as const, 'python' as const), (native, python, last) => {
        const first = decideRoute(question({ measured: { native, python }, last })).implementation;
        const second = decideRoute(question({ measured: { native, python }, last: first })).implementation;
        expect(second).toBe(first);
      }),
    );
  });
});

describe('what is known of an implementation', () => {
  test('time in models is nobody’s overhead, and a failed call says nothing about speed', () => {
    const once = measure(UNMEASURED, { tookMs: 103, modelMs: 100 });
    expect(once).toEqual({ calls: 1, overheadMs: 3, parseFailures: 0, faults: 0 });
    expect(measure(once, { tookMs: 5000, modelMs: 0, failure: 'Model.Transient' })).toEqual({ ...once, calls: 2 });
  });

  test('one that recovers is believed again', () => {
    let known = UNMEASURED;
    for (let i = 0; i < 20; i++) known = measure(known, { tookMs: 1, modelMs: 0, failure: 'Python.Crashed' });
    expect(known.faults).toBe(1);
    for (let i = 0; i < 20; i++) known = measure(known, { tookMs: 1, modelMs: 0 });
    expect(known.faults).toBeLessThan(0.05);
  });
});

describe('a routed run', () => {
  const spec: ModuleSpec = {
    ...{ type: 'predict', implementation: 'hybrid', demos: [], config: {} },
    signature: parseSignature('question -> answer'),
  };
  const call: CallRecord = {
    ...{ key: 'k', model: 'a/b', source: 'provider', costNanoUsd: 7, spentNanoUsd: 7, priceVersion: null },
    ...{ durationMs: 1, attempts: 1, sample: 0, usage: { inputTokens: 1, outputTokens: 1 } },
  };
  const failing = (name: FailureName): Runtime => ({
    standing: () => ({ able: true }),
    run: async () => ({
      ...{ failure: { name, message: 'no', retryable: false }, calls: [call], implementation: 'python' },
    }),
  });
  const fine = (implementation: Implementation): Runtime => ({
    standing: () => ({ able: true }),
    run: async () => ({ outputs: { answer: implementation }, calls: [call], implementation }),
  });
  const context = {} as ModuleContext;
  const run = (runtimes: Record<Implementation, Runtime>, module = spec, asked?: Implementation) =>
    createRouter(runtimes, () => 0).run(module, { question: 'q' }, context, asked);

  test('an implementation that crashes is replaced by the other, and both what was spent and why are kept', async () => {
    const outcome = await run({ native: failing('Internal'), python: fine('python') });
    expect(outcome).toMatchObject({
      ...{ outputs: { answer: 'python' }, implementation: 'python', calls: [call, call] },
      routing: { because: 'default', fellBackFrom: { implementation: 'native', failure: { name: 'Internal' } } },
    });
  });

  test('a failure of the model is not tried again in the other runtime: it would ask the same question', async () => {
    for (const name of ['Model.Refused', 'Output.Invalid', 'Input.Invalid', 'Cancelled'] as const) {
      const outcome = await run({ native: failing(name), python: fine('python') });
      expect(outcome.failure?.name).toBe(name);
      expect(outcome.routing.fellBackFrom).toBeUndefined();
    }
  });

  test('what was asked for explicitly is not replaced', async () => {
    const outcome = await run({ native: fine('native'), python: failing('Python.Crashed') }, spec, 'python');
    expect(outcome.failure?.name).toBe('Python.Crashed');
  });

  test('who has a stand-in is told so, and the stand-in and those who have none are not', async () => {
    const told: (boolean | undefined)[] = [];
    const telling = (runtime: Runtime): Runtime => ({
      ...runtime,
      run: (module, inputs, given) => {
        told.push(given.replaceable);
        return runtime.run(module, inputs, given);
      },
    });
    const unable = { ...fine('native'), standing: () => ({ able: false }) };
    await run({ native: telling(failing('Internal')), python: telling(fine('python')) });
    await run({ native: unable, python: telling(fine('python')) });
    await run({ native: fine('native'), python: telling(fine('python')) }, spec, 'python');
    expect(told.map((one) => one === true)).toEqual([true, false, false, false]);
  });

  test('explaining a route takes none', async () => {
    const router = createRouter({ native: fine('native'), python: fine('python') }, () => 0);
    expect(router.explain(spec)).toEqual(router.explain(spec));
    await router.run(spec, { question: 'q' }, context);
    expect(router.explain(spec).measured).toMatchObject({ native: { calls: 1 }, python: { calls: 0 } });
  });

  test('an implementation that keeps failing loses the module, and is believed again after it recovered', async () => {
    let broken = true;
    const native: Runtime = {
      standing: () => ({ able: true }),
      run: (...given) => (broken ? failing('Internal') : fine('native')).run(...given),
    };
    const router = createRouter({ native, python: fine('python') }, () => 0);
    const served = async (calls: number) => {
      let by = '';
      for (let i = 0; i < calls; i++) by = (await router.run(spec, { question: 'q' }, context)).routing.because;
      return by;
    };
    await served(40);
    expect(router.explain(spec).route.implementation).toBe('python');
    broken = false;
    await served(32 * 20);
    expect(router.explain(spec).measured.native.faults).toBeLessThan(0.05);
  });
});
