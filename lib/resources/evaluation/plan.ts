import * as z from 'zod';
import { InvalidInput } from '#lib/base/errors';
import { ASSUMED_DEVIATION, comparePaired, minimumDetectableEffect, pairsFor } from '#lib/evaluate/compare';
import { readsOutputs } from '#lib/metric/score';
import { planProgram } from '#lib/program/plan-graph';
import { neededNodes, stepsIn } from '#lib/program/prune';
import type { Context } from '../define.ts';
import { asked, type Plan } from './attributes.ts';
import { checkFit, examplesIn } from './check.ts';
import { readOutcomes } from './outcomes.ts';

const { programId, version, datasetId, datasetVersion, split, limit, metric, repetitions } = asked;

export const planAsked = {
  ...{ programId, version, datasetId, datasetVersion, split, limit, metric, repetitions },
  deviation: z
    .number()
    .positive()
    .max(1)
    .optional()
    .meta({ description: 'Standard deviation of the differences, when it is known.' }),
  earlier: z
    .strictObject({ baseline: z.string(), candidate: z.string() })
    .optional()
    .meta({ description: 'Two evaluations to measure that deviation on.' }),
  effect: z.number().positive().max(1).optional().meta({ description: 'A difference one would like to see.' }),
};
type Asked = z.output<z.ZodObject<typeof planAsked>>;

/** What an evaluation would take and could show. Throws InvalidInput for one that could not be started either. */
export async function planned(input: Asked, ctx: Context): Promise<z.output<typeof Plan>> {
  const { body, content, problems } = await checkFit(input, ctx);
  const [first] = problems;
  if (first !== undefined) throw new InvalidInput('evaluation_invalid', first.detail, { problems });
  const examples = examplesIn(content, input);
  const runs = examples * input.repetitions;
  const { deviation, deviationFrom } = await deviationOf(input, ctx);
  const plan = planProgram(body.graph, body.modules);
  const needed = neededNodes(plan, readsOutputs(input.metric));
  const modules = stepsIn(plan).filter(({ id, kind }) => kind === 'module' && needed.has(id)).length;
  return {
    ...{ examples, runs, moduleRuns: runs * modules, pairs: examples, deviation, deviationFrom },
    minimumDetectableEffect: examples < 2 ? null : minimumDetectableEffect(examples, deviation),
    pairsWanted: input.effect === undefined ? null : pairsFor(input.effect, deviation),
  };
}

async function deviationOf({ deviation, earlier }: Asked, ctx: Context) {
  if (deviation !== undefined && earlier !== undefined)
    throw new InvalidInput('evaluation_invalid', 'wanted `deviation` or `earlier`, there are both');
  if (deviation !== undefined) return { deviation, deviationFrom: 'given' as const };
  if (earlier === undefined) return { deviation: ASSUMED_DEVIATION, deviationFrom: 'assumed' as const };
  const outcomes = async (id: string) => {
    await ctx.get('Evaluation', id);
    return readOutcomes(ctx.services, ctx.workspaceId, id);
  };
  const measured = comparePaired(await outcomes(earlier.baseline), await outcomes(earlier.candidate));
  if (measured.deviation === null)
    throw new InvalidInput(
      'nothing_to_compare',
      `wanted two evaluations with at least two examples in common, they have ${measured.pairs}`,
    );
  return { deviation: measured.deviation, deviationFrom: 'measured' as const };
}
