import fc from 'fast-check';
import jsonata from 'jsonata';
import { describe, expect, test } from 'vitest';
import { failureOf } from '#lib/base/failure';
import type { Json, JsonObject } from '#lib/base/json';
import { compileExpression, evaluateExpression } from '#lib/program/expression';
import { FUNCTIONS } from '#lib/program/expression-check';

const scope: JsonObject = {
  input: {
    q: 'hi',
    list: [1, 2, 3],
    one: [1],
    docs: [
      { text: 'a', score: 1 },
      { text: 'b', score: 2 },
    ],
    nil: null,
  },
  nodes: { a: { b: 1 }, gone: null },
};
const evaluate = async (text: string, over: JsonObject = scope): Promise<Json | undefined> =>
  compileExpression(text).evaluate(over);
const refusal = async (text: string, over: JsonObject = scope) => {
  try {
    const value = await evaluate(text, over);
    return { value, name: undefined, message: '', details: undefined };
  } catch (error) {
    const { name, message, details } = failureOf(error);
    return { value: undefined, name, message, details };
  }
};

describe('an expression', () => {
  test.each<[string, Json | undefined]>([
    ['input.q', 'hi'],
    ['nodes.a.b', 1],
    ['nodes.gone.b', undefined],
    ['nodes.missing', undefined],
    ['input.nil', null],
    ['42', 42],
    ['-1.5', -1.5],
    ['"text"', 'text'],
    ["'text'", 'text'],
    ['true', true],
    ['null', null],
    ['input.docs.text', ['a', 'b']],
    ['input.docs[score > 1].text', 'b'],
    ['$append(nodes.gone.x, input.one)', [1]],
    ['{"one": input.one, "none": nodes.missing}', { one: [1] }],
    ['[input.docs.score]', [1, 2]],
    ['$sum(input.docs.score) > 2 and input.q = "hi"', true],
    ['input.docs^(>score).text', ['b', 'a']],
    ['input.docs{text: score}', { a: 1, b: 2 }],
    ['input.missing ?? "default"', 'default'],
    ['input.q ~> $uppercase', 'HI'],
    ['$map(input.list, $string)', ['1', '2', '3']],
    ['($x := input.q; $x & $x)', 'hihi'],
    ['$$.input.q', 'hi'],
    ['$distinct([1, 2, 1, {"a": 1}, {"a": 1}])', [1, 2, { a: 1 }]],
    ['$pad("x", -3, "-")', '--x'],
  ])('%s gives %j', async (text, value) => {
    expect(await evaluate(text)).toEqual(value);
  });

  test('that is a plain path or a literal gives its value at once', () => {
    for (const text of ['input.q', ' nodes.a.b ', '"x"', '7', 'true'])
      expect(compileExpression(text).evaluate(scope)).not.toBeInstanceOf(Promise);
  });

  test('keeps a list of one a list, and gives results that carry no marks of the evaluator', async () => {
    const wide = await evaluate('input.docs.text');
    expect(Reflect.ownKeys(wide as object)).toEqual(['0', '1', 'length']);
    expect(await evaluate('input.one')).toEqual([1]);
    expect(await evaluate('{"__proto__": input.q}')).toEqual(JSON.parse('{"__proto__": "hi"}'));
  });

  test('sees own members only', async () => {
    for (const text of [
      'input.constructor',
      'nodes.a.__proto__',
      'input.toString',
      'input.list.length',
      'input.docs.constructor',
    ])
      expect(await evaluate(text), text).toBeUndefined();
  });

  test.each([
    ['input.q', ['input.q']],
    ['$append(nodes.a.x, nodes.b.y)', ['nodes.a.x', 'nodes.b.y']],
    ['input.docs[score > $$.nodes.limit.value].text', ['nodes.limit.value', 'input.docs']],
    ['nodes.a.list.(x & $$.input.sep)', ['nodes.a.list', 'input.sep']],
    ['{"k": nodes.a, "l": [nodes.b[0].c]}', ['nodes.a', 'nodes.b']],
    ['(nodes.a)[0].b', ['nodes.a']],
    ['input.l^(>x, <y){k: v}', ['input.l']],
    ['nodes.a ? nodes.b : -nodes.c', ['nodes.a', 'nodes.b', 'nodes.c']],
    ['($x := nodes.a; $x.b)', ['nodes.a']],
    ['input.docs@$d.($d.text)', ['input.docs']],
    ['item & "x"', ['item']],
    ['input.`a b`', ['input.a b']],
  ])('%s is known to read %j', (text, references) => {
    expect(
      compileExpression(text)
        .references.map((names) => names.join('.'))
        .toSorted(),
    ).toEqual(references.toSorted());
  });

  test.each([
    ['function($x){$x}', 'functions cannot be defined here'],
    ['$f(?, 1)', 'functions cannot be defined here'],
    ['$map(input.list, λ($v){$v})', 'functions cannot be defined here'],
    ['$contains(input.q, /a/)', 'regular expressions are not available'],
    ['$eval("1")', '$eval is neither an allowed function'],
    ['$match(input.q, "a")', '$match is neither an allowed function'],
    ['$now()', '$now is neither an allowed function'],
    ['$random()', '$random is neither an allowed function'],
    ['$toMillis("x", "[Y]")', '$toMillis is neither an allowed function'],
    ['input ~> |docs|{"x": 1}|', 'the transform operator'],
    ['$x', '$x is neither an allowed function nor bound'],
    ['$', 'this reads everything'],
    ['$$', 'this reads everything'],
    ['**', 'a wildcard needs a name before it'],
    ['input.(', 'Expected'],
    ['', 'Unexpected end'],
  ])('%s is refused before it runs', async (text, message) => {
    const refused = await refusal(text);
    expect(refused.name).toBe('Expression.Failed');
    expect(refused.message).toContain(message);
  });

  test('that is wrong says where', async () => {
    expect((await refusal('input.q & $nope(1)')).details).toMatchObject({ position: 15 });
    expect((await refusal('1 +')).details).toMatchObject({ expression: '1 +', position: 3 });
    expect((await refusal('$number(input.q)')).message).toBe(
      'Expression "$number(input.q)": Unable to cast value to a number: "hi"',
    );
  });
});

describe('a hostile expression ends in a clear failure', () => {
  const twice = (start: string, double: string, end: string) =>
    `($a := ${start}; ${`$a := ${double}; `.repeat(60)}${end})`;
  test.each([
    ['endless recursion', '($f:=function($n){$f($n+1)};$f(0))'],
    ['a catastrophic regular expression', '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /(a+)+$/)'],
    ['8,000 open brackets', '('.repeat(8000)],
    ['4,000 nested lists', '['.repeat(4000) + ']'.repeat(4000)],
    ['4,000 nested brackets', `${'('.repeat(4000)}1${')'.repeat(4000)}`],
    ['8,000 signs', `${'-'.repeat(8000)}1`],
    ['a chain of 3,000 sums', `${'1+'.repeat(3000)}1`],
    ['defaults inside defaults, which the parser doubles', `${'('.repeat(30)}a${'?:a)'.repeat(30)}`],
    ['a text of a billion characters', '$pad("x", 1e9)'],
    ['a text doubled 60 times', twice('"xxxxxxxxxx"', '$a & $a', '$length($a)')],
    ['an object doubled 60 times and compared', twice('{"x": 1}', '{"l": $a, "r": $a}', '$a = $a')],
    ['an object doubled 60 times and printed', twice('{"x": 1}', '{"l": $a, "r": $a}', '$string($a)')],
    ['a list doubled 60 times', twice('[1, 2]', '$append($a, $a)', '$count($a)')],
    ['ten million numbers', '[1..10000000]'],
    ['a list of lists', '[1..50000].([1..50000])'],
    ['a quadratic search', '($x := [1..90000]; $x[$ in $x])'],
    ['everything below everything', 'input.**.**.**.**.**.**.**.**.**.**.**.**'],
    ['a text of 100,000 characters', `"${'x'.repeat(100_000)}\\n"`],
    ['a number JSON cannot hold', '1/0'],
    ['a function for a value', '$uppercase'],
  ])('%s', async (_what, text) => {
    const deep = {
      input: { list: Array.from({ length: 30 }, () => ({ a: [{ b: [{ c: {} }] }] })) },
    } as unknown as JsonObject;
    const refused = await refusal(text, deep);
    expect(refused.name).toBe('Expression.Failed');
    expect(refused.message.length).toBeLessThan(600);
  });

  test('and no text at all does anything else', async () => {
    const word = fc.constantFrom(
      ...[
        'input',
        'nodes',
        '.',
        '[',
        ']',
        '(',
        ')',
        '{',
        '}',
        '$',
        '$$',
        '$x',
        ':=',
        ';',
        '"a"',
        '1',
        '?',
        ':',
        '??',
        '~>',
        '*',
        '**',
        '%',
        '^',
        '@$i',
        '#$i',
        '|',
        '/a/',
        'function',
        ',',
        '&',
        '=',
        '..',
        'in',
        ' ',
      ],
      ...[...FUNCTIONS].slice(0, 20).map((name) => `$${name}(`),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 25 }), async (words) => {
        const refused = await refusal(words.join(''));
        if (refused.name !== undefined) expect(refused.name).toBe('Expression.Failed');
        else if (refused.value !== undefined) expect(JSON.parse(JSON.stringify(refused.value))).toEqual(refused.value);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('the short way', () => {
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
  const name = fc.constantFrom('a', 'b', 'c');
  const tree = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(name, tie('value'), { maxKeys: 3 }),
    ) as fc.Arbitrary<Json>,
  })).value;

  test('gives what JSONata gives, wherever no list stands on the way', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(name, tree),
        fc.array(name, { minLength: 1, maxLength: 4 }),
        async (input, path) => {
          const text = path.join('.');
          const ours = await evaluateExpression(text, input);
          let at: Json | undefined = input;
          let lists = false;
          for (const part of path) {
            lists ||= Array.isArray(at);
            at = typeof at === 'object' && at !== null && !Array.isArray(at) ? at[part] : undefined;
          }
          const theirs = await jsonata(text).evaluate(input);
          // An empty list is a value here and nothing there.
          if (!lists && !(Array.isArray(at) && at.length === 0)) expect(ours).toEqual(theirs);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
