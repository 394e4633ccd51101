import { Unprocessable } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import { readsLabels } from '#lib/metric/score';
import type { MetricSpec } from '#lib/metric/spec';
import type { Context } from '../define.ts';
import type { Aliases } from '../program/alias.ts';
import { pinned } from '../program/measured.ts';
import type { Happened, Start } from './attributes.ts';

type Program = { id: string; name: string; aliases: Aliases; latestVersion?: number };

/** A record to create, or an execution to score. */
export type Started = { resource: 'Evaluation' | 'Optimization'; input: JsonObject } | { score: string };

/** What a firing starts, pinned. Throws Unprocessable naming what neither trigger nor event says. */
export async function startOf(start: Start, happened: Happened, ctx: Pick<Context, 'find' | 'get'>): Promise<Started> {
  if (start.start === 'score') {
    const { executionId } = happened;
    if (executionId === undefined) throw missing('an execution to score');
    await metricOf(start.metric, ctx);
    return { score: executionId };
  }
  const { start: kind, program: named, version, dataset = happened.datasetId, ...rest } = start;
  const programId = named ?? happened.programId;
  if (programId === undefined) throw missing('a program');
  if (dataset === undefined) throw missing('a dataset');
  const program = await ctx.find<Program>('Program', programId);
  const data = await ctx.find<{ id: string }>('Dataset', dataset);
  // The very version it happened to, when it happened to this program or this data.
  const itself = program.id === happened.programId && rest.alias === undefined;
  const which = {
    ...rest,
    version: version ?? (itself ? happened.version : undefined),
    dataset,
    datasetVersion: data.id === happened.datasetId ? happened.datasetVersion : undefined,
  };
  const resource = kind === 'evaluation' ? 'Evaluation' : 'Optimization';
  return { resource, input: await pinned(program, which, ctx) };
}

/** The metric of a score, which has no labels to read. */
export async function metricOf(metric: string | MetricSpec, ctx: Pick<Context, 'find'>): Promise<MetricSpec> {
  const spec = typeof metric === 'string' ? (await ctx.find<{ spec: MetricSpec }>('Metric', metric)).spec : metric;
  const [label] = readsLabels(spec);
  if (label !== undefined)
    throw new Unprocessable('metric_needs_labels', `the metric reads the label "${label}", and an execution has none`);
  return spec;
}

function missing(what: string): Unprocessable {
  return new Unprocessable('trigger_incomplete', `neither the trigger nor what set it off names ${what}`);
}
