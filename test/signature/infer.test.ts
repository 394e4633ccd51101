import { describe, expect, expectTypeOf, it } from 'vitest';
import type { InputsOf, OutputsOf, TypeOf } from '#lib/signature/infer';
import { parseSignature } from '#lib/signature/parse';

// These are checked by the compiler; `npm run check` fails when one is wrong.
describe('TypeScript reads the types off a signature string', () => {
  it('names and scalars, on both sides', () => {
    type S = 'question, context: list[str], n: int -> answer, confidence: float, sure: bool';
    expectTypeOf<InputsOf<S>>().toEqualTypeOf<{ question: string; context: string[]; n: number }>();
    expectTypeOf<OutputsOf<S>>().toEqualTypeOf<{ answer: string; confidence: number; sure: boolean }>();
  });

  it('literals, also with commas, colons and brackets inside quotes', () => {
    type S = `text -> queue: Literal["tech, other", 'a: b', "[x]"], level: Literal[1, 2, True, None]`;
    expectTypeOf<OutputsOf<S>>().toEqualTypeOf<{ queue: 'tech, other' | 'a: b' | '[x]'; level: 1 | 2 | true | null }>();
  });

  it('optional and union types', () => {
    type S = 'q -> a: Optional[int], b: int | str, c: Union[str, None], d: list[int | None], e: (int | str)';
    expectTypeOf<OutputsOf<S>>().toEqualTypeOf<{
      a: number | null;
      b: number | string;
      c: string | null;
      d: (number | null)[];
      e: number | string;
    }>();
  });

  it('nested containers and tuples', () => {
    expectTypeOf<TypeOf<'dict[str, list[dict[str, int]]]'>>().toEqualTypeOf<{
      [key: string]: { [key: string]: number }[];
    }>();
    expectTypeOf<TypeOf<'tuple[int, str]'>>().toEqualTypeOf<[number, string]>();
    expectTypeOf<TypeOf<'tuple[int, ...]'>>().toEqualTypeOf<number[]>();
    expectTypeOf<TypeOf<'typing.List[str]'>>().toEqualTypeOf<string[]>();
  });

  it('white space, trailing commas, defaults and empty sides', () => {
    expectTypeOf<InputsOf<' a : int = 3 ,\n b, -> '>>().toEqualTypeOf<{ a: number; b: string }>();
    expectTypeOf<keyof OutputsOf<'a ->'>>().toEqualTypeOf<never>();
  });

  it('an unknown class is unknown, and a string not known at compile time has any fields', () => {
    expectTypeOf<OutputsOf<'q -> image: dspy.Image'>>().toEqualTypeOf<{ image: unknown }>();
    expectTypeOf<OutputsOf<string>>().toEqualTypeOf<{ [name: string]: unknown }>();
  });

  it('and a value of the inferred type is what the parser calls for', () => {
    const text = 'question -> answer: Literal["yes", "no"], score: float';
    const outputs: OutputsOf<typeof text> = { answer: 'yes', score: 1 };
    expect(parseSignature(text).outputs.map(({ name }) => name)).toEqual(Object.keys(outputs));
  });
});
