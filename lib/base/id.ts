import { createHash, randomBytes } from 'node:crypto';

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

/** An id that follows from its parts: who asks twice names the same thing. It sorts beside the first part, if that is an id. */
export function idFrom(prefix: string, ...parts: readonly string[]): string {
  const time = /_([0-9a-hjkmnp-tv-z]{10})[0-9a-hjkmnp-tv-z]{16}$/.exec(parts[0] ?? '')?.[1] ?? '0000000000';
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  return `${prefix}_${time}${Array.from(digest.subarray(0, 16), (byte) => ALPHABET.charAt(byte & 31)).join('')}`;
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
