import * as z from 'zod';
import type { JsonObject } from '#lib/base/json';
import { kneeOf, paretoFront } from '#lib/optimizer/pareto/front';
import type { Objective } from '#lib/optimizer/spec';
import type { ProgramVersionBody } from '#lib/program/program';
import { dimensionsOf } from '#lib/variable/dimensions';
import { importanceOf } from '#lib/variable/importance';
import type { Space } from '#lib/variable/space';
import { NanoUsd } from '../attributes.ts';
import { Balance } from '../budget/amounts.ts';
import { capOf, ledgerOf } from '../budget/ledgers.ts';
import type { Context } from '../define.ts';
import { every } from '../every.ts';

const Objectives = z.record(z.string(), z.number());

/** How a search stands and how it got there; the same while it runs and afterwards. */
export const SearchReport = z.object({
  best: z
    .array(
      z.object({
        trial: z.string(),
        at: z.string().nullable(),
        examples: z.int(),
        quality: z.number(),
        best: z.number(),
      }),
    )
    .meta({ description: 'Every measured trial, with the best quality up to it among trials that saw as much.' }),
  spend: z
    .array(
      z.object({ trial: z.string(), at: z.string().nullable(), calls: z.int(), tokens: z.int(), nanoUsd: NanoUsd }),
    )
    .meta({ description: 'Summed up over the trials in the order they ended.' }),
  front: z
    .array(z.object({ trial: z.string(), objectives: Objectives, knee: z.boolean() }))
    .meta({ description: 'Trials that no other beats in every objective; one of them is the compromise.' }),
  importance: z
    .array(z.object({ name: z.string(), share: z.number(), low: z.number(), high: z.number() }))
    .meta({ description: 'Share of the variance of quality that goes through a variable, with its 90% interval.' }),
  budget: Balance.nullable(),
});

export interface TrialRow {
  key: string;
  number: number;
  state: string;
  work: { split?: string };
  assignment: JsonObject;
  examples: number;
  quality: number | null;
  costNanoUsd: number | null;
  latencyMs: number | null;
  tokens: number | null;
  spent: { calls: number; tokens: number; nanoUsd: number | null } | null;
  closedAt: string | null;
}

/** `t3`: its name in its optimization. */
export const nameOf = ({ key }: Pick<TrialRow, 'key'>): string => key.slice(key.lastIndexOf('/') + 1);

interface Asked {
  id: string;
  programId: string;
  version: number;
  seed: number;
  objectives: Objective[];
  budget: Parameters<typeof capOf>[0];
}

export async function trialRows(optimizationId: string, ctx: Pick<Context, 'list'>): Promise<TrialRow[]> {
  const rows = await Array.fromAsync(every<TrialRow>(ctx, 'Trial', { filter: { optimizationId } }));
  return rows.sort((a, b) => a.number - b.number);
}

export async function reportOf(record: Asked, ctx: Context): Promise<z.input<typeof SearchReport>> {
  const trials = await trialRows(record.id, ctx);
  const ended = trials.filter(({ state }) => state !== 'running');
  ended.sort((a, b) => (a.closedAt ?? '').localeCompare(b.closedAt ?? '') || a.number - b.number);
  const measured = ended.filter(
    ({ state, work, quality }) => state === 'completed' && work.split === 'validation' && quality !== null,
  );
  const cap = capOf(record.budget);
  return {
    ...{ best: bestSoFar(measured), spend: spendOf(ended), front: frontOf(measured, record.objectives) },
    importance: await importance(record, measured, ctx),
    budget: cap === null ? null : await ledgerOf(ctx.services.store, ctx.workspaceId, record.id).state(),
  };
}

function bestSoFar(trials: readonly TrialRow[]) {
  const best = new Map<number, number>();
  return trials.map(({ key, closedAt, examples, quality }) => {
    const now = Math.max(best.get(examples) ?? Number.NEGATIVE_INFINITY, quality ?? 0);
    best.set(examples, now);
    return { trial: nameOf({ key }), at: closedAt, examples, quality: quality ?? 0, best: now };
  });
}

function spendOf(trials: readonly TrialRow[]) {
  let sum = { calls: 0, tokens: 0, nanoUsd: 0 as number | null };
  return trials.map(({ key, closedAt, spent }) => {
    const { calls = 0, tokens = 0, nanoUsd = 0 } = spent ?? {};
    sum = {
      calls: sum.calls + calls,
      tokens: sum.tokens + tokens,
      nanoUsd: sum.nanoUsd === null || nanoUsd === null ? null : sum.nanoUsd + nanoUsd,
    };
    return { trial: nameOf({ key }), at: closedAt, ...sum };
  });
}

/** Among the trials that saw the most examples, those whose every objective is known. */
export function frontOf(trials: readonly TrialRow[], objectives: readonly Objective[]) {
  const most = Math.max(0, ...trials.map(({ examples }) => examples));
  const whole = trials.filter(
    (trial) => trial.examples === most && objectives.every(({ name }) => trial[name] !== null),
  );
  const points = whole.map((trial) =>
    objectives.map(({ name, goal }) => (goal === 'maximize' ? 1 : -1) * (trial[name] ?? 0)),
  );
  const knee = kneeOf(points);
  return paretoFront(points).map((index) => {
    const trial = whole[index] as TrialRow;
    const values = Object.fromEntries(objectives.map(({ name }) => [name, trial[name] ?? 0]));
    return { trial: nameOf(trial), objectives: values, knee: index === knee };
  });
}

/** Candidates of texts and demos count by which they are. */
async function importance({ programId, version, seed }: Asked, trials: readonly TrialRow[], ctx: Context) {
  const { body } = await ctx.version<ProgramVersionBody>('Program', programId, version);
  const named = (assignment: JsonObject, name: string): string | null => {
    const value = assignment[name];
    return value !== null && typeof value === 'object' && 'candidate' in value ? String(value.candidate) : null;
  };
  const candidates: Space['candidates'] = {};
  for (const { name } of body.variables) {
    const ids = new Set(trials.flatMap(({ assignment }) => named(assignment, name) ?? []));
    // Those the variable declares are known by themselves.
    candidates[name] = Object.fromEntries([...ids].filter((id) => !/^(default|c\d+)$/.test(id)).map((id) => [id, id]));
  }
  const space = { variables: body.variables, constraints: body.constraints, candidates };
  const observations = trials.map(({ assignment, quality }) => ({ assignment, value: quality ?? 0 }));
  return importanceOf(dimensionsOf(space), observations, { seed });
}
