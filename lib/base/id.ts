import { randomBytes } from 'node:crypto';

// Crockford base 32 in lower case: ids that differ only in case would collide in stores that fold it.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

let lastTime = -1;
let lastRandom: number[] = [];

/**
 * A prefixed, lower-case, monotonic ULID such as `prg_01j9zq3k6t8v5w2x4y7z0a1b2c`.
 * Ids made in one process sort by creation, also within a millisecond. Source: github.com/ulid/spec.
 */
export function newId(prefix: string, now: number = Date.now()): string {
  return `${prefix}_${ulid(now)}`;
}

export function ulid(now: number = Date.now()): string {
  if (now > lastTime) {
    lastTime = now;
    lastRandom = Array.from(randomBytes(16), (byte) => byte & 31);
  } else {
    increment(lastRandom);
  }
  let time = lastTime;
  let text = '';
  for (let i = 0; i < 10; i++) {
    text = ALPHABET.charAt(time % 32) + text;
    time = Math.floor(time / 32);
  }
  return text + lastRandom.map((digit) => ALPHABET.charAt(digit)).join('');
}

function increment(digits: number[]): void {
  for (let i = digits.length - 1; i >= 0; i--) {
    const digit = digits[i] ?? 0;
    if (digit < 31) {
      digits[i] = digit + 1;
      return;
    }
    digits[i] = 0;
  }
}
