import { InvalidInput, type Problem } from '#lib/base/errors';
import { metricProblems } from '#lib/metric/check';
import { readsInputs, readsLabels, readsOutputs } from '#lib/metric/score';
import type { MetricSpec } from '#lib/metric/spec';
import type { ProgramVersionBody } from '#lib/program/program';
import type { Assignment } from '#lib/variable/variable';
import type { DatasetContent } from '../dataset/content.ts';
import type { Context } from '../define.ts';
import { assignmentProblems } from '../execution/check.ts';

interface Measured {
  programId: string;
  version: number;
  datasetId: string;
  datasetVersion: number;
  metric: MetricSpec;
  variables?: Assignment;
  split?: 'train' | 'validation' | 'test' | null;
  limit?: number | null;
  folds?: number | null;
}

/** Ids and names of what is measured: whichever of the two the request gave, the record holds both. */
export interface Named {
  programId: string;
  program: string;
  datasetId: string;
  dataset: string;
}

/** Program, data and metric must fit each other before a single call is paid. */
export async function checkRequest(
  request: Measured & { optimization?: string | undefined; reuse?: string | null },
  ctx: Context,
): Promise<Named & { optimizationId: string | null }> {
  const { named, problems } = await checkFit(request, ctx);
  const { program, dataset } = named;
  if (problems.length > 0) {
    throw new InvalidInput(
      'evaluation_invalid',
      `${program} cannot be measured on ${dataset}: ${problems[0]?.detail}`,
      { problems },
    );
  }
  // Whoever may not see the earlier evaluation cannot take anything over from it.
  if (request.reuse) await ctx.get('Evaluation', request.reuse);
  if (request.optimization === undefined) return { ...named, optimizationId: null };
  const { id } = await ctx.get<{ id: string }>('Optimization', request.optimization);
  return { ...named, optimizationId: id };
}

export async function checkFit(
  request: Measured,
  ctx: Context,
): Promise<{
  named: Named;
  body: ProgramVersionBody;
  content: DatasetContent;
  problems: Problem[];
}> {
  const program = await ctx.get<{ id: string; name: string }>('Program', request.programId);
  const dataset = await ctx.get<{ id: string; name: string }>('Dataset', request.datasetId);
  const { body } = await ctx.version<ProgramVersionBody>('Program', program.id, request.version);
  const { body: content } = await ctx.version<DatasetContent>('Dataset', dataset.id, request.datasetVersion);
  const problems: Problem[] = [];
  const missing = (pointer: string, wanted: string[], there: string[], what: string) => {
    for (const name of wanted) {
      if (!there.includes(name))
        problems.push({ pointer, detail: `${what} "${name}" is not there; there are [${there.join(', ')}]` });
    }
  };
  missing('/metric', readsOutputs(request.metric), Object.keys(body.graph.output), 'the program output');
  missing('/metric', readsLabels(request.metric), content.fields.labels, 'the label');
  missing('/metric', readsInputs(request.metric), content.fields.inputs, 'the dataset input');
  problems.push(...(await metricProblems(request.metric, '/metric')));
  missing('/dataset', Object.keys(body.graph.input), content.fields.inputs, 'the dataset input');
  if (request.split && content.splits[request.split] === 0) {
    problems.push({
      pointer: '/split',
      detail: `the dataset has no ${request.split} examples; it has ${JSON.stringify(content.splits)}`,
    });
  }
  const examples = examplesIn(content, request);
  if (examples === 0 && !request.split) problems.push({ pointer: '/dataset', detail: 'the dataset has no examples' });
  if (request.folds && request.folds > examples)
    problems.push({ pointer: '/folds', detail: `${examples} examples cannot be dealt into ${request.folds} folds` });
  for (const problem of await assignmentProblems(body, request.variables ?? {})) {
    problems.push({ pointer: `/variables${problem.pointer}`, detail: problem.detail });
  }
  const named = { programId: program.id, program: program.name, datasetId: dataset.id, dataset: dataset.name };
  return { named, body, content, problems };
}

/** How many examples of a version are measured. */
export function examplesIn(
  { count, splits }: Pick<DatasetContent, 'count' | 'splits'>,
  { split, limit }: Pick<Measured, 'split' | 'limit'>,
): number {
  return Math.min(limit ?? Number.POSITIVE_INFINITY, split ? splits[split] : count);
}
