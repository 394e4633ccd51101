import { InvalidInput } from '#lib/base/errors';
import { metricProblems } from '#lib/metric/check';
import type { MetricSpec } from '#lib/metric/spec';

/** Throws InvalidInput for a metric that could score nothing. */
export async function checked(spec: MetricSpec): Promise<Record<string, never>> {
  const problems = await metricProblems(spec, '/spec');
  const [first] = problems;
  if (first !== undefined) throw new InvalidInput('metric_invalid', first.detail, { problems });
  return {};
}
