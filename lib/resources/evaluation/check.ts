import { InvalidInput, type Problem } from '#lib/base/errors';
import { readsLabels, readsOutputs } from '#lib/metric/score';
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
}

/** Program, data and metric must fit each other before a single call is paid. Gives their names. */
export async function checkRequest(request: Measured, ctx: Context): Promise<{ program: string; dataset: string }> {
  const { program, dataset, problems } = await checkFit(request, ctx);
  if (problems.length > 0) {
    throw new InvalidInput(
      'evaluation_invalid',
      `${program} cannot be measured on ${dataset}: ${problems[0]?.detail}`,
      { problems },
    );
  }
  return { program, dataset };
}

export async function checkFit(
  request: Measured,
  ctx: Context,
): Promise<{
  program: string;
  dataset: string;
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
  missing('/dataset', Object.keys(body.graph.input), content.fields.inputs, 'the dataset input');
  if (request.split && content.splits[request.split] === 0) {
    problems.push({
      pointer: '/split',
      detail: `the dataset has no ${request.split} examples; it has ${JSON.stringify(content.splits)}`,
    });
  }
  for (const problem of await assignmentProblems(body, request.variables ?? {})) {
    problems.push({ pointer: `/variables${problem.pointer}`, detail: problem.detail });
  }
  return { program: program.name, dataset: dataset.name, body, content, problems };
}
