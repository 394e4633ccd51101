import { describe, expect, it } from 'vitest';
import type { Json } from '#lib/base/json';
import { materialize } from '#lib/variable/candidates';
import { resolveAssignment } from '#lib/variable/resolve';
import type { Space } from '#lib/variable/space';
import type { Assignment, Variable } from '#lib/variable/variable';
import { arithmetic, spaceOf, typed } from './spaces.ts';

const resolve = (space: Space, given: Assignment) => resolveAssignment(space, given, arithmetic);
const details = async (variables: Variable[], given: Assignment): Promise<string[]> =>
  (await resolve(spaceOf(variables), given)).problems.map(({ detail }) => detail);

describe('defaults', () => {
  it('stand in for what is not given; what has none is missing, all of it said at once', async () => {
    const variables = [
      typed('a', { kind: 'float', min: 0, max: 2 }, { default: 0.7 }),
      typed('b', { kind: 'choice', choices: ['x', 'y'] }),
      typed('c', { kind: 'integer', min: 0, max: 9 }),
      typed('d', { kind: 'boolean' }),
      typed('e', { kind: 'demos' }),
    ];
    expect(await details(variables, {})).toEqual(['Missing required variables: [c, d]']);
    expect((await resolve(spaceOf(variables), { c: 3, d: false })).values).toEqual({
      a: 0.7,
      b: 'x',
      c: 3,
      d: false,
      e: [],
    });
  });
});

describe('each value is validated', () => {
  it.each<[Variable['type'], Json, string | undefined]>([
    [{ kind: 'float', min: 0, max: 2 }, 3, 'Value 3.0 outside range {0.0, 2.0}'],
    [{ kind: 'float', min: 0, max: 2 }, 'warm', 'Expected number, got "warm"'],
    [{ kind: 'float', min: 0, max: 2 }, 2, undefined],
    [{ kind: 'float', min: 0, max: 1, step: 0.1 }, 0.3, undefined],
    [{ kind: 'float', min: 0, max: 1, step: 0.1 }, 0.35, 'Value 0.35 is not 0.0 plus a multiple of 0.1'],
    [{ kind: 'integer', min: 1, max: 100 }, 'x', 'Expected integer, got "x"'],
    [{ kind: 'integer', min: 1, max: 100 }, 1.5, 'Expected integer, got 1.5'],
    [{ kind: 'integer', min: 1, max: 100 }, 101, 'Value 101 outside range {1, 100}'],
    [{ kind: 'boolean' }, 'true', 'Expected boolean, got "true"'],
    [{ kind: 'choice', choices: ['a', 1, { k: 2 }] }, { k: 2 }, undefined],
    [{ kind: 'choice', choices: ['a', 1] }, 'b', 'Value "b" not in choices ["a", 1]'],
    [{ kind: 'module', modules: ['predict'] }, 'react', 'Value "react" not in choices ["predict"]'],
    [{ kind: 'string', pattern: '[a-z]+' }, 'abc', undefined],
    [{ kind: 'string', pattern: '[a-z]+' }, 'abc1', 'Value "abc1" does not match pattern [a-z]+'],
    [{ kind: 'string' }, 7, 'Expected string, got 7'],
    [{ kind: 'string', choices: ['x'] }, 'y', 'Value "y" not in choices ["x"]'],
    [{ kind: 'text', candidates: ['Hi.'] }, { candidate: 'c0' }, undefined],
    [{ kind: 'text', candidates: ['Hi.'] }, 'Anything else.', undefined],
    [{ kind: 'text', candidates: ['Hi.'] }, { candidate: 'c1' }, 'No candidate "c1"; there are [default]'],
    [{ kind: 'text', candidates: ['Hi.'] }, 3, 'Expected text or {candidate: id}, got 3'],
    [{ kind: 'demos', maxDemos: 1 }, [{}, {}], '2 demos, at most 1 allowed'],
    [{ kind: 'demos' }, [{}, 1], 'Demo 1 is not an object'],
    [{ kind: 'demos' }, 'none', 'Expected a list of demos or {candidate: id}, got "none"'],
    [{ kind: 'composite', expression: '1' }, 1, 'is computed from other variables and cannot be set'],
    [{ kind: 'float', min: 0, max: 1 }, null, 'Expected number, got null'],
  ])('%j set to %j: %s', async (type, value, detail) => {
    expect(await details([typed('x', type)], { x: value })).toEqual(
      detail === undefined ? [] : [`Variable x: ${detail}`],
    );
  });

  it('with all problems at once, each with its pointer, unknown names among them', async () => {
    const variables = [typed('a', { kind: 'boolean' }), typed('b', { kind: 'integer', min: 0, max: 1 })];
    const { problems } = await resolve(spaceOf(variables), { a: 1, b: 5, z: 0 });
    expect(problems).toEqual([
      { pointer: '/z', detail: 'Variable z: not declared; there are [a, b]' },
      { pointer: '/a', detail: 'Variable a: Expected boolean, got 1' },
      { pointer: '/b', detail: 'Variable b: Value 5 outside range {0, 1}' },
    ]);
  });

  it('names an object’s own members only', async () => {
    expect(
      await details([typed('a', { kind: 'boolean' }, { default: true })], JSON.parse('{"toString": 1}')),
    ).toHaveLength(1);
    expect(await details([typed('toString', { kind: 'boolean' })], {})).toEqual([
      'Missing required variables: [toString]',
    ]);
  });
});

describe('conditional variables', () => {
  const variables = [
    typed('depth', { kind: 'integer', min: 1, max: 5 }, { default: 2, when: { module: 'cot' } }),
    typed('module', { kind: 'module', modules: ['predict', 'cot'] }),
    typed('hint', { kind: 'boolean' }, { default: true, when: { depth: 3, module: 'cot' } }),
  ];

  it('exist only while all their conditions hold, down the line', async () => {
    const space = spaceOf(variables);
    expect((await resolve(space, {})).values).toEqual({ module: 'predict' });
    expect((await resolve(space, { module: 'cot' })).values).toEqual({ module: 'cot', depth: 2 });
    expect((await resolve(space, { module: 'cot', depth: 3 })).values).toEqual({ module: 'cot', depth: 3, hint: true });
  });

  it('are dropped, not refused, when given without their conditions', async () => {
    expect(await resolve(spaceOf(variables), { depth: 99, hint: false })).toEqual({
      values: { module: 'predict' },
      problems: [],
    });
  });
});

describe('composites', () => {
  const number = (name: string): Variable => typed(name, { kind: 'float', min: 0, max: 10 }, { default: 1 });
  const sum = (name: string, expression: string): Variable => typed(name, { kind: 'composite', expression });

  it('are computed in the order in which they need each other', async () => {
    const space = spaceOf([sum('c', 'b + a'), sum('b', 'a + x'), sum('a', 'x + x'), number('x')]);
    expect((await resolve(space, { x: 2 })).values).toEqual({ x: 2, a: 4, b: 6, c: 10 });
  });

  it('say why they could not be computed, all of them', async () => {
    const space = spaceOf([number('x'), sum('a', 'x + nothing'), sum('b', 'a + x')]);
    expect((await resolve(space, {})).problems).toEqual([
      { pointer: '/a', detail: 'Failed to compute a: nothing is not a number' },
      { pointer: '/b', detail: 'Failed to compute b: a is not a number' },
    ]);
    const empty = await resolveAssignment(spaceOf([sum('a', 'x')]), {}, () => undefined);
    expect(empty.problems[0]?.detail).toBe('Failed to compute a: the expression has no value');
  });

  it('that need themselves are a circle', async () => {
    const space = spaceOf([sum('a', 'b + x'), sum('b', 'a + x'), number('x')]);
    expect((await resolve(space, {})).problems).toEqual([
      { pointer: '/a', detail: 'Circular dependency detected: a -> b -> a' },
    ]);
  });

  it('and rules that do not speak of what is wrong are looked at in the same go', async () => {
    const space = spaceOf([number('x'), number('y'), sum('a', 'x + nothing'), sum('b', 'y + nothing')], {
      constraints: [
        { expression: 'x < 0', reason: 'x is too large' },
        { expression: 'y < 0', reason: 'y is too large' },
        { expression: 'a < 0', reason: 'a is too large' },
      ],
    });
    expect((await resolve(space, { x: 99, z: 1 })).problems).toEqual([
      { pointer: '/z', detail: expect.stringContaining('not declared') },
      { pointer: '/x', detail: expect.stringContaining('outside range') },
      { pointer: '/b', detail: 'Failed to compute b: nothing is not a number' },
      { pointer: '', detail: 'y is too large' },
    ]);
  });

  it('are not begun on values that are wrong', async () => {
    const space = spaceOf([number('x'), sum('a', 'x + nothing')]);
    expect((await resolve(space, { x: 11 })).problems).toHaveLength(1);
  });
});

describe('rules between variables', () => {
  const variables = ['x', 'y'].map((name) => typed(name, { kind: 'float', min: 0, max: 10 }, { default: 1 }));
  const rules = (...expressions: string[]): Space =>
    spaceOf([...variables, typed('total', { kind: 'composite', expression: 'x + y' })], {
      constraints: expressions.map((expression) => ({ expression, reason: `${expression} is wanted` })),
    });

  it('reject an assignment with their reason, after composites are there', async () => {
    expect((await resolve(rules('total < 10'), {})).problems).toEqual([]);
    expect((await resolve(rules('total < 10', 'x < 5', 'y < 9'), { x: 6, y: 8 })).problems).toEqual([
      { pointer: '', detail: 'total < 10 is wanted' },
      { pointer: '', detail: 'x < 5 is wanted' },
    ]);
  });

  it('that do not say true or false, or cannot be computed, reject and show what happened', async () => {
    const { problems } = await resolve(rules('x + y', 'x < z'), {});
    expect(problems.map(({ detail }) => detail)).toEqual([
      'x + y is wanted ("x + y" gave 2)',
      'Failed to check "x < z": z is not a number',
    ]);
  });

  it('see the values that candidates name', async () => {
    const seen: Record<string, Json>[] = [];
    const space = spaceOf([typed('text', { kind: 'text', candidates: ['Be short.', 'Be exact.'] })], {
      constraints: [{ expression: 'text', reason: 'r' }],
    });
    await resolveAssignment(space, { text: { candidate: 'c1' } }, async (_expression, scope) => {
      seen.push(scope);
      return true;
    });
    expect(seen).toEqual([{ text: 'Be exact.' }]);
  });
});

describe('candidates', () => {
  const space = spaceOf(
    [
      typed('text', { kind: 'text', candidates: ['One.', 'Two.', 'One.'] }, { default: 'Two.' }),
      typed('demos', { kind: 'demos' }),
      typed('x', { kind: 'choice', choices: [{ candidate: 'd1' }] }),
    ],
    { candidates: { demos: { d0: [], d1: [{ q: 1 }] }, text: { p0: 'Two.', p1: 'Three.' } } },
  );

  it('are replaced by their values, and only those of text and demo variables', () => {
    expect(
      materialize(space, { text: { candidate: 'p1' }, demos: { candidate: 'd1' }, x: { candidate: 'd1' } }),
    ).toEqual({ text: 'Three.', demos: [{ q: 1 }], x: { candidate: 'd1' } });
  });

  it('keep their id though an equal one is offered instead', () => {
    expect(materialize(space, { text: { candidate: 'p0' }, demos: { candidate: 'd0' } })).toEqual({
      text: 'Two.',
      demos: [],
    });
    expect(materialize(space, { text: { candidate: 'c2' } })).toEqual({ text: 'One.' });
  });

  it('leave values and unknown ids as they are', () => {
    expect(materialize(space, { text: 'Mine.', demos: [{ q: 2 }] })).toEqual({ text: 'Mine.', demos: [{ q: 2 }] });
    expect(materialize(space, { text: { candidate: 'toString' } })).toEqual({ text: { candidate: 'toString' } });
  });
});
