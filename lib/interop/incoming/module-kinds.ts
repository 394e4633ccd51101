import type { JsonObject } from '#lib/base/json';
import type { Signature } from '#lib/signature/signature';
import { demoFromState } from '../state/demos.ts';
import type { PredictorState } from '../state/read-state.ts';
import { applyFields, prefixOf } from './check.ts';

/** A module's own signature and settings, read from its predictors' states. */
export interface Read {
  signature: Signature;
  settings: JsonObject;
}

interface PartReport {
  problem(detail: string, at: string, part?: string): void;
  note(detail: string, part?: string): void;
}
type LmName = (part: string, lm: JsonObject) => string | undefined;

interface Kind {
  /** Where DSPy keeps the module's predictors, below the module. */
  parts: string[];
  read(
    signature: Signature,
    parts: Record<string, PredictorState>,
    report: PartReport,
    lmName: LmName,
  ): Read | undefined;
}

const REASONING = { name: 'reasoning', type: { kind: 'str' as const }, description: `\${reasoning}` };

export const MODULE_KINDS: Record<'predict' | 'chain_of_thought' | 'react', Kind> = {
  predict: {
    parts: [''],
    read: (signature, parts, report, lmName) => {
      const state = parts[''] as PredictorState;
      const applied = fields(signature, state, '', report);
      return { signature: applied, settings: settingsOf(applied, state, '', report, lmName) };
    },
  },
  chain_of_thought: {
    parts: ['.predict'],
    read: (signature, parts, report, lmName) => {
      const part = '.predict';
      const state = parts[part] as PredictorState;
      const asked = { ...signature, outputs: [REASONING, ...signature.outputs] };
      const applied = fields(asked, state, part, report);
      const [reasoning, ...outputs] = applied.outputs;
      if (
        reasoning !== undefined &&
        (reasoning.description !== REASONING.description || prefixOf(reasoning) !== 'Reasoning:')
      )
        report.problem(
          `its field "reasoning" was given a description or label of its own; declare it "predict" with reasoning as the first output`,
          `/signature/fields/${signature.inputs.length}`,
          part,
        );
      return {
        signature: { ...applied, outputs },
        settings: settingsOf(applied, state, part, report, lmName),
      };
    },
  },
  react: {
    parts: ['.react', '.extract.predict'],
    read: (signature, parts, report, lmName) => {
      const trajectory = { name: 'trajectory', type: { kind: 'str' as const }, description: `\${trajectory}` };
      const next = ['next_thought', 'next_tool_name', 'next_tool_args'].map((name) => ({
        ...trajectory,
        name,
        description: `\${${name}}`,
      }));
      const react = parts['.react'] as PredictorState;
      const extract = parts['.extract.predict'] as PredictorState;
      const inputs = [...signature.inputs, trajectory];
      fields({ ...signature, inputs, outputs: next }, react, '.react', report);
      const asked = fields(
        { ...signature, inputs, outputs: [REASONING, ...signature.outputs] },
        extract,
        '.extract.predict',
        report,
      );
      const predictors = Object.fromEntries(
        Object.entries(parts).map(([part, state]) => [
          part.slice(1),
          { instructions: state.instructions, ...settingsOf(asked, state, part, report, lmName) },
        ]),
      );
      return {
        signature: {
          ...asked,
          instructions: signature.instructions,
          inputs: asked.inputs.slice(0, -1),
          outputs: asked.outputs.slice(1),
        },
        settings: { predictors },
      };
    },
  },
};

function fields(signature: Signature, state: PredictorState, part: string, report: PartReport): Signature {
  return applyFields(signature, state, {
    problem: (detail, at) => report.problem(detail, at, part),
    note: (detail) => report.note(detail, part),
  });
}

function settingsOf(
  signature: Signature,
  state: PredictorState,
  part: string,
  report: PartReport,
  lmName: LmName,
): JsonObject {
  const all = [...signature.inputs, ...signature.outputs];
  const lm = state.lm === null ? undefined : lmName(part, state.lm);
  return {
    demos: state.demos.map((demo, index) =>
      demoFromState(demo, all, {
        problem: (detail, at) => report.problem(`demo ${index + 1}: ${detail}`, `/demos/${index}${at}`, part),
        note: (detail) => report.note(`demo ${index + 1}: ${detail}`, part),
      }),
    ),
    ...(lm === undefined ? {} : { lm }),
  };
}
