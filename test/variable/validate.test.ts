import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPattern, patternTrouble } from '#lib/variable/pattern';
import { referencedNames } from '#lib/variable/references';
import { BindingSchema, SpaceSchema, VariableSchema } from '#lib/variable/schema';
import { validateVariables } from '#lib/variable/validate';
import type { Variable } from '#lib/variable/variable';
import { anySpace, typed } from './spaces.ts';

const problems = (...variables: Variable[]): string[] =>
  validateVariables({ variables }).map(({ pointer, detail }) => `${pointer} ${detail}`);

describe('a space of variables', () => {
  it('that makes sense has no problems', () => {
    fc.assert(
      fc.property(anySpace, (space) => {
        expect(validateVariables(space)).toEqual([]);
        expect(SpaceSchema.safeParse(space).success).toBe(true);
      }),
    );
  });

  it.each<[Variable, string]>([
    [typed('x', { kind: 'float', min: 2, max: 1 }), '/variables/0/type/max max 1 is below min 2'],
    [typed('x', { kind: 'float', min: 0, max: Number.NaN }), '/variables/0/type/max wanted a finite number, got NaN'],
    [
      typed('x', { kind: 'float', min: 0, max: 1, log: true }),
      '/variables/0/type/min a log scale needs min above 0, got 0',
    ],
    [
      typed('x', { kind: 'float', min: 1, max: 9, log: true, step: 1 }),
      '/variables/0/type/step step and log exclude each other',
    ],
    [typed('x', { kind: 'integer', min: 0.5, max: 3 }), '/variables/0/type/min Expected integer, got 0.5'],
    [typed('x', { kind: 'integer', min: 0, max: 3, step: 0 }), '/variables/0/type/step step must be above 0, got 0'],
    [typed('x', { kind: 'choice', choices: [] }), '/variables/0/type/choices at least one choice is needed'],
    [typed('x', { kind: 'module', modules: ['a', 'a'] }), '/variables/0/type/modules/1 "a" is listed twice'],
    [
      typed('x', { kind: 'float', min: 0, max: 2 }, { default: 3 }),
      '/variables/0/default Variable x: Value 3.0 outside range {0.0, 2.0}',
    ],
    [typed('x', { kind: 'text' }), '/variables/0/default Variable x: a text needs a default or a candidate'],
    [
      typed('x', { kind: 'text', candidates: ['a'] }, { default: { candidate: 'c0' } }),
      '/variables/0/default Variable x: a default is a value, not the name of a candidate',
    ],
    [
      typed('x', { kind: 'composite', expression: 'x + 1' }),
      '/variables/0/type/expression Circular dependency detected: x -> x',
    ],
    [
      typed('x', { kind: 'boolean' }, { when: { y: 1 } }),
      '/variables/0/when/y Variable y does not exist; there are [x]',
    ],
    [typed('x', { kind: 'string', pattern: '(' }), '/variables/0/type/pattern not a usable pattern: '],
    [
      typed('x', { kind: 'string', pattern: '(a+)+' }),
      '/variables/0/type/pattern not a usable pattern: a repeated group',
    ],
  ])('%j: %s', (variable, problem) => {
    const [found = ''] = problems(variable);
    expect(found.startsWith(problem)).toBe(true);
  });

  it('reports all problems at once', () => {
    const list = problems(
      typed('a', { kind: 'float', min: 2, max: 1 }, { when: { c: true } }),
      typed('a', { kind: 'choice', choices: [] }),
      typed('b', { kind: 'boolean' }, { when: { a: 9, d: 1 } }),
      typed('d', { kind: 'composite', expression: 'e' }),
      typed('e', { kind: 'composite', expression: 'd' }),
    );
    expect(list).toEqual([
      '/variables/0/type/max max 1 is below min 2',
      '/variables/1/name Variable a is declared twice',
      '/variables/1/type/choices at least one choice is needed',
      '/variables/0/when/c Variable c does not exist; there are [a, b, d, e]',
      '/variables/2/when/a can never hold: Value 9 not in choices []',
      '/variables/2/when/d a condition cannot rest on a composite variable',
      '/variables/3/type/expression Circular dependency detected: d -> e -> d',
    ]);
  });

  it('whose conditions rest on each other is refused', () => {
    const flag = (name: string, on: string): Variable => typed(name, { kind: 'boolean' }, { when: { [on]: true } });
    expect(problems(flag('a', 'b'), flag('b', 'c'), flag('c', 'a'))).toEqual([
      '/variables/0/when Circular dependency detected: a -> b -> c -> a',
    ]);
  });

  it('has rules over its variables and candidates for its texts and demos only', () => {
    const variables = [typed('x', { kind: 'boolean' }), typed('d', { kind: 'demos' })];
    const constraints = [
      { expression: 'y = 1', reason: 'r' },
      { expression: 'x', reason: 'r' },
    ];
    expect(validateVariables({ variables, constraints, candidates: { x: {}, z: {}, d: {} } })).toEqual([
      { pointer: '/candidates/x', detail: 'only text and demos have candidates, this is boolean' },
      { pointer: '/candidates/z', detail: 'no such variable' },
      { pointer: '/constraints/0/expression', detail: 'names no variable; there are [x, d]' },
    ]);
  });
});

describe('patterns', () => {
  it.each([
    '(a+)+',
    '(a|b)*c',
    '((a)|b){2,}',
    '(a*)*b',
    '(.*a){10}',
    '(?=a)b',
    '(a)\\1',
    '(?<n>a)\\k<n>',
    'a*a*a*a*a*b',
    '[',
  ])('%s is refused', (pattern) => {
    expect(patternTrouble(pattern)).toEqual(expect.any(String));
  });

  it.each(['[a-z]+', '\\d{4}-\\d{2}', '(ab)+', 'v[0-9]+\\.[0-9]+', '[(+*]+x', '(https?):x', '\\(a+\\)+', 'a|b'])(
    '%s is taken',
    (pattern) => {
      expect(patternTrouble(pattern)).toBeUndefined();
    },
  );

  it('match the whole text, and never a very long one', () => {
    expect(matchesPattern('a|b', 'ab')).toBe(false);
    expect(matchesPattern('a|b', 'b')).toBe(true);
    expect(matchesPattern('.*', 'x'.repeat(1001))).toBe(false);
  });
});

describe('the names in an expression', () => {
  it.each<[string, string[]]>([
    ['a + b', ['a', 'b']],
    ['nodes.answer.temperature', ['nodes']],
    ['$max([a, 1]) & "b" & \'c\'', ['a']],
    ['/* b */ `odd name` and a', ['odd', 'name', 'and', 'a']],
    ['', []],
  ])('of %j', (expression, names) => {
    expect([...referencedNames(expression)]).toEqual(names);
  });
});

describe('the schemas', () => {
  const issues = (schema: typeof VariableSchema | typeof BindingSchema, value: unknown): string =>
    schema
      .safeParse(value)
      .error?.issues.map(({ path, message }) => `${path.join('/')}: ${message}`)
      .join('\n') ?? '';

  it.each<[unknown, RegExp]>([
    [{ name: 'x', type: { kind: 'float', min: 0 } }, /^type\/max: /],
    [{ name: 'x', type: { kind: 'float', min: 0, max: 1, precision: 2 } }, /^type: .*precision/],
    [{ name: 'x', type: { kind: 'tensor' } }, /^type\/kind: /],
    [{ name: '1x', type: { kind: 'boolean' } }, /^name: wanted a name/],
    [{ name: 'value', type: { kind: 'boolean' } }, /^name: reserved names/],
    [{ name: 'x', type: { kind: 'boolean' }, weight: 1 }, /weight/],
    [{ name: 'x', type: { kind: 'integer', min: 0, max: Number.POSITIVE_INFINITY } }, /^type\/max: /],
    ['x', /^: /],
  ])('refuse the variable %j', (value, issue) => {
    expect(issues(VariableSchema, value)).toMatch(issue);
  });

  it.each([
    ['nodes.answer.lm.temperature', true],
    ['nodes.*.adapter', true],
    ['nodes.answer', false],
    ['node.answer.demos', false],
    ['nodes.Answer.demos', false],
    ['nodes.a.__proto__ x', false],
  ])('take or refuse the place %s', (place, taken) => {
    expect(issues(BindingSchema, { variable: 'x', to: [place] }) === '').toBe(taken);
  });
});
