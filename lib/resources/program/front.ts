import * as z from 'zod';
import { rfc3339 } from '#lib/base/clock';
import { InvalidInput, NotFound, type Problem, Unprocessable } from '#lib/base/errors';
import { canonicalJson } from '#lib/base/json';
import { paretoFront } from '#lib/optimizer/pareto/front';
import type { Context } from '../define.ts';

/** A version with what an evaluation of it has measured, each per run. */
export const FrontPoint = z.object({
  version: z.int().min(1),
  evaluationId: z.string(),
  quality: z.number(),
  costNanoUsd: z.number().nullable(),
  latencyMs: z.number().nullable(),
});
export type FrontPoint = z.output<typeof FrontPoint>;

/** Several versions behind one alias, none of them better than another in everything: the request says what it prefers. */
export const Front = z.object({ points: z.array(FrontPoint).min(1), since: z.string(), by: z.string() });
export type Fronts = Record<string, z.output<typeof Front>>;

/** What a run may say instead of a version. */
export const preferenceInput = {
  prefer: z
    .enum(['quality', 'cost', 'latency'])
    .optional()
    .meta({ description: 'Of the versions deployed as a front: the best, the cheapest or the fastest.' }),
  maxCostNanoUsd: z.number().min(0).optional().meta({ description: 'Only versions whose mean cost is at most this.' }),
  maxLatencyMs: z
    .number()
    .min(0)
    .optional()
    .meta({ description: 'Only versions whose median latency is at most this.' }),
} as const;

/** As an execution records it. */
export const Preference = z.strictObject({ alias: z.string(), ...preferenceInput });
export type Preference = z.output<typeof Preference>;

interface Asked {
  alias?: string | undefined;
  prefer?: 'quality' | 'cost' | 'latency' | undefined;
  maxCostNanoUsd?: number | undefined;
  maxLatencyMs?: number | undefined;
}

/** The preference of a request, or null when it has none. Throws InvalidInput when it names a version as well. */
export function preferenceOf(asked: Asked & { version?: number | undefined }): Preference | null {
  const { alias = 'live', version, prefer, maxCostNanoUsd, maxLatencyMs } = asked;
  if (prefer === undefined && maxCostNanoUsd === undefined && maxLatencyMs === undefined) return null;
  if (version !== undefined)
    throw new InvalidInput('prefer_what', 'wanted either a version or a preference among the versions of a front', {
      problems: [{ pointer: '/version', detail: 'leave it out to have one chosen' }],
    });
  return {
    alias,
    ...(prefer === undefined ? {} : { prefer }),
    ...(maxCostNanoUsd === undefined ? {} : { maxCostNanoUsd }),
    ...(maxLatencyMs === undefined ? {} : { maxLatencyMs }),
  };
}

/** The point that serves a preference: within its limits, then best at what is preferred (quality unless said), then at the rest. */
export function chosen(program: { name: string; fronts: Fronts }, preference: Preference): FrontPoint {
  const { alias, prefer = 'quality', maxCostNanoUsd = Infinity, maxLatencyMs = Infinity } = preference;
  const front = Object.hasOwn(program.fronts, alias) ? program.fronts[alias] : undefined;
  if (front === undefined) {
    const there = Object.keys(program.fronts).join(', ') || 'none';
    throw new NotFound('front_unknown', `program ${program.name} has no front behind "${alias}"; there are: ${there}`);
  }
  const within = front.points.filter(
    (point) => keeps(point.costNanoUsd, maxCostNanoUsd) && keeps(point.latencyMs, maxLatencyMs),
  );
  if (within.length === 0) {
    const have = front.points.map(
      ({ version, costNanoUsd, latencyMs }) =>
        `version ${version}: ${costNanoUsd ?? '?'} nano-USD, ${latencyMs ?? '?'} ms`,
    );
    throw new Unprocessable(
      'no_point_within',
      `no version behind "${alias}" keeps these limits; there are ${have.join('; ')}`,
    );
  }
  const order = [prefer, ...(['quality', 'cost', 'latency'] as const).filter((name) => name !== prefer)];
  const better = (a: FrontPoint, b: FrontPoint): number => {
    for (const name of order) {
      const difference = merits[name](b) - merits[name](a) || 0;
      if (difference !== 0) return difference;
    }
    return b.version - a.version;
  };
  return [...within].sort(better)[0] as FrontPoint;
}

const keeps = (value: number | null, limit: number): boolean =>
  limit === Infinity || (value !== null && value <= limit);

// Larger is better; what nobody knows is worse than anything known.
const WORST = -Number.MAX_VALUE;
const merits: Record<'quality' | 'cost' | 'latency', (point: FrontPoint) => number> = {
  quality: ({ quality }) => quality,
  cost: ({ costNanoUsd }) => (costNanoUsd === null ? WORST : -costNanoUsd),
  latency: ({ latencyMs }) => (latencyMs === null ? WORST : -latencyMs),
};

interface Evaluation {
  id: string;
  state: string;
  programId: string;
  version: number;
  variables: object;
  datasetId: string;
  datasetVersion: number;
  split: string | null;
  limit: number | null;
  metric: object;
  report: {
    examples: number;
    score: number | null;
    costNanoUsd: number | null;
    latencyMs: { p50: number } | null;
  } | null;
}

/**
 * A front made of evaluations: each of a version of this program as it is, all on the same examples by the same metric,
 * none beaten by another in everything. Throws InvalidInput with every problem.
 */
export async function measuredFront(
  program: { id: string; name: string },
  evaluationIds: readonly string[],
  ctx: Context,
): Promise<z.output<typeof Front>> {
  const problems: Problem[] = [];
  const points: FrontPoint[] = [];
  let first: string | null = null;
  for (const [index, id] of evaluationIds.entries()) {
    const pointer = `/evaluations/${index}`;
    const evaluation = await ctx.get<Evaluation>('Evaluation', id);
    const { report, version } = evaluation;
    const measured = measurementOf(evaluation);
    first ??= measured;
    if (evaluation.programId !== program.id) problems.push({ pointer, detail: `wanted one of ${program.name}` });
    else if (evaluation.state !== 'completed' || report === null || report.score === null)
      problems.push({ pointer, detail: `wanted one that is completed with a score, this one is ${evaluation.state}` });
    else if (Object.keys(evaluation.variables).length > 0)
      problems.push({ pointer, detail: 'wanted one of a version as it is, this one changed variables' });
    else if (measured !== first)
      problems.push({ pointer, detail: 'measured on other examples or by another metric than the first one' });
    else if (points.some((point) => point.version === version))
      problems.push({ pointer, detail: `version ${version} is among them already` });
    else
      points.push({
        ...{ version, evaluationId: id, quality: report.score },
        costNanoUsd: report.costNanoUsd === null ? null : report.costNanoUsd / Math.max(1, report.examples),
        latencyMs: report.latencyMs?.p50 ?? null,
      });
  }
  const front = new Set(paretoFront(points.map((point) => Object.values(merits).map((merit) => merit(point)))));
  for (const [index, { version, evaluationId }] of points.entries())
    if (!front.has(index))
      problems.push({
        pointer: `/evaluations/${evaluationIds.indexOf(evaluationId)}`,
        detail: `version ${version} is beaten by another in quality, cost and latency: no request would get it`,
      });
  if (problems.length > 0)
    throw new InvalidInput('front_invalid', `no front of ${program.name}: ${problems[0]?.detail}`, { problems });
  return { points, since: rfc3339(ctx.now), by: ctx.principal.id };
}

const measurementOf = ({ datasetId, datasetVersion, split, limit, metric }: Evaluation): string =>
  canonicalJson({ datasetId, datasetVersion, split, limit, metric: metric as never });
