import { InvalidInput, NotFound } from '#lib/base/errors';
import { canonicalJson, type JsonObject } from '#lib/base/json';
import type { Context } from '../define.ts';
import { nameOf, type TrialRow, trialRows } from './report.ts';

/** A trial of an optimization by its name there, `t3`. */
export async function trialNamed(
  optimizationId: string,
  name: string,
  ctx: Pick<Context, 'list'>,
): Promise<TrialRow & { candidates: JsonObject }> {
  const trials = await trialRows(optimizationId, ctx);
  const trial = trials.find((one) => nameOf(one) === name);
  if (trial !== undefined) return trial as TrialRow & { candidates: JsonObject };
  throw new NotFound('trial_unknown', `${optimizationId} has no trial "${name.slice(0, 80)}"; it has ${trials.length}`);
}

/** The values a trial ran with, candidates as what they stand for. */
export const valuesOf = ({
  assignment,
  candidates,
}: {
  assignment: JsonObject;
  candidates: JsonObject;
}): JsonObject => ({
  ...assignment,
  ...candidates,
});

interface Claim {
  base?: number | undefined;
  assignment?: JsonObject | undefined;
  optimizationId: string | null;
  trial: string | null;
}

/** A version may only say that it comes from a trial when it does. Throws InvalidInput `lineage_wrong`. */
export async function checkLineage(programId: string, claim: Claim, ctx: Context): Promise<void> {
  const { base, assignment = {}, optimizationId, trial } = claim;
  if (optimizationId === null && trial === null) return;
  const wrong = (pointer: string, detail: string): never => {
    throw new InvalidInput('lineage_wrong', detail, { problems: [{ pointer, detail }] });
  };
  if (optimizationId === null) return wrong('/optimizationId', `trial "${trial}" of which optimization?`);
  const optimization = await ctx.get<{ id: string; programId: string; version: number }>(
    'Optimization',
    optimizationId,
  );
  if (optimization.programId !== programId) wrong('/optimizationId', `${optimizationId} searched another program`);
  if (trial === null) return wrong('/trial', `wanted the trial of ${optimizationId} that this is`);
  if (base !== optimization.version)
    wrong('/base', `${optimizationId} began with version ${optimization.version}; the base has to be that one`);
  const found = await trialNamed(optimizationId, trial, ctx);
  if (canonicalJson(valuesOf(found)) !== canonicalJson(assignment))
    wrong('/assignment', `this is not what ${trial} of ${optimizationId} ran with; its action "apply" publishes that`);
}
