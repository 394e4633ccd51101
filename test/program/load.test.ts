import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInput } from '#lib/base/errors';
import { loadGraph } from '#lib/program/load';
import { randomCase } from '../engine/random-graph.ts';

const yaml = `# comments are fine
name: rag
input: {question: str}
output:
  answer: nodes.answer.answer
nodes:
  - id: answer
    kind: module
    module: answerer
    inputs: {question: input.question}
    retry: {maxAttempts: 2}
    fallback:
      - {id: small, kind: module, module: answerer, lm: small}
`;
const problemsOf = (text: string) => {
  try {
    loadGraph(text);
  } catch (error) {
    if (error instanceof InvalidInput) return error.problems.map(({ pointer, detail }) => `${pointer} ${detail}`);
    throw error;
  }
  return [];
};

describe('loadGraph', () => {
  test('reads the same graph from YAML and from JSON', () => {
    const graph = loadGraph(yaml);
    expect(graph.nodes[0]).toMatchObject({ id: 'answer', retry: { maxAttempts: 2 }, fallback: [{ id: 'small' }] });
    expect(loadGraph(JSON.stringify(graph, null, 2))).toEqual(graph);
    expect(loadGraph(`\uFEFF${yaml.replaceAll('\n', '\r\n')}`)).toEqual(graph);
  });

  test('reads the example of the guide', () => {
    const guide = readFileSync(new URL('../../docs/programs.md', import.meta.url), 'utf8');
    const example = /```yaml\n([\s\S]*?)```/.exec(guide)?.[1] ?? '';
    expect(loadGraph(example).nodes.map(({ id }) => id)).toEqual(['search', 'merge', 'answer']);
  });

  test('gives back every graph it is given', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const { graph } = randomCase(seed);
      expect(loadGraph(JSON.stringify(graph))).toEqual(graph);
    }
  });

  test('says of every problem where it stands', () => {
    const wrong = yaml
      .replace('module: answerer\n', 'modul: answerer\n')
      .replace('maxAttempts: 2', 'maxAttempts: 0')
      .replace('- id: answer', '- id: Answer');
    const found = problemsOf(wrong);
    expect(found).toHaveLength(4);
    expect(found.find((one) => one.startsWith('/nodes/0/id'))).toMatch(/line 7, column 9: wanted an id of a-z/);
    expect(found.find((one) => one.startsWith('/nodes/0/retry/maxAttempts'))).toContain('line 11, column 26');
    expect(found.find((one) => one.includes('modul"'))).toContain('line 7');
    expect(found.find((one) => one.startsWith('/nodes/0/module '))).toContain('line 7');
  });

  test.each([
    ['name: [1, 2', 'line 1'],
    ['name: a\nname: b', 'Map keys must be unique'],
    ['', 'expected object'],
    ['just text', 'expected object'],
    ['name: &a [*a]', ''],
    [`a: ${'['.repeat(100_000)}`, 'nests at most 64 brackets deep'],
    ['- '.repeat(10_000), 'nests at most 32 lists in a line'],
    [`${'x'.repeat(1_000_001)}`, 'at most 1000000 characters'],
    [`{"name": "a", "input": {"__proto__": "str"}, "output": {}, "nodes": []}`, ''],
  ])('refuses %.20s', (text, message) => {
    const found = problemsOf(text);
    expect(found.length).toBeGreaterThan(0);
    expect(found.join('\n')).toContain(message);
  });

  test('stops a document whose references unfold to billions', () => {
    const laughs = [
      'a0: &a0 [x, x, x, x, x, x, x, x, x]',
      ...Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`),
    ];
    expect(problemsOf(laughs.join('\n')).join()).toContain('alias');
  });

  test('throws nothing but InvalidInput, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc
            .array(fc.constantFrom(...'{}[]:,-?&*!|>\'"%@` \n\t#abc01'), { maxLength: 80 })
            .map((chars) => chars.join('')),
        ),
        (text) => {
          expect(problemsOf(text).length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 400 },
    );
  });
});
