import { StepFailure } from '#lib/base/failure';
import { readField, textOf } from './read-pair.ts';
import type { MetricSpec, ScoreFunction } from './spec.ts';

type Regex = Extract<MetricSpec, { kind: 'regex' }>;

/** 1 when the pattern is found in the output. RE2: no look-around or back-references, and linear time whatever comes. */
export function regex(spec: Regex): ScoreFunction {
  const compiled = compile(spec);
  // Heard of by whoever scores.
  compiled.catch(() => {});
  return async (_, outputs) => {
    const found = (await compiled)(textOf(readField(outputs, spec.output, 'output', 'Output.Invalid')));
    return found ? { value: 1 } : { value: 0, reason: `/${spec.pattern}/ is not in it` };
  };
}

/** Throws StepFailure `Input.Invalid` for a pattern that RE2 does not know. Loaded when a pattern is first used. */
export async function compile({ pattern, ignoreCase }: Regex): Promise<(text: string) => boolean> {
  const { RE2JS } = await import('re2js');
  try {
    const program = RE2JS.compile(pattern, ignoreCase === true ? RE2JS.CASE_INSENSITIVE : 0);
    return (text) => program.matcher(text).find();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StepFailure('Input.Invalid', `the pattern cannot be used: ${why}`, { retryable: false });
  }
}
