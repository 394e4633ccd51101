import { ExactFloat } from './exact-number.ts';
import { FIT, type Fit } from './fit.ts';
import { Mismatch } from './mismatch.ts';

// Digits may be grouped by single underscores, as in Python source.
const INTEGER = /^[+-]?\d+(?:_\d+)*(?:\.0+)?$/;
const FLOAT = /^[+-]?(?:(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+)?|inf(?:inity)?|nan)$/i;

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (value instanceof ExactFloat) return value.value;
  return typeof value === 'bigint' ? Number(value) : undefined;
}

/** pydantic's lax int: an int, a whole float, a bool, or text of one of these. Beyond 2^53 digits are kept. */
export function coerceInt(value: unknown, fit: Fit): number | bigint {
  if (typeof value === 'bigint') return narrow(value);
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  fit.worst = FIT.converted;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string') {
    const text = value.trim();
    if (INTEGER.test(text)) return narrow(BigInt(text.replaceAll('_', '').replace(/\..*$/, '').replace('+', '')));
  }
  const number = numberOf(value);
  if (number !== undefined && Number.isInteger(number)) return number;
  throw new Mismatch(value, 'a whole number');
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** pydantic's lax float: a number, a bool, or text of a number. */
export function coerceFloat(value: unknown, fit: Fit): number {
  if (value instanceof ExactFloat) return value.value;
  const number = numberOf(value);
  if (number !== undefined) {
    if (typeof value === 'bigint' || Number.isInteger(number)) fit.worst = Math.min(fit.worst, FIT.lossless);
    return number;
  }
  fit.worst = FIT.converted;
  if (typeof value === 'boolean') return value ? 1 : 0;
  const text = typeof value === 'string' ? value.trim() : '';
  if (FLOAT.test(text)) return floatOf(text.replaceAll('_', '').toLowerCase());
  throw new Mismatch(value, 'a number');
}

function floatOf(text: string): number {
  if (text.endsWith('nan')) return Number.NaN;
  if (text.includes('inf')) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(text);
}

const TRUE = new Set(['1', 'on', 't', 'true', 'y', 'yes']);
const FALSE = new Set(['0', 'off', 'f', 'false', 'n', 'no']);

/** pydantic's lax bool: a bool, 0 or 1, or one of its words. */
export function coerceBool(value: unknown, fit: Fit): boolean {
  if (typeof value === 'boolean') return value;
  fit.worst = FIT.converted;
  const word = typeof value === 'string' ? value.toLowerCase() : undefined;
  const number = numberOf(value);
  if (number === 1 || (word !== undefined && TRUE.has(word))) return true;
  if (number === 0 || (word !== undefined && FALSE.has(word))) return false;
  throw new Mismatch(value, 'True or False');
}
