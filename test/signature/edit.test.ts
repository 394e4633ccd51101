import { describe, expect, it } from 'vitest';
import {
  append,
  appendInstructions,
  deleteField,
  insert,
  prepend,
  withInstructions,
  withUpdatedFields,
} from '#lib/signature/edit';
import { parseSignature } from '#lib/signature/parse';
import { formatSignature } from '#lib/signature/print';

const signature = parseSignature('question, context -> answer');

describe('operations return a new signature and leave the old one', () => {
  it.each([
    [
      'prepend an output',
      () => prepend(signature, 'output', { name: 'reasoning' }),
      'question, context -> reasoning, answer',
    ],
    [
      'append an input',
      () => append(signature, 'input', { name: 'n', type: { kind: 'int' } }),
      'question, context, n: int -> answer',
    ],
    ['insert in the middle', () => insert(signature, 'input', 1, { name: 'x' }), 'question, x, context -> answer'],
    ['insert from the end', () => insert(signature, 'input', -2, { name: 'x' }), 'question, x, context -> answer'],
    [
      'insert a field that is there',
      () => insert(signature, 'input', 0, { name: 'context', type: { kind: 'list' } }),
      'question, context: list -> answer',
    ],
    ['delete', () => deleteField(signature, 'context'), 'question -> answer'],
    ['delete nothing', () => deleteField(signature, 'other'), 'question, context -> answer'],
    [
      'update a type',
      () => withUpdatedFields(signature, 'answer', { type: { kind: 'float' } }),
      'question, context -> answer: float',
    ],
  ])('%s', (_, operate, wanted) => {
    expect(formatSignature(operate())).toBe(wanted);
    expect(formatSignature(signature)).toBe('question, context -> answer');
  });

  it('a new field has the description DSPy gives it', () => {
    expect(prepend(signature, 'output', { name: 'reasoning' }).outputs[0]?.description).toBe(
      ['$', '{reasoning}'].join(''),
    );
  });

  it('instructions are cleaned like a docstring, appended as a paragraph, and the default when empty', () => {
    expect(withInstructions(signature, '  Do it.\n      Well.').instructions).toBe('Do it.\nWell.');
    expect(appendInstructions(withInstructions(signature, 'A.'), 'B.').instructions).toBe('A.\n\nB.');
    expect(withInstructions(signature, '').instructions).toBe(signature.instructions);
  });

  it('what cannot be is refused by name', () => {
    expect(() => insert(signature, 'input', 4, { name: 'x' })).toThrow('There are 2 input fields');
    expect(() => append(signature, 'output', { name: 'question' })).toThrow('both an input and an output');
    expect(() => withUpdatedFields(signature, 'nope', {})).toThrow(
      '"nope" is not a field of the signature (question, context, answer)',
    );
  });
});
