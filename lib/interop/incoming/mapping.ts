import * as z from 'zod';
import { InvalidInput, type Problem } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import { GraphSchema } from '#lib/program/graph';
import { SignatureJson } from '#lib/signature/signature-json';

const Signature = z.union([z.string().min(1).max(65_536), SignatureJson], {
  error: 'wanted a signature string such as "question -> answer" or the field form {inputs, outputs}',
});

/** What DSPy's state does not hold of a predictor: its signature's names and types, and what kind of module it is in. */
const PredictorJson = z.strictObject({
  signature: Signature,
  type: z.enum(['predict', 'chain_of_thought', 'react']).exactOptional(),
  /** Settings that DSPy keeps in code: temperature and so on, by our names. */
  config: z.record(z.string(), z.json()).exactOptional(),
  adapter: z.enum(['chat', 'json', 'xml']).exactOptional(),
  /** Declarations of the tools of a `react`. */
  tools: z.array(z.json()).exactOptional(),
  options: z.record(z.string(), z.json()).exactOptional(),
});
export type PredictorMapping = z.output<typeof PredictorJson>;

/** By DSPy's path of the predictor (`cot.predict`) or of the module it is in (`cot`); `null` leaves one out. */
export const MappingJson = z.strictObject({
  name: z.string().min(1).max(120).exactOptional(),
  predictors: z.record(z.string(), z.union([Signature, PredictorJson, z.null()])),
  graph: GraphSchema.exactOptional(),
});
export type Mapping = z.output<typeof MappingJson>;

export const SIDECAR = 'dspex-sidecar/1';

/** What an export writes beside the state: everything of the version that DSPy has no place for. */
export interface Sidecar {
  format: typeof SIDECAR;
  dspy: string;
  /** DSPy's path of each module's predictors -> the module and the part of it. */
  predictors: Record<string, { module: string; nodes: string[]; part: string }>;
  /** The whole version as a source that publishes it again. */
  source: JsonObject;
}

export function isSidecar(value: unknown): value is Sidecar {
  return typeof value === 'object' && value !== null && (value as { format?: unknown }).format === SIDECAR;
}

/** A mapping from JSON; a bare signature (string or field form) stands for that of the one predictor there is. */
export function readMapping(value: unknown, alone: string): Mapping {
  const parsed = MappingJson.safeParse(isMapping(value) ? value : { predictors: { [alone]: value } });
  if (parsed.success) return parsed.data;
  const problems: Problem[] = parsed.error.issues.map(({ path, message }) => ({
    pointer: path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
    detail: message,
  }));
  const shown = problems.map(({ pointer, detail }) => `${pointer || 'the whole'}: ${detail}`).join('; ');
  throw new InvalidInput('dspy_mapping_invalid', `Not a mapping of predictors to signatures: ${shown}`, { problems });
}

function isMapping(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'predictors' in value;
}
