import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { WrongUsage } from './command.ts';

/** A program file: `{graph, modules?, variables?, bindings?, constraints?, lms?, assignment?}` in YAML or JSON. */
export async function readProgramFile(path: string): Promise<{ name: string; source: { graph: { name: string } } }> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new WrongUsage(`cannot read ${path}: ${error.code}`);
  });
  let source: unknown;
  try {
    source = parse(text);
  } catch (error) {
    throw new WrongUsage(`${path} is neither YAML nor JSON: ${(error as Error).message}`);
  }
  const name = (source as { graph?: { name?: unknown } } | null)?.graph?.name;
  if (typeof name !== 'string')
    throw new WrongUsage(`${path} is no program: wanted an object with "graph" and in it a "name"`);
  return { name, source: source as { graph: { name: string } } };
}

/** Does a positional argument name a file rather than a program of the workspace? */
export function looksLikeFile(argument: string): boolean {
  return /\.(ya?ml|json)$/.test(argument);
}
