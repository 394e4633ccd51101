import { expression, program } from '#lib/program/author';

/** Branches, a map, a fallback, optional and skipped nodes, joined texts, a variable: what a graph may hold beside calls. */
export const flow = program('flow: "all" of it')
  .input('question, items: list[str], hard: bool, year: Optional[int]')
  .nodes((b) =>
    b
      .parallel(
        'both',
        (p) => p.predict('docs', 'query -> passages: list[str]', ({ input }) => ({ query: input.question })),
        (p) => p.predict('web', 'query -> passages: list[str]', ({ input }) => ({ query: input.question })),
      )
      .transform('merged', ({ nodes }) => expression<string[]>`$append(${nodes.docs.passages}, ${nodes.web.passages})`)
      .choice(
        'depth',
        [
          {
            when: ({ input }) => input.hard,
            run: (c) =>
              c.chainOfThought('deep', 'context: list[str] -> answer', ({ nodes }) => ({ context: nodes.merged })),
          },
        ],
        (c) => c.predict('quick', 'context: list[str] -> answer', ({ nodes }) => ({ context: nodes.merged })),
      )
      .map(
        'each',
        ({ input }) => input.items,
        (m) => m.predict('short', 'text -> word', ({ item }) => ({ text: item })),
      )
      .predict(
        'tone',
        'text -> tone',
        ({ nodes, input }) => ({ text: expression<string>`${input.question} & " / " & ${nodes.merged}[0]` }),
        { optional: true, retry: { maxAttempts: 2 } },
      )
      .predict('skipped', 'text -> x', ({ input }) => ({ text: input.question }), {
        when: ({ input }) => expression<boolean>`$not(${input.hard} or true)`,
      }),
  )
  .output(({ nodes }) => ({
    answer: expression`nodes.depth.answer`,
    words: expression`nodes.each.word`,
    count: expression`$count(${nodes.merged})`,
    skipped: expression`nodes.skipped`,
    tone: nodes.tone,
  }))
  .variable({ name: 'heat', type: { kind: 'float', min: 0, max: 2 }, default: 0.5 }, ['nodes.docs.lm.temperature'])
  .freeze();
