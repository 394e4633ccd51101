import fc from 'fast-check';
import type { Json } from '#lib/base/json';
import type { EvaluateExpression } from '#lib/variable/evaluate-expression';
import type { Space } from '#lib/variable/space';
import type { Variable, VariableType } from '#lib/variable/variable';

export const spaceOf = (variables: Variable[], more: Partial<Space> = {}): Space => ({
  variables,
  constraints: [],
  candidates: {},
  ...more,
});

export const typed = (name: string, type: VariableType, more: Partial<Variable> = {}): Variable => ({
  name,
  type,
  ...more,
});

/** A language small enough to see through: `name`, `name + name ...`, `name < number`; throws on anything else. */
export const arithmetic: EvaluateExpression = (expression, scope) => {
  const value = (text: string): number => {
    const found = Object.hasOwn(scope, text) ? scope[text] : Number(text);
    if (typeof found !== 'number' || Number.isNaN(found)) throw new Error(`${text} is not a number`);
    return found;
  };
  const [left = '', right] = expression.split(' < ');
  const sum = left.split(' + ').reduce((total, part) => total + value(part), 0);
  return right === undefined ? sum : sum < value(right);
};

const number = fc.record({ min: fc.integer({ min: -50, max: 50 }), span: fc.integer({ min: 0, max: 60 }) });
const anyType: fc.Arbitrary<VariableType> = fc.oneof(
  number.map(({ min, span }): VariableType => ({ kind: 'float', min, max: min + span })),
  number.map(({ min, span }): VariableType => ({ kind: 'float', min, max: min + span, step: 0.1 })),
  number.map(({ span }): VariableType => ({ kind: 'float', min: 0.001, max: span + 1, log: true })),
  number.map(({ min, span }): VariableType => ({ kind: 'integer', min, max: min + span })),
  number.map(({ min, span }): VariableType => ({ kind: 'integer', min, max: min + span, step: 3 })),
  number.map(({ span }): VariableType => ({ kind: 'integer', min: 1, max: span + 1, log: true })),
  fc.constant<VariableType>({ kind: 'boolean' }),
  fc
    .uniqueArray(fc.jsonValue({ maxDepth: 1 }), {
      minLength: 1,
      maxLength: 5,
      selector: (value) => JSON.stringify(value),
    })
    .map(
      // Through text once, so that -0 and the like are what JSON makes of them.
      (choices): VariableType => ({ kind: 'choice', choices: JSON.parse(JSON.stringify(choices)) as Json[] }),
    ),
  fc.constant<VariableType>({ kind: 'string', choices: ['a', 'b'] }),
  fc.constant<VariableType>({ kind: 'text', candidates: ['one', 'two', 'one'] }),
  fc.constant<VariableType>({ kind: 'demos', candidates: [[{ q: 1 }], []] }),
  fc.constant<VariableType>({ kind: 'module', modules: ['predict', 'react'] }),
);

/** Spaces of up to eight variables of any type, some of which depend on a flag or on a module. */
export const anySpace: fc.Arbitrary<Space> = fc
  .array(fc.tuple(anyType, fc.constantFrom('free', 'flag', 'module')), { maxLength: 8 })
  .map((list) =>
    spaceOf([
      // Children may stand before their parents.
      ...list.map(([type, under], index) =>
        typed(`v${index}`, type, {
          ...(under === 'flag' ? { when: { flag: true } } : {}),
          ...(under === 'module' ? { when: { kind: 'react' } } : {}),
        }),
      ),
      typed('flag', { kind: 'boolean' }),
      typed('kind', { kind: 'module', modules: ['predict', 'react'] }, { when: { flag: true } }),
    ]),
  );
