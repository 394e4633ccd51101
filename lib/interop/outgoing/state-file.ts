import { jsonDumps } from '#lib/adapter/python-value';
import type { ProgramVersionBody } from '#lib/program/program';
import { parseExactJson } from '#lib/signature/exact-number';
import { prefixOf } from '../incoming/check.ts';
import { demoToState } from '../state/demos.ts';
import { lmToState } from '../state/lm.ts';
import { ALONE } from '../state/read-state.ts';
import type { ExportedPredictor } from './predictors.ts';

/** The DSPy whose state format this is. */
export const DSPY_VERSION = '3.4.1';

type Entry = Record<string, unknown>;

/**
 * The file `module.save("program.json")` would write: DSPy's members in DSPy's order, floats written as floats. `base` is
 * the text of an earlier state of the same program; what a version has no place for (traces, retries of a model, the
 * versions it was saved with) is taken from there.
 */
export function stateFile(
  version: ProgramVersionBody,
  predictors: readonly ExportedPredictor[],
  base?: string,
): string {
  const known = base === undefined ? {} : (parseExactJson(base) as Entry);
  const metadata = known.metadata ?? { dependency_versions: { dspy: DSPY_VERSION } };
  const alone = predictors.length === 1 && predictors[0]?.path === ALONE;
  const entries: Entry = {};
  for (const predictor of inOrder(predictors, Object.keys(known))) {
    const before = (alone ? known : (known[predictor.path] ?? {})) as Entry;
    entries[predictor.path] = entryOf(version, predictor, before);
  }
  const root = alone ? (entries[ALONE] as Entry) : entries;
  return `${jsonDumps({ ...root, metadata }, undefined, 2)}\n`;
}

function entryOf(version: ProgramVersionBody, predictor: ExportedPredictor, before: Entry): Entry {
  const { asked, demos } = predictor;
  const fields = [...asked.inputs, ...asked.outputs];
  const lm = ownLm(version, predictor);
  const { metadata: _, ...kept } = before;
  return {
    ...{ traces: [], train: [] },
    ...kept,
    demos: demos.map((demo) => demoToState(demo, fields)),
    signature: {
      instructions: asked.instructions,
      fields: fields.map((field) => ({ prefix: prefixOf(field), description: field.description })),
    },
    lm: lm === undefined ? null : lmToState(lm, before.lm as Entry | null | undefined),
  };
}

/** The model of a predictor that does not use the program's; DSPy saves the others as `null`. */
export function ownLm(
  version: ProgramVersionBody,
  { lm }: ExportedPredictor,
): ProgramVersionBody['lms'][string] | undefined {
  return lm === undefined || lm === version.graph.defaults?.lm ? undefined : version.lms[lm];
}

function inOrder(predictors: readonly ExportedPredictor[], order: readonly string[]): ExportedPredictor[] {
  const rank = (path: string): number => (order.includes(path) ? order.indexOf(path) : order.length);
  return predictors.toSorted((a, b) => rank(a.path) - rank(b.path));
}
