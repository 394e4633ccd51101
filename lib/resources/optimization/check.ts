import type { z } from 'zod';
import { InvalidInput } from '#lib/base/errors';
import type { MetricSpec } from '#lib/metric/spec';
import type { Context } from '../define.ts';
import { checkFit, type Named } from '../evaluation/check.ts';
import type { OptimizerChoice } from './attributes.ts';

type Choice = z.output<typeof OptimizerChoice>;

interface Asked {
  programId: string;
  version: number;
  datasetId: string;
  datasetVersion: number;
  metric: MetricSpec;
  optimizer: string | Choice;
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
  for (const split of ['train', 'validation'] as const) {
    if (content.splits[split] === 0)
      problems.push({ pointer: '/dataset', detail: `the dataset has no ${split} examples; use its action "split"` });
  }
  if (problems.length > 0) {
    throw new InvalidInput(
      'optimization_invalid',
      `${program} cannot be optimized on ${dataset}: ${problems[0]?.detail}`,
      { problems },
    );
  }
  const { optimizer } = request;
  const strategy =
    typeof optimizer === 'string' ? (await ctx.find<{ choice: Choice }>('Optimizer', optimizer)).choice : optimizer;
  return { ...named, strategy };
}
