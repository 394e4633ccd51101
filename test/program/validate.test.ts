import { describe, expect, test } from 'vitest';
import type { ModuleSpec } from '#lib/module/spec';
import type { Graph } from '#lib/program/graph';
import type { Node } from '#lib/program/node';
import type { Program } from '#lib/program/program';
import { validateProgram } from '#lib/program/validate';
import { parseSignature } from '#lib/signature/parse';

const spec = (signature: string, more: Partial<ModuleSpec> = {}): ModuleSpec => ({
  type: 'predict',
  implementation: 'native',
  signature: parseSignature(signature),
  demos: [],
  config: {},
  ...more,
});
const modules = {
  find: spec('query -> passages: list[str], count: int'),
  answer: spec('context: list[str], question -> answer'),
  think: spec('context: list[str], question -> answer', { type: 'chain_of_thought' }),
  other: spec('text -> result'),
};
const lms = { small: { provider: 'openai', model: 'm' } };

function program(
  nodes: Node[],
  output: Graph['output'],
  more: Partial<Omit<Program, 'graph'>> & { graph?: Partial<Graph> } = {},
): Program {
  const graph: Graph = { name: 'p', input: { question: 'str', k: 'int' }, output, nodes, ...more.graph };
  return { modules, variables: [], bindings: [], constraints: [], lms, ...more, graph };
}
/** `pointer: detail` of each problem. */
const problems = (...args: Parameters<typeof program>) =>
  validateProgram(program(...args)).map(({ pointer, detail }) => `${pointer}: ${detail}`);

const find: Node = { id: 'find', kind: 'module', module: 'find', inputs: { query: 'input.question' } };
const answer: Node = {
  id: 'answer',
  kind: 'module',
  module: 'answer',
  inputs: { context: 'nodes.find.passages', question: 'input.question' },
};
const good = { answer: 'nodes.answer.answer' };
const post = { method: 'POST', url: 'https://example.com/' } as const;

describe('validation', () => {
  test('finds nothing wrong with a sound program', () => {
    expect(problems([find, answer], good)).toEqual([]);
  });

  test('reports every problem at once, each at its place', () => {
    const nodes: Node[] = [
      { id: 'a', kind: 'module', module: 'nope', inputs: { x: 'input.quesion' } },
      { id: 'a', kind: 'transform', expression: 'nodes.zzz & $foo(1)' },
      { id: 'c', kind: 'module', module: 'find', inputs: { wrong: '1' }, lm: 'large' },
    ];
    expect(problems(nodes, { out: 'nodes.c.nothing' })).toEqual([
      '/graph/nodes/0/module: no module "nope"; there are [find, answer, think, other]',
      '/graph/nodes/1/id: the id a is already taken by /graph/nodes/0',
      '/graph/nodes/2/inputs: module find wants the input query, which node c does not give',
      '/graph/nodes/2/inputs/wrong: module find has no input wrong; it takes [query]',
      '/graph/nodes/2/lm: no language model "large"; there are [small]',
      '/graph/nodes/0/inputs/x: input.quesion: the program has no input quesion; it takes [question, k]',
      '/graph/nodes/1/expression: Expression "nodes.zzz & $foo(1)": $foo is neither an allowed function nor bound before by :=',
      '/graph/output/out: nodes.c.nothing: module find has no output nothing; it gives [passages, count]',
    ]);
  });

  test.each<[string, Node[], Graph['output'], string]>([
    [
      'an unknown node',
      [find],
      { x: 'nodes.fnd.count' },
      '/graph/output/x: nodes.fnd.count: there is no node fnd; there are [find]',
    ],
    [
      'all nodes at once',
      [find],
      { x: '$count(nodes)' },
      '/graph/output/x: nodes: this reads every node; name one, such as nodes.answer',
    ],
    [
      'a stray name',
      [find],
      { x: 'question & nodes.find.count' },
      '/graph/output/x: question: there is nothing called question here; there are [input, nodes]',
    ],
    [
      '`item` outside a map',
      [find],
      { x: 'item & nodes.find.count' },
      '/graph/output/x: item: there is nothing called item here; there are [input, nodes]',
    ],
    [
      'a type that does not fit',
      [find, { ...answer, inputs: { context: 'nodes.find.count', question: 'input.k' } }],
      good,
      '/graph/nodes/1/inputs/context: nodes.find.count is int, but context wants list[str]',
    ],
    [
      'the inside of a map from outside',
      [{ id: 'm', kind: 'map', items: 'input.question', nodes: [find] }],
      { x: 'nodes.find.count', m: 'nodes.m' },
      '/graph/output/x: nodes.find.count: find cannot be read here: it is the node itself or around it, inside a map, in another branch, a fallback, or undoes something',
    ],
    [
      'another branch',
      [{ id: 'p', kind: 'parallel', branches: [[find], [answer]] }],
      { p: 'nodes.p' },
      '/graph/nodes/0/branches/1/0/inputs/context: nodes.find.passages: find cannot be read here: it is the node itself or around it, inside a map, in another branch, a fallback, or undoes something',
    ],
    [
      'a circle',
      [
        { id: 'a', kind: 'transform', expression: 'nodes.b' },
        { id: 'b', kind: 'transform', expression: 'nodes.c' },
        { id: 'c', kind: 'transform', expression: 'nodes.a' },
      ],
      { x: 'nodes.a' },
      '/graph/nodes/0: nodes wait for each other in a circle: a -> b -> c -> a',
    ],
    [
      'a circle through the inside of a node',
      [
        { id: 'p', kind: 'parallel', branches: [[{ id: 'inner', kind: 'transform', expression: 'nodes.b' }]] },
        { id: 'b', kind: 'transform', expression: 'nodes.inner' },
      ],
      { x: 'nodes.b' },
      '/graph/nodes/0: nodes wait for each other in a circle: p -> b -> p',
    ],
    [
      'actions of one transaction that read each other',
      [
        { id: 'a', kind: 'action', resource: 'r', action: 'x', transaction: true },
        { id: 'b', kind: 'action', resource: 'r', action: 'x', transaction: true, inputs: { a: 'nodes.a' } },
      ],
      {},
      '/graph/nodes/0: nodes wait for each other in a circle: a -> a (actions of one transaction cannot read each other)',
    ],
    [
      'a node nobody needs',
      [find, answer, { id: 'idle', kind: 'transform', expression: 'nodes.find.count' }],
      good,
      '/graph/nodes/2: node idle is unreachable: no output needs it, and it has no effect',
    ],
    [
      'retry on a container',
      [{ id: 'p', kind: 'parallel', branches: [[find]], retry: { maxAttempts: 2 } }],
      { x: 'nodes.p' },
      '/graph/nodes/0/retry: a parallel takes no retry; give it to the nodes inside',
    ],
    [
      'an effect with nowhere to go',
      [{ id: 'e', kind: 'effect' }],
      {},
      '/graph/nodes/0: effect e takes either http or lambda',
    ],
    [
      'a fallback that lacks what is read of the node',
      [
        find,
        { ...answer, fallback: [{ id: 'f', kind: 'module', module: 'other', inputs: { text: 'input.question' } }] },
      ],
      good,
      '/graph/output/answer: nodes.answer.answer: its fallback f: module other has no output answer; it gives [result]',
    ],
    [
      'a fallback whose inherited inputs do not fit',
      [find, { ...answer, fallback: [{ id: 'f', kind: 'module', module: 'other' }] }],
      {},
      '/graph/nodes/1/fallback/0/inputs: module other wants the input text, which node f does not give',
    ],
    [
      'a condition on a fallback',
      [{ ...find, fallback: [{ ...find, id: 'f', when: 'true' }] }],
      { x: 'nodes.find' },
      '/graph/nodes/0/fallback/0/when: a fallback takes no when; the node it stands in for has it',
    ],
    [
      'an undoing that could be given up',
      [{ id: 'e', kind: 'effect', http: post, compensate: { id: 'u', kind: 'effect', http: post, optional: true } }],
      {},
      '/graph/nodes/0/compensate/optional: a node that undoes takes no optional',
    ],
    [
      'a second voice in a transaction',
      [
        { id: 'a', kind: 'action', resource: 'r', action: 'x', transaction: true },
        { id: 'b', kind: 'action', resource: 'r', action: 'x', transaction: true, timeoutSeconds: 1 },
      ],
      {},
      '/graph/nodes/1/timeoutSeconds: a transaction takes timeoutSeconds from its first action, not from b',
    ],
  ])('refuses %s', (_what, nodes, output, problem) => {
    expect(problems(nodes, output)).toContain(problem);
  });

  test('knows that a chain of thought also gives its reasoning, and a predict does not', () => {
    const thinking: Node = { ...answer, module: 'think' };
    expect(problems([find, thinking], { why: 'nodes.answer.reasoning' })).toEqual([]);
    expect(problems([find, answer], { why: 'nodes.answer.reasoning' })).toHaveLength(1);
  });

  test('lets a map’s inner nodes read the item and the nodes around, and what undoes a node read the node', () => {
    const nodes: Node[] = [
      find,
      {
        id: 'each',
        kind: 'map',
        items: 'nodes.find.passages',
        nodes: [
          { ...answer, inputs: { context: '[item, $string(index)]', question: 'nodes.find.count & input.question' } },
        ],
      },
      {
        id: 'e',
        kind: 'effect',
        http: post,
        compensate: { id: 'u', kind: 'effect', http: post, inputs: { id: 'nodes.e.id' } },
      },
    ];
    expect(problems(nodes, { all: 'nodes.each' })).toEqual([]);
  });

  test('refuses types it cannot read, and models that are not there', () => {
    const [type, lm] = problems(
      [find],
      { x: 'nodes.find' },
      { graph: { input: { question: 'list[', k: 'int' }, defaults: { lm: 'big' } } },
    );
    expect(type).toContain('/graph/input/question: ');
    expect(lm).toBe('/graph/defaults/lm: no language model "big"; there are [small]');
    expect(
      problems([find], { x: 'nodes.find' }, { modules: { ...modules, find: spec('query -> a', { lm: 'gone' }) } }),
    ).toEqual(['/modules/find/lm: no language model "gone"; there are [small]']);
  });
});

describe('bindings', () => {
  const bind = (variable: Program['variables'][number], to: string[], as?: string) =>
    problems([find, answer], good, {
      variables: [variable],
      bindings: [{ variable: variable.name, to, ...(as === undefined ? {} : { as }) }],
    });

  test.each<[string, Program['variables'][number], string, string | undefined]>([
    ['a temperature', { name: 'v', type: { kind: 'float', min: 0, max: 2 } }, 'nodes.*.lm.temperature', undefined],
    [
      'a negative temperature',
      { name: 'v', type: { kind: 'float', min: -1, max: 2 } },
      'nodes.answer.lm.temperature',
      'lm.temperature takes a number of at least 0; variable v can be -1',
    ],
    [
      'a place that is none',
      { name: 'v', type: { kind: 'boolean' } },
      'nodes.answer.color',
      '"nodes.answer.color" is not a place',
    ],
    [
      'a node that is not there',
      { name: 'v', type: { kind: 'text', candidates: ['x'] } },
      'nodes.nope.instructions',
      'reaches no module node; there are [find, answer]',
    ],
    [
      'an unknown adapter',
      { name: 'v', type: { kind: 'choice', choices: ['chat', 'yaml'] } },
      'nodes.*.adapter',
      'adapter takes chat, json or xml; variable v can be "yaml"',
    ],
    [
      'an unknown model',
      { name: 'v', type: { kind: 'choice', choices: ['small', 'huge'] } },
      'nodes.answer.lm',
      'lm takes the name of a language model of the program; variable v can be "huge"',
    ],
    [
      'a module of another signature',
      { name: 'v', type: { kind: 'module', modules: ['answer', 'other'] } },
      'nodes.answer.module',
      'module other wants the input text, which node answer does not give',
    ],
    [
      'modules of one signature',
      { name: 'v', type: { kind: 'module', modules: ['answer', 'think'] } },
      'nodes.answer.module',
      undefined,
    ],
    ['demos', { name: 'v', type: { kind: 'demos' } }, 'nodes.answer.demos', undefined],
  ])('%s', (_what, variable, place, problem) => {
    const found = bind(variable, [place]);
    if (problem === undefined) expect(found).toEqual([]);
    else expect(found.join('\n')).toContain(problem);
  });

  test('of variables that are not there, and formulas that read something else, are refused', () => {
    const found = problems([find, answer], good, {
      variables: [{ name: 'c', type: { kind: 'composite', expression: 'creativity * 2' } }],
      bindings: [{ variable: 'temp', to: ['nodes.*.lm.temperature'], as: 'value * input.k' }],
      constraints: [{ expression: 'speed > 1', reason: 'slow' }],
      graph: { variables: ['gone'] },
    });
    expect(found).toEqual([
      '/graph/variables/0: no variable "gone"; there are [c]',
      '/bindings/0/variable: no variable "temp"; there are [c]',
      '/bindings/0/as: there is no variable input; there are [value, c]',
      '/variables/0/type/expression: there is no variable creativity; there are [c]',
      '/constraints/0/expression: there is no variable speed; there are [c]',
    ]);
  });
});
