import { InvalidInput, type Problem } from '#lib/base/errors';
import { depthOf, isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import { ExactFloat, parseExactJson } from '#lib/signature/exact-number';

/** One predictor as DSPy saves it (`dspy.Predict.dump_state`). */
export interface PredictorState {
  traces: Json[];
  train: Json[];
  /** Numbers still as the text wrote them: ExactFloat or BigInt. */
  demos: Record<string, unknown>[];
  instructions: string;
  /** Inputs, then outputs. Names and types are not saved. */
  fields: { prefix: string; description: string }[];
  lm: JsonObject | null;
  /** Members of the state this file does not know, such as the decision criteria of DSPy's experimental types. */
  others: string[];
}

export interface DspyState {
  /** By DSPy's path (`cot.predict`, `many[0]`), in the order of the file; `self` for a predictor saved alone. */
  predictors: Map<string, PredictorState>;
  versions: Record<string, string>;
}

/** The path of a predictor that was saved by itself: its state is the whole file. */
export const ALONE = 'self';

const MAX_DEPTH = 64;
const KNOWN = new Set(['traces', 'train', 'demos', 'signature', 'lm']);

/**
 * Reads what `module.save("x.json")` wrote. Throws InvalidInput with every problem; each names its predictor and points
 * into the file. A pickle is refused: reading one executes what it says.
 */
export function readState(text: string): DspyState {
  refusePickle(text);
  let root: unknown;
  try {
    root = parseExactJson(text);
  } catch (error) {
    throw new InvalidInput('dspy_state_json', `Not a DSPy state: no JSON (${(error as Error).message})`);
  }
  if (!isJsonObject(root))
    throw new InvalidInput('dspy_state_invalid', 'Not a DSPy state: wanted an object with an entry for each predictor');
  if (depthOf(root, MAX_DEPTH + 1) > MAX_DEPTH)
    throw new InvalidInput('dspy_state_invalid', `Not a DSPy state: it nests deeper than ${MAX_DEPTH}`);
  const problems: Problem[] = [];
  const { metadata, ...rest } = root as Record<string, unknown>;
  const alone = isJsonObject(root.signature) && 'instructions' in root.signature;
  const entries = alone ? [[ALONE, rest] as const] : Object.entries(rest);
  const predictors = new Map<string, PredictorState>();
  for (const [path, value] of entries) {
    const state = predictor(value, path, alone ? '' : `/${pointerPart(path)}`, problems);
    if (state !== undefined) predictors.set(path, state);
  }
  if (predictors.size === 0 && problems.length === 0)
    problems.push({ pointer: '', detail: 'there is no predictor in it' });
  if (problems.length > 0) refuse(problems);
  return { predictors, versions: versionsOf(metadata) };
}

/** A pickle by its first bytes (protocol mark, zip) or by its name. */
export function refusePickle(text: string, file = ''): void {
  if (!/\.(pkl|pickle)$/i.test(file) && !/^(\x80|\ufffd[\x00-\x08]|PK\x03\x04)/.test(text)) return;
  throw new InvalidInput(
    'dspy_state_pickle',
    `${file || 'This'} is a pickle: reading one runs whatever code is in it, so dspex never does. Save the state as JSON: module.save("program.json")`,
  );
}

function predictor(value: unknown, path: string, pointer: string, problems: Problem[]): PredictorState | undefined {
  const report = (at: string, detail: string): undefined => {
    problems.push({ pointer: `${pointer}${at}`, detail: `predictor "${path}": ${detail}` });
  };
  if (!isJsonObject(value)) return report('', `wanted an object, there was ${shown(value)}`);
  const before = problems.length;
  const { signature, demos = [], traces = [], train = [], lm = null } = value as Record<string, unknown>;
  if ('extended_signature' in value)
    return report(
      '/extended_signature',
      'saved by DSPy 2.5 or older, which DSPy itself no longer loads; save it again',
    );
  if (!isJsonObject(signature))
    return report('/signature', 'it has no signature, so it is no dspy.Predict; map it to null to leave it out');
  const { instructions, fields } = signature as Record<string, unknown>;
  if (typeof instructions !== 'string')
    report('/signature/instructions', `wanted a text, there was ${shown(instructions)}`);
  if (!Array.isArray(fields)) report('/signature/fields', `wanted a list, there was ${shown(fields)}`);
  for (const [name, list] of Object.entries({ demos, traces, train }))
    if (!Array.isArray(list)) report(`/${name}`, `wanted a list, there was ${shown(list)}`);
  const read = list(fields).map((field, index) => {
    const { prefix, description } = isJsonObject(field) ? field : ({} as JsonObject);
    if (typeof prefix !== 'string' || typeof description !== 'string')
      report(`/signature/fields/${index}`, 'wanted {"prefix": text, "description": text}');
    return { prefix: String(prefix), description: String(description) };
  });
  for (const [index, demo] of list(demos).entries())
    if (!isJsonObject(demo)) report(`/demos/${index}`, `wanted an object of field values, there was ${shown(demo)}`);
  if (lm !== null && !isJsonObject(lm)) report('/lm', `wanted an object or null, there was ${shown(lm)}`);
  if (problems.length > before) return undefined;
  return {
    traces: list(traces).map(plainNumbers),
    train: list(train).map(plainNumbers),
    demos: list(demos) as Record<string, unknown>[],
    instructions: instructions as string,
    fields: read,
    lm: lm === null ? null : (plainNumbers(lm) as JsonObject),
    others: Object.keys(value).filter((key) => !KNOWN.has(key)),
  };
}

/** Plain JSON again, where it does not matter how a number was written. */
export function plainNumbers(value: unknown): Json {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof ExactFloat) return value.value;
  if (Array.isArray(value)) return value.map(plainNumbers);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plainNumbers(member)]));
  return value as Json;
}

function versionsOf(metadata: unknown): Record<string, string> {
  const versions = isJsonObject(metadata) ? metadata.dependency_versions : undefined;
  if (!isJsonObject(versions)) return {};
  return Object.fromEntries(
    Object.entries(versions).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function pointerPart(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(plainNumbers(value));
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

export function refuse(problems: readonly Problem[]): never {
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  throw new InvalidInput('dspy_state_invalid', `Not a usable DSPy state: ${first?.detail}${more}`, { problems });
}
