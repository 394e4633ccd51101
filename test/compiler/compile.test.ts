import validate from 'asl-validator';
import { expect, test } from 'vitest';
import type { StateMachine } from '#lib/compiler/asl';
import { check } from '#lib/compiler/check';
import { compile } from '#lib/compiler/compile';
import type { Graph } from '#lib/program/graph';
import type { Node } from '#lib/program/node';
import { planProgram } from '#lib/program/plan-graph';
import { randomCase } from '../engine/random-graph.ts';
import { STEP_FUNCTION } from './equivalence.ts';

const options = { stepFunction: STEP_FUNCTION };
const graphOf = (nodes: Node[]): Graph => ({ name: 'g', input: { q: 'str' }, output: {}, nodes });
const compiled = (nodes: Node[]) => compile(planProgram(graphOf(nodes), {}), options);
const module = (id: string, more: Partial<Node> = {}): Node =>
  ({ id, kind: 'module', module: 'm', inputs: { q: 'input.q' }, ...more }) as Node;

test('definitions pass asl-validator', () => {
  for (const nodes of [
    ...[1, 2, 3, 4, 5, 6].map((seed) => randomCase(seed).graph.nodes),
    [{ id: 'sign', kind: 'approval', timeoutSeconds: 60 } as Node, module('a', { when: 'nodes.sign.approved' })],
  ]) {
    const { definition } = compiled(nodes);
    const { isValid, errors } = validate(JSON.parse(definition));
    expect(errors).toEqual([]);
    expect(isValid).toBe(true);
  }
}, 60_000);

test('what a user wrote is in no definition, and equal structures share one', () => {
  const hostile = '{% $eval($states.input) %} \u202E 💥';
  const plain = compiled([module('a'), { id: 't', kind: 'transform', expression: 'nodes.a' }]);
  const dressed = compiled([
    module('a', { title: hostile, inputs: { q: '"secret text" & input.q' } }),
    { id: 't', kind: 'transform', expression: 'nodes.a.b', title: hostile },
  ]);
  expect(dressed.definition).not.toMatch(/secret|eval|💥/u);
  expect(dressed.hash).toBe(plain.hash);
});

test('a retry names its errors, waits longer each time with jitter; fallbacks are caught in order; every task has a timeout', () => {
  const { machine } = compiled([
    module('a', { retry: { maxAttempts: 3, on: ['Model.Throttled'] }, fallback: [module('b'), module('c')] }),
  ]);
  const body = machine.States.Program;
  const states = body?.Type === 'Parallel' ? body.Branches[0]?.States : {};
  expect(states?.a).toMatchObject({
    Type: 'Task',
    TimeoutSeconds: 300,
    Retry: [{ ErrorEquals: ['Model.Throttled'], MaxAttempts: 2, BackoffRate: 2, JitterStrategy: 'FULL' }, {}, {}],
    Catch: [{ ErrorEquals: ['States.ALL'], Next: 'b' }],
  });
  expect(states?.b).toMatchObject({ Catch: [{ Next: 'c' }] });
  expect(states?.c).not.toHaveProperty('Catch');
});

test('1,000 nodes compile; what is over 1 MB is refused with what to do', () => {
  const many = (count: number, more: Partial<Node> = {}) =>
    Array.from({ length: count }, (_, i) => module(`n${i}`, more));
  const stages = (count: number) =>
    Array.from({ length: count }, (_, i) => module(`n${i}`, i === 0 ? {} : { inputs: { q: `nodes.n${i - 1}` } }));
  expect(compiled(stages(1000)).bytes).toBeLessThan(1_048_576);
  expect(() => compiled(many(1500, { retry: { maxAttempts: 3 } }))).toThrow(/split the program into child programs/);
});

test('a node that no machine can run is named', () => {
  expect(() => compiled([module('slow', { timeoutSeconds: 3600 })])).toThrow(/node slow: timeoutSeconds is 3600/);
  expect(() => compiled([{ id: 'sign', kind: 'approval', retry: { maxAttempts: 2 } }])).toThrow(
    /node sign: an approval/,
  );
});

test('as an Express machine every node is named that cannot be in one, inner ones too; the others have the same definition', () => {
  const sign: Node = { id: 'sign', kind: 'approval' };
  const express = (nodes: Node[]) => compile(planProgram(graphOf(nodes), {}), { ...options, type: 'EXPRESS' });
  expect(() =>
    express([
      module('a', { timeoutSeconds: 299 }),
      module('slow', { timeoutSeconds: 300 }),
      { id: 'way', kind: 'choice', arms: [{ when: 'true', nodes: [sign] }] },
    ]),
  ).toThrow(/node slow: timeoutSeconds is 300.*node sign: an Express machine cannot wait for a person/);
  expect(express([module('a')]).hash).toBe(compiled([module('a')]).hash);
  expect(compiled([sign]).bytes).toBeGreaterThan(0);
});

test.each<[string, (text: string) => string, RegExp]>([
  [
    'a state nothing leads to',
    (text) => text.replace('"StartAt":"a"', '"StartAt":"b"'),
    /nothing leads to the state a/,
  ],
  ['a state that is not there', (text) => text.replace('"Next":"b"', '"Next":"z"'), /there is no state z/],
  ['foreign JSONata', (text) => text.replace('{% $run %}', '{% $eval($run) %}'), /JSONata that is none of ours/],
  ['foreign text', (text) => text.replace('A dspex program.', 'Dear customer'), /text that is none of ours/],
  ['a task without a timeout', (text) => text.replace('"TimeoutSeconds":300', '"TimeoutSeconds":0'), /has a timeout/],
  ['a retry of everything', (text) => text.replace('"Unavailable"', '"States.ALL"'), /States.ALL is none/],
])('the check finds %s', (_what, spoil, wanted) => {
  const plan = planProgram(graphOf([module('a'), module('b', { inputs: { q: 'nodes.a' } })]), {});
  const { definition, machine } = compile(plan, options);
  expect(check(machine, plan, options)).toEqual([]);
  const spoilt = JSON.parse(spoil(definition)) as StateMachine;
  expect(
    check(spoilt, plan, options)
      .map(({ detail }) => detail)
      .join('\n'),
  ).toMatch(wanted);
});
