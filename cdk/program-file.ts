import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** A program file, JSON or YAML, as the object in it. Throws Error saying what is wrong with it. */
export function readProgramFile(path: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new Error(`${path} cannot be read as YAML or JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Error(`${path}: wanted an object with a graph`);
}
