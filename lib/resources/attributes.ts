import * as z from 'zod';

/** Attributes that many resources share, so that a name is a name everywhere. */

/** Letters, digits, `_` and `-`, up to 120: it appears in URLs, graphs and file names. */
export const Name = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_-]{0,119}$/,
    'a name starts with a letter and has letters, digits, "_" or "-", 120 at most',
  );

export const Description = z.string().max(4000).default('');

export const Tokens = z.int().min(0);

/** Integer nano-USD; null when a price was unknown, never 0 for lack of one. */
export const NanoUsd = z.int().nullable();

/** `0.000410` for 410,000 nano-USD: the decimal shown beside the integer; null stays null. */
export function usd(nanoUsd: number | null): string | null {
  return nanoUsd === null ? null : (nanoUsd / 1e9).toFixed(9).replace(/0{1,3}$/, '');
}

/** Who serves a module: TypeScript here, or DSPy in Python. */
export const Implementation = z.enum(['native', 'python']);

/** Bytes in Blobs. */
export const FileJson = z.strictObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'wanted a SHA-256 in hexadecimal digits'),
  bytes: z.int().min(1),
});

export const JsonValues = z.record(z.string(), z.json());
