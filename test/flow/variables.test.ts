import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import { openTestHouse, type TestHouse } from './house.ts';

let home: TestHouse;
beforeAll(async () => {
  home = await openTestHouse(() => 'unused', { work: false });
});
afterAll(() => home.close());
const call = async (action: string, input: JsonObject, id?: string) =>
  (await home.client.call<JsonObject>('variables', action, { ...(id === undefined ? {} : { id }), input })).body;

const VARIABLES = [
  { name: 'server', type: { kind: 'module', modules: ['quick', 'careful'] } },
  { name: 'rate', type: { kind: 'float', min: 0.0001, max: 1, log: true } },
  { name: 'depth', type: { kind: 'integer', min: 1, max: 4 }, when: { server: 'careful' } },
  { name: 'effort', type: { kind: 'composite', expression: 'rate * 10' } },
] as JsonObject[];

test('every problem of an assignment is reported at once, each with its path', async () => {
  const answer = await call('validate', {
    variables: VARIABLES,
    constraints: [
      { expression: 'rate < 0.5', reason: 'too fast' },
      { expression: 'depth < 2', reason: 'too deep' },
    ],
    assignment: { server: 'careful', rate: 0.9, depth: 9, effort: 3, other: 1 },
  });
  expect(answer).toMatchObject({ valid: false });
  expect((answer.problems as JsonObject[]).map(({ pointer, detail }) => [pointer, detail])).toEqual([
    ['/other', expect.stringContaining('not declared')],
    ['/depth', expect.stringContaining('outside range')],
    ['/effort', expect.stringContaining('cannot be set')],
    ['', 'too fast'],
  ]);
});

test('whole assignments are drawn: conditions respected, composites computed, rejected ones counted', async () => {
  const drawn = await call('draw', {
    ...{ variables: VARIABLES, count: 200, seed: 3, how: 'filling' },
    constraints: [{ expression: 'rate < 0.1', reason: 'too fast' }],
  });
  const assignments = drawn.assignments as { server: string; rate: number; depth?: number; effort: number }[];
  expect(assignments.length + Number(drawn.rejected)).toBe(200);
  // A quarter of the logarithmic range lies above 0.1; a filling draw hits that to within one.
  expect(Math.abs(Number(drawn.rejected) - 50)).toBeLessThanOrEqual(1);
  for (const { server, rate, depth, effort } of assignments) {
    expect([rate < 0.1, depth === undefined]).toEqual([true, server === 'quick']);
    expect(effort).toBeCloseTo(rate * 10, 12);
  }
});

test('one variable is drawn on the scale that is asked for', async () => {
  const type = { kind: 'float', min: 0.0001, max: 1 };
  const { id } = await call('create', { name: 'rate', type });
  const small = async (how: string) =>
    ((await call('sample', { count: 1000, how }, String(id))).values as number[]).filter((value) => value < 0.01)
      .length;
  expect(await small('log')).toBeGreaterThan(400);
  expect(await small('uniform')).toBeLessThan(40);
  expect(await small('declared')).toBe(await small('uniform'));
  const { id: signed } = await call('create', { name: 'signed', type: { ...type, min: -1 } });
  await expect(call('sample', { how: 'log' }, String(signed))).rejects.toMatchObject({ status: 400 });
});
