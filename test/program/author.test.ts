import { describe, expect, expectTypeOf, test } from 'vitest';
import { expression, type InputOfProgram, type OutputOfProgram, program } from '#lib/program/author';
import { loadGraph } from '#lib/program/load';
import { validateProgram } from '#lib/program/validate';

const rag = () =>
  program('rag')
    .input('question, k: int')
    .nodes((b) =>
      b
        .parallel(
          'search',
          (p) => p.predict('docs', 'query -> passages: list[str]', ({ input }) => ({ query: input.question })),
          (p) =>
            p.predict('web', 'query -> passages: list[str]', ({ input }) => ({ query: input.question }), {
              optional: true,
              timeoutSeconds: 5,
            }),
        )
        .transform('merge', ({ nodes }) => expression<string[]>`$append(${nodes.docs.passages}, ${nodes.web.passages})`)
        .chainOfThought('answer', 'context: list[str], question -> answer', ({ input, nodes }) => ({
          context: nodes.merge,
          question: input.question,
        })),
    )
    .output(({ nodes }) => ({ answer: nodes.answer.answer, sources: nodes.merge, why: nodes.answer.reasoning }))
    .variable({ name: 'temperature', type: { kind: 'float', min: 0, max: 1 }, default: 0 }, ['nodes.*.lm.temperature']);

describe('the builder', () => {
  test('gives the graph that the same program in YAML gives', () => {
    const yaml = `
name: rag
input: {question: str, k: int}
output: {answer: nodes.answer.answer, sources: nodes.merge, why: nodes.answer.reasoning}
nodes:
  - id: search
    kind: parallel
    branches:
      - [{id: docs, kind: module, module: docs, inputs: {query: input.question}}]
      - [{id: web, kind: module, module: web, inputs: {query: input.question}, optional: true, timeoutSeconds: 5}]
  - {id: merge, kind: transform, expression: "$append(nodes.docs.passages, nodes.web.passages)"}
  - {id: answer, kind: module, module: answer, inputs: {context: nodes.merge, question: input.question}}
variables: [temperature]
bindings: [{variable: temperature, to: ["nodes.*.lm.temperature"]}]
`;
    expect(rag().graph()).toEqual(loadGraph(yaml));
    expect(validateProgram(rag().build())).toEqual([]);
  });

  test('infers the types of inputs and outputs from the signature strings', () => {
    const built = rag().build();
    expectTypeOf<InputOfProgram<typeof built>>().toEqualTypeOf<{ question: string; k: number }>();
    expectTypeOf<OutputOfProgram<typeof built>>().toEqualTypeOf<{ answer: string; sources: string[]; why: string }>();
  });

  test('refuses a field that is not there and a type that does not fit, before anything runs', () => {
    program('wrong')
      .input('question')
      .nodes((b) =>
        b
          // @ts-expect-error: the input is called question
          .predict('a', 'q -> n: int', ({ input }) => ({ q: input.questoin }))
          // @ts-expect-error: an int is not a str
          .predict('b', 'text -> answer', ({ nodes }) => ({ text: nodes.a.n })),
      )
      // @ts-expect-error: there is no node c
      .output(({ nodes }) => ({ answer: nodes.c }));
  });

  test('writes maps, choices, effects and conditions', () => {
    const built = program('tickets')
      .input('tickets: list[str], notify: bool')
      .nodes((b) =>
        b
          .map(
            'each',
            ({ input }) => input.tickets,
            (each) =>
              each
                .predict('classify', 'ticket -> label: Literal["bug", "praise"]', ({ item }) => ({ ticket: item }))
                .choice(
                  'reply',
                  [
                    {
                      when: ({ nodes }) => expression<boolean>`${nodes.classify.label} = "bug"`,
                      run: (arm) => arm.predict('sorry', 'ticket -> text', ({ item }) => ({ ticket: item })),
                    },
                  ],
                  (other) => other.predict('thanks', 'ticket -> text', ({ item }) => ({ ticket: item })),
                ),
            { concurrency: 3 },
          )
          .step<{ status: number }, 'send', 'effect'>(
            'send',
            'effect',
            { http: { method: 'POST', url: 'https://example.com/hook' } },
            ({ nodes }) => ({ replies: nodes.each }),
            { when: ({ input }) => input.notify, retry: { maxAttempts: 3 } },
          ),
      )
      .output(({ nodes }) => ({ replies: nodes.each, status: nodes.send.status }))
      .build();
    expectTypeOf<OutputOfProgram<typeof built>>().toEqualTypeOf<{ replies: { text: string }[]; status: number }>();
    expect(validateProgram(built)).toEqual([]);
    expect(built.graph.nodes.map(({ id, kind }) => [id, kind])).toEqual([
      ['each', 'map'],
      ['send', 'effect'],
    ]);
    expect(built.graph.nodes[1]).toMatchObject({ when: 'input.notify', inputs: { replies: 'nodes.each' } });
  });

  test('takes plain values as literals and quotes names that JSONata would not read', () => {
    const { graph } = program('p')
      .input('q')
      .nodes((b) => b.predict('a', 'q, n: int, tags: list[str] -> x', () => ({ q: 'say "hi"', n: 3, tags: ['a'] })))
      .output(({ nodes }) => ({ x: nodes.a.x }))
      .build();
    expect(graph.nodes[0]?.inputs).toEqual({ q: '"say \\"hi\\""', n: '3', tags: '["a"]' });
  });
});
