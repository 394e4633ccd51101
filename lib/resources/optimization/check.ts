import type { z } from 'zod';
import { DspexError, InvalidInput } from '#lib/base/errors';
import { modelFromId } from '#lib/lm/registry';
import type { MetricSpec } from '#lib/metric/spec';
import { usedVariables } from '#lib/optimizer/version-space';
import type { Program } from '#lib/program/program';
import type { Context } from '../define.ts';
import { checkFit, type Named } from '../evaluation/check.ts';
import type { OptimizerChoice } from './attributes.ts';
import { type WarmStart, warmStartProblems } from './warm-start.ts';

type Choice = z.output<typeof OptimizerChoice>;

interface Asked {
  programId: string;
  version: number;
  datasetId: string;
  datasetVersion: number;
  metric: MetricSpec;
  optimizer: string | Choice;
  warmStart: z.output<typeof WarmStart> | null;
}

/** Everything an optimization needs must be there before it starts; gives names and the strategy with its configuration. */
export async function checkRequest(request: Asked, ctx: Context): Promise<Named & { strategy: Choice }> {
  const { named, body, content, problems } = await checkFit(request, ctx);
  const { program, dataset } = named;
  if (body.variables.length === 0)
    problems.push({
      pointer: '/version',
      detail: `${program}@${request.version} has no variables: there is nothing to search`,
    });
  else if (usedVariables(body).size === 0)
    problems.push({
      pointer: '/version',
      detail: `no binding of ${program}@${request.version} uses its variables [${body.variables.map(({ name }) => name).join(', ')}]: searching them changes nothing`,
    });
  for (const split of ['train', 'validation'] as const) {
    if (content.splits[split] === 0)
      problems.push({ pointer: '/dataset', detail: `the dataset has no ${split} examples; use its action "split"` });
  }
  const { optimizer } = request;
  const strategy =
    typeof optimizer === 'string' ? (await ctx.find<{ choice: Choice }>('Optimizer', optimizer)).choice : optimizer;
  const teacher = await teacherTrouble(strategy.config.teacher, body, ctx);
  if (teacher !== null) problems.push({ pointer: '/optimizer/config/teacher', detail: teacher });
  problems.push(...(await warmStartProblems({ ...request, ...named, strategy: strategy.strategy }, ctx)));
  if (problems.length > 0) {
    throw new InvalidInput(
      'optimization_invalid',
      `${program} cannot be optimized on ${dataset}: ${problems[0]?.detail}`,
      { problems },
    );
  }
  return { ...named, strategy };
}

/** A teacher is one of the program's models, a LanguageModel or `provider/model`; null when it is, or there is none. */
async function teacherTrouble(teacher: unknown, { lms }: Pick<Program, 'lms'>, ctx: Context): Promise<string | null> {
  if (typeof teacher !== 'string' || Object.hasOwn(lms, teacher)) return null;
  try {
    await ctx.find('LanguageModel', teacher);
    return null;
  } catch (error) {
    if (!DspexError.is(error) || error.status !== 404) throw error;
  }
  try {
    modelFromId(teacher);
    return null;
  } catch (error) {
    const names = Object.keys(lms).join(', ');
    return `no teacher "${teacher.slice(0, 80)}": the program's models are [${names}], no LanguageModel has this name, and ${(error as Error).message}`;
  }
}
