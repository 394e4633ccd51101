import * as z from 'zod';
import type { Problem } from '#lib/base/errors';
import { canonicalJson, type JsonObject } from '#lib/base/json';
import type { MetricSpec } from '#lib/metric/spec';
import { type EarlierRun, takeEarlier } from '#lib/optimizer/earlier/take';
import { strategyFaces } from '#lib/optimizer/strategy-faces';
import { versionSpace } from '#lib/optimizer/version-space';
import type { BlobRef } from '#lib/ports/blobs';
import type { ProgramVersionBody } from '#lib/program/program';
import type { Assignment } from '#lib/variable/variable';
import type { Context } from '../define.ts';
import { every } from '../every.ts';
import { valuesOf } from './apply.ts';
import { nameOf, type TrialRow, trialRows } from './report.ts';

export const WarmStart = z.strictObject({
  optimizations: z
    .array(z.string().min(1).max(80))
    .min(1)
    .max(20)
    .optional()
    .meta({ description: 'Ids; by default all of this program, dataset and metric, the newest first.' }),
  trials: z.int().min(1).max(1000).default(200).meta({ description: 'At most so many are learned from.' }),
  again: z.int().min(0).max(20).default(3).meta({ description: 'So many of the best are measured again at first.' }),
});

/** What a search took from earlier ones when it began. */
export const Warmed = z.object({
  trials: z.int(),
  again: z.int(),
  from: z.array(z.object({ optimizationId: z.string(), trials: z.int() })),
  passedOver: z.array(z.object({ optimizationId: z.string(), reason: z.string(), trials: z.int() })),
  content: z.object({ sha256: z.string(), bytes: z.int() }).nullable(),
});
export type Warmed = z.infer<typeof Warmed>;

interface Earlier {
  id: string;
  programId: string;
  version: number;
  datasetId: string;
  metric: MetricSpec;
}
interface Asked extends Earlier {
  warmStart: z.output<typeof WarmStart> | null;
}

/** What is wrong with the wish, before anything is begun; an optimization the caller may not see is NotFound. */
export async function warmStartProblems(
  { programId, metric, warmStart, strategy }: Omit<Asked, 'id'> & { strategy: string },
  ctx: Context,
): Promise<Problem[]> {
  if (warmStart === null) return [];
  const problems: Problem[] = [];
  if (strategyFaces[strategy]?.learns !== true) {
    const learning = Object.keys(strategyFaces).filter((name) => strategyFaces[name]?.learns === true);
    const detail = `${strategy} learns nothing from earlier optimizations; ${learning.join(', ')} do`;
    problems.push({ pointer: '/warmStart', detail });
  }
  for (const [index, id] of (warmStart.optimizations ?? []).entries()) {
    const other = await ctx.get<Earlier>('Optimization', id);
    const pointer = `/warmStart/optimizations/${index}`;
    if (other.programId !== programId) problems.push({ pointer, detail: `${id} searched another program` });
    else if (!isSame(other.metric, metric)) problems.push({ pointer, detail: `${id} measured with another metric` });
  }
  return problems;
}

const isSame = (a: unknown, b: unknown): boolean => canonicalJson(a as JsonObject) === canonicalJson(b as JsonObject);

/**
 * What there is to learn from, as it stands now: kept by its content, so that every turn of the search sees the same,
 * whatever becomes of the earlier ones.
 */
export async function warmed(record: Asked, ctx: Context): Promise<Warmed | null> {
  const { warmStart } = record;
  if (warmStart === null) return null;
  const { body } = await ctx.version<ProgramVersionBody>('Program', record.programId, record.version);
  const space = versionSpace(body);
  const runs: EarlierRun[] = [];
  const result: Warmed = { trials: 0, again: warmStart.again, from: [], passedOver: [], content: null };
  for (const earlier of await earlierOnes(record, ctx)) {
    const all = await runsOf(earlier, ctx);
    const changed = await changedMeaning(earlier, body, ctx);
    if (changed !== null) {
      const reason = `"${changed}" is bound to other places there`;
      result.passedOver.push({ optimizationId: earlier.id, reason, trials: all.length });
      continue;
    }
    const { runs: own, passedOver } = takeEarlier(space, all, warmStart.trials - runs.length);
    runs.push(...own);
    if (own.length > 0) result.from.push({ optimizationId: earlier.id, trials: own.length });
    for (const one of passedOver) result.passedOver.push({ optimizationId: earlier.id, ...one });
  }
  if (runs.length === 0) return result;
  const content = await ctx.services.blobs.put(ctx.workspaceId, Buffer.from(JSON.stringify(runs)));
  return { ...result, trials: runs.length, content: { ...content } };
}

/** Reads back what `warmed` has kept. */
export async function earlierRuns(
  services: Pick<Context['services'], 'blobs'>,
  workspaceId: string,
  content: BlobRef,
): Promise<EarlierRun[]> {
  return JSON.parse(Buffer.from(await services.blobs.get(workspaceId, content)).toString()) as EarlierRun[];
}

async function earlierOnes(record: Asked, ctx: Context): Promise<Earlier[]> {
  const named = record.warmStart?.optimizations;
  if (named !== undefined) return Promise.all(named.map((id) => ctx.get<Earlier>('Optimization', id)));
  const found: Earlier[] = [];
  const filter = { programId: record.programId };
  for await (const one of every<Earlier>(ctx, 'Optimization', { filter, order: 'newest' })) {
    const { id, datasetId, metric } = one;
    if (id !== record.id && datasetId === record.datasetId && isSame(metric, record.metric)) found.push(one);
    if (found.length >= MOST) break;
  }
  return found;
}
const MOST = 20;

/** Its trials on all of its validation examples, the program's own model at work. */
async function runsOf({ id }: Earlier, ctx: Context): Promise<EarlierRun[]> {
  type Row = TrialRow & { candidates: JsonObject; work: { split?: string; teach?: boolean; draw?: unknown } };
  const rows = (await trialRows(id, ctx)) as Row[];
  const measured = rows.filter(
    ({ state, work, quality }) =>
      state === 'completed' &&
      quality !== null &&
      work.split === 'validation' &&
      work.teach !== true &&
      work.draw === undefined,
  );
  const most = Math.max(0, ...measured.map(({ examples }) => examples));
  return measured
    .filter(({ examples }) => examples === most)
    .map((row) => ({
      id: `${id}/${nameOf(row)}`,
      values: valuesOf(row) as Assignment,
      objectives: known({
        ...{ quality: row.quality, costNanoUsd: row.costNanoUsd, latencyMs: row.latencyMs, tokens: row.tokens },
      }),
    }));
}

const known = (values: Record<string, number | null>): EarlierRun['objectives'] =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== null));

/** A variable that both versions have and that means something else in the other; null when all mean the same. */
async function changedMeaning(
  { programId, version }: Earlier,
  now: ProgramVersionBody,
  ctx: Context,
): Promise<string | null> {
  const { body: then } = await ctx.version<ProgramVersionBody>('Program', programId, version);
  const meaning = (body: ProgramVersionBody, name: string): JsonObject[] =>
    [...(body.graph.bindings ?? []), ...body.bindings]
      .filter(({ variable }) => variable === name)
      .map((binding) => ({ ...binding }) as unknown as JsonObject);
  for (const { name } of now.variables) {
    const both = then.variables.some((variable) => variable.name === name);
    if (both && !isSame(meaning(then, name), meaning(now, name))) return name;
  }
  return null;
}
