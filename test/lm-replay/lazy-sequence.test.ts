import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ControlledToken, LlamaSequence, Token } from '#lib/lm/embedded/llama';
import { lazySequence } from '../../bench/lm-replay/lazy-sequence.ts';

/** A sequence whose "logits" are the very context it was evaluated on, and that writes the sum of it as the next token. */
function plainSequence() {
  let held: Token[] = [];
  let evaluated = 0;
  const add = (tokens: readonly Token[]): void => {
    held = [...held, ...tokens];
    evaluated += tokens.length;
  };
  const next = (): Token => held.reduce((sum, token) => (sum * 31 + token) % 97, 7);
  const sequence: LlamaSequence = {
    contextSize: 1000,
    get nextTokenIndex() {
      return held.length;
    },
    eraseContextTokenRanges: async (ranges) => {
      for (const { start, end } of ranges) held.splice(start, end - start);
    },
    evaluateWithoutGeneratingNewTokens: async (tokens) => add(tokens),
    controlledEvaluate: async (tokens: ControlledToken[]) => {
      add(tokens.map((token) => (typeof token === 'number' ? token : token[0])));
      return tokens.map((_, index) =>
        index < tokens.length - 1 ? undefined : { next: { logits: new Map([[next(), 1]]) } },
      );
    },
    evaluate: async function* (tokens) {
      add(tokens);
      for (;;) {
        const token = next();
        yield token;
        add([token]);
      }
    },
  };
  return { sequence, evaluated: () => evaluated };
}

type Step =
  | { kind: 'back'; share: number }
  | { kind: 'add'; tokens: Token[] }
  | { kind: 'ask'; tokens: Token[] }
  | { kind: 'write'; tokens: Token[]; count: number };

/** What can be seen of a sequence that is used like this. */
async function told(sequence: LlamaSequence, steps: readonly Step[]): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (const step of steps) {
    if (step.kind === 'back') {
      const start = Math.floor(step.share * sequence.nextTokenIndex);
      await sequence.eraseContextTokenRanges([{ start, end: sequence.nextTokenIndex }]);
    } else if (step.kind === 'add') {
      await sequence.evaluateWithoutGeneratingNewTokens(step.tokens);
    } else if (step.kind === 'ask') {
      const results = await sequence.controlledEvaluate(step.tokens);
      seen.push(results.length, [...(results.at(-1)?.next.logits ?? [])]);
    } else {
      const written: Token[] = [];
      for await (const token of sequence.evaluate(step.tokens, { temperature: 0, topP: 1, topK: 1, seed: 1 })) {
        written.push(token);
        if (written.length >= step.count) break;
      }
      seen.push(written);
    }
    seen.push(sequence.nextTokenIndex);
  }
  return seen;
}

const tokens = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 5 });
const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('back' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ kind: fc.constant('add' as const), tokens }),
    fc.record({ kind: fc.constant('ask' as const), tokens }),
    fc.record({ kind: fc.constant('write' as const), tokens, count: fc.integer({ min: 1, max: 4 }) }),
  ),
  { maxLength: 20 },
);

describe('a sequence that forgets late', () => {
  it('says what the sequence behind it would have said, whatever was erased and written before', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (made) => {
        expect(await told(lazySequence(plainSequence().sequence), made)).toEqual(
          await told(plainSequence().sequence, made),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('evaluates a prompt once for two calls that follow each other', async () => {
    const { sequence, evaluated } = plainSequence();
    const lazy = lazySequence(sequence);
    await lazy.evaluateWithoutGeneratingNewTokens([1, 2, 3]);
    await lazy.controlledEvaluate([4, 5, 6, 7]);
    await lazy.eraseContextTokenRanges([{ start: 3, end: 7 }]);
    await lazy.controlledEvaluate([4, 5, 6, 7]);
    // The last one again: what follows it has to be asked for.
    expect(evaluated()).toBe(8);
    expect(lazy.evaluated).toMatchObject({ tokens: 8, avoided: 3 });
  });

  it('refuses to erase in the middle', async () => {
    const lazy = lazySequence(plainSequence().sequence);
    await lazy.evaluateWithoutGeneratingNewTokens([1, 2, 3]);
    await expect(lazy.eraseContextTokenRanges([{ start: 0, end: 2 }])).rejects.toThrow('wanted to erase at the end, 3');
  });
});
