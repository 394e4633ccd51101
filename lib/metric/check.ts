import type { Problem } from '#lib/base/errors';
import { failureOf } from '#lib/base/failure';
import { validator } from './json-schema.ts';
import { compile } from './regex.ts';
import type { MetricSpec } from './spec.ts';

/** What only shows when a metric is made ready, before a single call is paid: patterns and schemas that cannot be used. */
export async function metricProblems(spec: MetricSpec, pointer = ''): Promise<Problem[]> {
  const tried = async (path: string, make: () => unknown): Promise<Problem[]> => {
    try {
      await make();
      return [];
    } catch (error) {
      return [{ pointer: path, detail: failureOf(error).message }];
    }
  };
  if (spec.kind === 'regex') return tried(`${pointer}/pattern`, () => compile(spec));
  if (spec.kind === 'json_schema') return tried(`${pointer}/schema`, () => validator(spec));
  if (spec.kind !== 'composite') return [];
  const parts = spec.parts.map((part, index) => metricProblems(part.metric, `${pointer}/parts/${index}/metric`));
  return (await Promise.all(parts)).flat();
}
