import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parse } from 'yaml';
import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import { ALONE, refusePickle } from '#lib/interop/state/read-state';
import { WrongUsage } from './command.ts';

/** What `dspex import` sends for a DSPy state: its text, and all that was given about signatures as one mapping. */
export interface DspyImport {
  state: string;
  mapping: Json;
  name: string;
}

/**
 * `signatures`: files (a sidecar, a mapping, a signature in field form or as a string; JSON, YAML or text), or
 * `PREDICTOR=SIGNATURE` in place. Throws WrongUsage for files that cannot be read, InvalidInput for a pickle.
 */
export async function readDspyImport(file: string, signatures: readonly string[], name?: string): Promise<DspyImport> {
  refusePickle('', file);
  const state = await readText(file);
  const given = await Promise.all(signatures.map((one) => signatureSource(one)));
  if (given.length === 0)
    throw new WrongUsage(
      '--signatures is missing: a DSPy state names neither fields nor types, so give the signatures it was saved from',
    );
  const named = name ?? basename(file).replace(/\.[^.]*$/, '');
  return { state, mapping: given.length === 1 ? (given[0] as Json) : joined(given), name: named };
}

/** Does a JSON text look like what DSPy saves, rather than like examples? */
export function looksLikeState(text: string): boolean {
  try {
    const root: unknown = JSON.parse(text);
    return isJsonObject(root) && isJsonObject(root.metadata) && 'dependency_versions' in root.metadata;
  } catch {
    return false;
  }
}

async function signatureSource(given: string): Promise<Json> {
  const [, predictor, signature] = /^([^=\s>-][^=]*)=(.*->.*)$/s.exec(given) ?? [];
  if (predictor !== undefined && signature !== undefined) return { predictors: { [predictor]: signature } };
  if (given.includes('->')) return given;
  const text = await readText(given);
  if (!/\.(json|ya?ml)$/i.test(given)) return text.trim();
  try {
    return parse(text) as Json;
  } catch (error) {
    throw new WrongUsage(`${given} is neither YAML nor JSON: ${(error as Error).message}`);
  }
}

/** Several mappings as one; a signature without a name stands for a predictor that was saved alone. */
function joined(given: readonly Json[]): Json {
  const all: JsonObject = {};
  const predictors: [string, Json][] = [];
  for (const one of given) {
    const mapping = isJsonObject(one) && 'predictors' in one ? one : { predictors: { [ALONE]: one } };
    const { predictors: own, ...rest } = mapping;
    Object.assign(all, rest);
    predictors.push(...Object.entries(isJsonObject(own) ? own : {}));
  }
  return { ...all, predictors: Object.fromEntries(predictors) };
}

function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new WrongUsage(`cannot read ${file}: ${error.code}`);
  });
}
