import { describe, expect, it } from 'vitest';
import { InvalidInput } from '#lib/base/errors';
import { inputJsonSchema, outputJsonSchema } from '#lib/signature/json-schema';
import { parseSignature } from '#lib/signature/parse';
import type { Signature } from '#lib/signature/signature';
import { signatureFromJson, signatureToJson } from '#lib/signature/signature-json';

const form = {
  name: 'Rate',
  instructions: 'Rate it.',
  inputs: [{ name: 'text' }, { name: 'n', type: 'Optional[int]', default: 3, constraints: { lt: 9, gt: 0 } }],
  outputs: [
    {
      name: 'mood',
      type: { kind: 'enum', name: 'Mood', members: [{ name: 'GOOD', value: 'good' }] },
      description: 'How it feels.',
    },
    {
      name: 'person',
      type: { kind: 'model', name: 'Person', schema: { type: 'object', properties: { age: { type: 'integer' } } } },
    },
  ],
};

describe('the JSON form', () => {
  it('makes a signature, and the signature makes the form again', () => {
    const signature = signatureFromJson(form);
    expect(signature).toMatchObject({ name: 'Rate', instructions: 'Rate it.' });
    expect(signature.inputs[0]).toEqual({ name: 'text', type: { kind: 'str' }, description: ['$', '{text}'].join('') });
    expect(Object.keys(signature.inputs[1]?.constraints ?? {})).toEqual(['lt', 'gt']);
    expect(signatureFromJson(signatureToJson(signature))).toEqual(signature);
    expect(signatureFromJson(JSON.parse(JSON.stringify(signatureToJson(signature))))).toEqual(signature);
  });

  it('may be the string form', () => {
    expect(signatureFromJson('a -> b: int')).toEqual(parseSignature('a -> b: int'));
  });

  it.each<[string, unknown, string[]]>([
    ['not an object', 5, ['']],
    ['missing sides', {}, ['/inputs', '/outputs']],
    ['an unknown member', { inputs: [], outputs: [], extra: 1 }, ['']],
    ['an unknown member of a field', { inputs: [{ name: 'a', desc: 'x' }], outputs: [] }, ['/inputs/0']],
    ['a wrong type text', { inputs: [{ name: 'a', type: 'lst' }], outputs: [] }, ['/inputs/0/type']],
    ['a wrong type kind', { inputs: [{ name: 'a', type: { kind: 'nope' } }], outputs: [] }, ['/inputs/0/type']],
    [
      'wrong names',
      { inputs: [{ name: '__proto__' }, { name: 'a b' }], outputs: [] },
      ['/inputs/0/name', '/inputs/1/name'],
    ],
    ['one name twice', { inputs: [{ name: 'a' }], outputs: [{ name: 'a' }] }, ['/outputs/0/name']],
    [
      'a default of the wrong type',
      { inputs: [{ name: 'a', type: 'int', default: 'x' }], outputs: [] },
      ['/inputs/0/default'],
    ],
    [
      'a constraint that is none',
      { inputs: [{ name: 'a', constraints: { gt: 'x' } }], outputs: [] },
      ['/inputs/0/constraints/gt'],
    ],
    ['several things', { inputs: [{ name: 1 }], outputs: [{}] }, ['/inputs/0/name', '/outputs/0/name']],
  ])('with %s is refused, naming each path', (_, value, pointers) => {
    let error: unknown;
    try {
      signatureFromJson(value);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InvalidInput);
    expect((error as InvalidInput).code).toBe('signature_invalid');
    expect((error as InvalidInput).problems.map(({ pointer }) => pointer)).toEqual(pointers);
  });
});

describe('the JSON Schema of a signature', () => {
  const signature: Signature = signatureFromJson(form);
  it('describes the inputs: what has a default is optional', () => {
    expect(inputJsonSchema(signature)).toEqual({
      type: 'object',
      properties: {
        text: { type: 'string' },
        n: { anyOf: [{ type: 'integer' }, { type: 'null' }], default: 3, exclusiveMaximum: 9, exclusiveMinimum: 0 },
      },
      required: ['text'],
      additionalProperties: false,
    });
  });

  it('describes the outputs, classes as definitions', () => {
    expect(outputJsonSchema(signature)).toMatchObject({
      $defs: { Mood: { const: 'good', title: 'Mood', type: 'string' }, Person: { type: 'object' } },
      properties: { mood: { $ref: '#/$defs/Mood', description: 'How it feels.' }, person: { $ref: '#/$defs/Person' } },
      required: ['mood', 'person'],
    });
  });
});
