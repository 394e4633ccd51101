import type { ControlledToken, LlamaSequence, Sampling, Token } from '#lib/lm/embedded/llama';

/** What evaluating prompts took, and what did not have to be evaluated because it still stood there. */
export interface Evaluated {
  tokens: number;
  ms: number;
  avoided: number;
}

/**
 * A sequence that forgets late: erased tokens stay evaluated until others take their place, so two calls that differ in
 * the temperature alone evaluate their prompt once. Only erasing at the end is possible, which is all that is done here.
 */
export function lazySequence(real: LlamaSequence): LlamaSequence & { evaluated: Evaluated } {
  const evaluated: Evaluated = { tokens: 0, ms: 0, avoided: 0 };
  let held: Token[] = [];
  let length = 0;

  /** Makes room for `tokens` behind what counts, of which at least `least` are to be evaluated. Answers those. */
  const place = async (tokens: readonly Token[], least: number): Promise<number> => {
    let same = 0;
    while (same < tokens.length - least && held[length + same] !== undefined && held[length + same] === tokens[same])
      same += 1;
    evaluated.avoided += same;
    evaluated.tokens += tokens.length - same;
    length += same;
    if (same < tokens.length && held.length > length) {
      await real.eraseContextTokenRanges([{ start: length, end: held.length }]);
      held = held.slice(0, length);
    }
    return same;
  };
  const add = (tokens: readonly Token[]): void => {
    held = [...held, ...tokens];
    length = held.length;
  };

  return {
    evaluated,
    contextSize: real.contextSize,
    get nextTokenIndex() {
      return length;
    },
    eraseContextTokenRanges: async (ranges) => {
      for (const { start, end } of ranges) {
        if (end !== length) throw new Error(`wanted to erase at the end, ${length}, not at ${end}`);
        length = start;
      }
    },
    evaluateWithoutGeneratingNewTokens: async (tokens) => {
      const began = performance.now();
      const rest = tokens.slice(await place(tokens, 0));
      if (rest.length > 0) {
        await real.evaluateWithoutGeneratingNewTokens(rest);
        add(rest);
      }
      evaluated.ms += performance.now() - began;
    },
    controlledEvaluate: async (tokens: ControlledToken[]) => {
      const began = performance.now();
      const plain = tokens.map((token) => (typeof token === 'number' ? token : token[0]));
      const same = await place(plain, 1);
      const results = await real.controlledEvaluate(tokens.slice(same));
      add(plain.slice(same));
      evaluated.ms += performance.now() - began;
      return [...tokens.slice(0, same).map(() => undefined), ...results];
    },
    evaluate: async function* (tokens: Token[], options: Sampling) {
      const began = performance.now();
      const same = await place(tokens, 1);
      const before = held;
      const written = tokens.slice(same);
      let first = true;
      try {
        for await (const token of real.evaluate(tokens.slice(same), options)) {
          if (first) evaluated.ms += performance.now() - began;
          first = false;
          written.push(token);
          // What was written last is evaluated with the next one, or never.
          held = [...before, ...written].slice(0, real.nextTokenIndex);
          length = held.length;
          yield token;
        }
      } finally {
        held = [...before, ...written].slice(0, real.nextTokenIndex);
        length = held.length;
      }
    },
  };
}
