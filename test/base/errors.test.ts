import { describe, expect, test } from 'vitest';
import * as errors from '#lib/base/errors';
import { ApiProblem } from '#lib/derive/client/problem';
import { EmbeddedUnavailable } from '#lib/lm/embedded/unavailable';
import { SignatureSyntaxError } from '#lib/signature/syntax-error';

const { DspexError } = errors;
type Kind = new (code: string, message: string) => errors.DspexError;
const kinds = Object.entries(errors).flatMap(([name, value]) =>
  value.prototype instanceof DspexError ? [[name, value as unknown as Kind] as const] : [],
);
const inWords = (name: string) => new RegExp(`name = ['"]${name}['"]`);

describe('errors', () => {
  // Retry and Catch of a state machine match these names, and minified code does not know what a class was called.
  test('say their class by name, in words of their own', () => {
    for (const [name, Kind] of kinds) {
      expect(Object.getOwnPropertyDescriptor(new Kind('code', 'message'), 'name')?.value).toBe(name);
      expect(Kind.toString()).toMatch(inWords(name));
    }
    for (const Kind of [EmbeddedUnavailable, SignatureSyntaxError, ApiProblem])
      expect(Kind.toString()).toMatch(inWords(Kind.name));
    expect(kinds.length).toBeGreaterThan(12);
  });

  test('have each a status of their own, and are told from others across copies of the code', () => {
    const statuses = kinds.map(([, Kind]) => new Kind('code', 'message').status);
    expect(new Set(statuses).size).toBe(kinds.length);
    expect(DspexError.is(new errors.Conflict('taken', 'it is taken'))).toBe(true);
    for (const other of [new Error('plain'), null, undefined, 'text', { name: 'Conflict', status: 409 }])
      expect(DspexError.is(other)).toBe(false);
  });
});
