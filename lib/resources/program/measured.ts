import type { JsonObject } from '#lib/base/json';
import type { MetricSpec } from '#lib/metric/spec';
import type { Context } from '../define.ts';
import { type Aliases, pick } from './alias.ts';

interface Which {
  version?: number | undefined;
  alias?: string | undefined;
  dataset: string;
  datasetVersion?: number | undefined;
  metric: string | MetricSpec;
}

/** A request in names (program version by alias, dataset and metric by name) as the pinned ids that are recorded. */
export async function pinned<T extends Which>(
  program: { id: string; name: string; aliases: Aliases; latestVersion?: number },
  { version, alias, dataset: name, datasetVersion, metric, ...rest }: T,
  ctx: Pick<Context, 'find'>,
): Promise<JsonObject> {
  const dataset = await ctx.find<{ id: string; latestVersion: number }>('Dataset', name);
  return {
    ...(rest as unknown as JsonObject),
    programId: program.id,
    version: pick(program, { version, alias }).version,
    datasetId: dataset.id,
    datasetVersion: datasetVersion ?? dataset.latestVersion,
    metric: (typeof metric === 'string'
      ? (await ctx.find<{ spec: MetricSpec }>('Metric', metric)).spec
      : metric) as unknown as JsonObject,
  };
}
