import type { Json } from '#lib/base/json';
import { PREVIEW_BYTES } from './contract.ts';

/** A value as the console of a state machine shows it: itself where it is small, else the beginning of its JSON. */
export function preview(value: Json): Json {
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes <= PREVIEW_BYTES) return value;
  // Quotes inside a text are escaped once more, so a quarter of the room is surely enough for three quarters of it.
  return { bytes, begins: text.slice(0, PREVIEW_BYTES / 8).toWellFormed() };
}
