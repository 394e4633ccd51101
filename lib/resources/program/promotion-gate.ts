import * as z from 'zod';
import { canonicalJson } from '#lib/base/json';
import { MetricSpecSchema } from '#lib/metric/schema';
import type { MetricSpec } from '#lib/metric/spec';
import { Name } from '../attributes.ts';
import type { Context } from '../define.ts';
import { SplitName } from '../evaluation/attributes.ts';

const wanted = {
  alias: Name.default('live').meta({ description: 'The alias that is guarded.' }),
  datasetVersion: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .meta({ description: 'Null: the newest there is when somebody promotes.' }),
  split: SplitName.nullable().default('test'),
  atLeast: z.number().nullable().default(null).meta({ description: 'Of the score, failed examples counted as 0.' }),
  notWorseThan: Name.nullable()
    .default(null)
    .meta({ description: 'An alias: the version it points at must not have scored higher, by the same measure.' }),
  tolerance: z.number().min(0).default(0).meta({ description: 'So much lower still counts as not worse.' }),
  minExamples: z.int().min(1).default(1),
  withinDays: z
    .number()
    .positive()
    .max(3650)
    .nullable()
    .default(null)
    .meta({ description: 'How old evidence may be.' }),
  automatic: z
    .boolean()
    .default(false)
    .meta({ description: 'A newer version is promoted as soon as an evaluation passes.' }),
  simulated: z.boolean().default(false).meta({ description: 'Answers of the scripted model are evidence, too.' }),
};

const saysSomething = {
  check: (gate: { atLeast: number | null; notWorseThan: string | null }) =>
    gate.atLeast !== null || gate.notWorseThan !== null,
  message: 'a gate wants `atLeast`, `notWorseThan`, or both',
};

/** As it is asked for: data and metric by name, or the metric in place. */
export const AskedGate = z
  .strictObject({
    ...wanted,
    dataset: z.string().min(1).max(200).meta({ description: 'Name or id.' }),
    metric: z.union([Name, MetricSpecSchema]).meta({ description: 'The name of a Metric, or one in place.' }),
  })
  .refine(saysSomething.check, saysSomething.message);

/** As it is kept: the metric is frozen, so that whoever may edit a metric cannot open the gate with it. */
export const Gate = z.strictObject({ ...wanted, datasetId: z.string(), metric: MetricSpecSchema });
export type Gate = z.output<typeof Gate>;

export async function pinnedGate(
  { dataset, metric, ...rest }: z.output<typeof AskedGate>,
  ctx: Pick<Context, 'find' | 'version'>,
): Promise<Gate> {
  const { id: datasetId } = await ctx.find<{ id: string }>('Dataset', dataset);
  if (rest.datasetVersion !== null) await ctx.version('Dataset', datasetId, rest.datasetVersion);
  const spec = typeof metric === 'string' ? (await ctx.find<{ spec: MetricSpec }>('Metric', metric)).spec : metric;
  return { ...rest, datasetId, metric: MetricSpecSchema.parse(spec) };
}

/** What a gate reads of an evaluation. */
export interface Measurement {
  id: string;
  state: string;
  version: number;
  variables: object;
  datasetId: string;
  datasetVersion: number;
  split: string | null;
  limit: number | null;
  metric: MetricSpec;
  implementation: string | null;
  simulated: boolean;
  endedAt: string | null;
  report: { examples: number; score: number | null } | null;
}

/** Why a measurement of the right version says nothing about a gate; null when it does. `datasetVersion` is a number here. */
export function irrelevance(
  measured: Measurement,
  gate: Gate & { datasetVersion: number },
  oldest: number,
): string | null {
  const { state, report, endedAt } = measured;
  const rules: [boolean, () => string][] = [
    [state === 'completed' && report !== null, () => `is ${state}`],
    [measured.datasetId === gate.datasetId, () => `measured on ${measured.datasetId}`],
    [
      measured.datasetVersion === gate.datasetVersion,
      () => `measured on version ${measured.datasetVersion} of the data`,
    ],
    [measured.split === gate.split, () => `measured on ${measured.split ?? 'all examples'}`],
    [sameMetric(measured.metric, gate.metric), () => `measured by another metric (${measured.metric.kind})`],
    [measured.limit === null, () => `measured on the first ${measured.limit} examples only`],
    [Object.keys(measured.variables).length === 0, () => 'measured with other values of its variables'],
    [measured.implementation === null, () => `measured with ${measured.implementation} serving`],
    [gate.simulated || !measured.simulated, () => 'answered by the scripted model'],
    [Date.parse(endedAt ?? '') >= oldest, () => `ended ${endedAt}, which is too long ago`],
    [(report?.examples ?? 0) >= gate.minExamples, () => `has ${report?.examples} examples, wanted ${gate.minExamples}`],
  ];
  return rules.find(([holds]) => !holds)?.[1]() ?? null;
}

/** Read again first: a default that the schema has learned since is in neither of them. */
function sameMetric(one: MetricSpec, other: MetricSpec): boolean {
  return canonicalJson(MetricSpecSchema.parse(one)) === canonicalJson(MetricSpecSchema.parse(other));
}
