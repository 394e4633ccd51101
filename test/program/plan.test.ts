import { describe, expect, test } from 'vitest';
import type { ModuleSpec } from '#lib/module/spec';
import type { Graph } from '#lib/program/graph';
import { GraphSchema } from '#lib/program/graph';
import type { Node } from '#lib/program/node';
import { planProgram } from '#lib/program/plan-graph';
import { neededNodes } from '#lib/program/prune';
import { parseSignature } from '#lib/signature/parse';

const spec = (signature: string): ModuleSpec => ({
  type: 'predict',
  implementation: 'native',
  signature: parseSignature(signature),
  demos: [],
  config: {},
});
const modules = {
  retrieve: spec('query -> passages: list[str]'),
  answer: spec('context: list[str], question -> answer'),
};
const graph = (nodes: Node[], output: Graph['output'] = {}): Graph => ({
  name: 'p',
  input: { question: 'str' },
  output,
  nodes,
});
const stages = (nodes: Node[]) => planProgram(graph(nodes), modules).stages.map((stage) => stage.map(({ id }) => id));
const t = (id: string, ...reads: string[]): Node => ({
  id,
  kind: 'transform',
  expression: `[${reads.map((read) => `nodes.${read}`).join(', ')}]`,
});

/** The domain document's own example. */
const rag: Graph = {
  name: 'rag',
  input: { question: 'str' },
  output: { answer: 'nodes.answer.answer', sources: 'nodes.merge' },
  nodes: [
    {
      id: 'search',
      kind: 'parallel',
      branches: [
        [{ id: 'docs', kind: 'module', module: 'retrieve', inputs: { query: 'input.question' } }],
        [
          {
            id: 'web',
            kind: 'module',
            module: 'retrieve',
            inputs: { query: 'input.question' },
            optional: true,
            timeoutSeconds: 5,
          },
        ],
      ],
    },
    { id: 'merge', kind: 'transform', expression: '$append(nodes.docs.passages, nodes.web.passages)' },
    {
      id: 'answer',
      kind: 'module',
      module: 'answer',
      inputs: { context: 'nodes.merge', question: 'input.question' },
      retry: { maxAttempts: 2 },
      fallback: [{ id: 'answer_small', kind: 'module', module: 'answer', lm: 'small' }],
    },
  ],
};

describe('a plan', () => {
  test('puts what does not depend on each other in one stage, in the order of writing', () => {
    expect(stages([t('d', 'b', 'c'), t('a'), t('b', 'a'), t('c', 'a'), t('e')])).toEqual([
      ['a', 'e'],
      ['b', 'c'],
      ['d'],
    ]);
  });

  test('follows what is read inside a node, in its condition, its fallbacks and what undoes it', () => {
    const inner: Node = { id: 'p', kind: 'parallel', branches: [[t('x', 'a')]] };
    const when: Node = { ...t('w'), when: '$exists(nodes.x)' };
    const fallback: Node = { ...t('f'), fallback: [t('g', 'w')] };
    const undo: Node = { ...t('u'), compensate: t('v', 'f', 'u') };
    expect(stages([undo, fallback, when, inner, t('a')])).toEqual([['a'], ['p'], ['w'], ['f'], ['u']]);
  });

  test('of the example has three stages, all defaults written out, and lists known where lists are wanted', () => {
    const plan = planProgram(rag, modules);
    expect(plan.stages.map((stage) => stage.map(({ id }) => id))).toEqual([['search'], ['merge'], ['answer']]);
    const answer = plan.stages[2]?.[0];
    expect(answer).toMatchObject({
      kind: 'module',
      needs: ['merge'],
      inputs: [
        { name: 'context', expression: 'nodes.merge', list: true },
        { name: 'question', expression: 'input.question', list: false },
      ],
      retry: { maxAttempts: 2, intervalSeconds: 1, backoffRate: 2, maxDelaySeconds: 30, jitter: true },
      fallback: [{ id: 'answer_small', lm: 'small', inputs: answer?.inputs }],
    });
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  test('joins neighbouring transaction actions into one step, and leaves a lone one as it is', () => {
    const action = (id: string, transaction = true): Node => ({
      id,
      kind: 'action',
      resource: 'r',
      action: 'x',
      transaction,
    });
    const plan = planProgram(graph([action('a'), action('b'), t('t', 'b'), action('c'), action('d', false)]), modules);
    expect(plan.stages.map((stage) => stage.map(({ id, kind }) => `${kind} ${id}`))).toEqual([
      ['transaction a+b', 'action c', 'action d'],
      ['transform t'],
    ]);
  });

  test('refuses a circle by name', () => {
    expect(() => stages([t('a', 'b'), t('b', 'a')])).toThrow('Nodes wait for each other in a circle: a -> b -> a');
  });
});

describe('neededNodes', () => {
  const nodes: Node[] = [
    t('a'),
    t('b', 'a'),
    { id: 'p', kind: 'parallel', branches: [[t('x', 'a'), t('y', 'x')], [t('z', 'b')]] },
    { id: 'letter', kind: 'effect', http: { method: 'POST', url: 'https://example.com/' }, inputs: { a: 'nodes.a' } },
  ];
  const plan = planProgram(graph(nodes, { b: 'nodes.b', inner: 'nodes.x', both: 'nodes.p', fixed: '"x"' }), modules);
  test.each<[string[], string[]]>([
    [['b'], ['a', 'b']],
    [['inner'], ['a', 'p', 'x']],
    [['both'], ['a', 'b', 'p', 'x', 'y', 'z']],
    [
      ['inner', 'both'],
      ['a', 'b', 'p', 'x', 'y', 'z'],
    ],
    [['fixed'], []],
  ])('for %j are %j', (outputs, needed) => {
    expect([...neededNodes(plan, outputs)].toSorted()).toEqual(needed);
  });
});

describe('the shape of a graph', () => {
  test('takes the example and refuses unknown members, wrong ids and wrong values, each with its path', () => {
    expect(GraphSchema.parse(rag)).toEqual(rag);
    const wrong = structuredClone(rag) as unknown as Record<string, unknown>;
    Object.assign(wrong, {
      colour: 'red',
      nodes: [
        { id: 'A', kind: 'module', module: 'm' },
        { id: 'b', kind: 'dance' },
        { id: 'c', kind: 'module', module: 'm', retry: { maxAttempts: 1, on: ['Oops'] } },
      ],
    });
    const issues = GraphSchema.safeParse(wrong).error?.issues ?? [];
    expect(issues.map(({ path }) => path.join('/')).toSorted()).toEqual([
      '',
      'nodes/0/id',
      'nodes/1/kind',
      'nodes/2/retry/on/0',
    ]);
  });
});
