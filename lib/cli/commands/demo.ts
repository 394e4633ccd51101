import { readFile, writeFile } from 'node:fs/promises';
import type { JsonObject } from '#lib/base/json';
import type { Client } from '#lib/derive/client/client';
import type { Command, CommandCall, Connection } from '../command.ts';
import { contributions, contributionTable, type Followed, followOptimization, resultTable } from '../optimization.ts';
import { connected, flag, integer, text } from '../options.ts';
import { readProgramFile } from '../program-file.ts';
import { refuseUnquoted } from '../quote.ts';
import { type TraceStep, traceTree } from '../trace-tree.ts';
import { importFile } from './import.ts';
import { shownAssignment } from './optimize.ts';
import { publishSource } from './publish.ts';

// The published package has it two folders up as well: lib/cli/commands and dist/lib/cli/commands.
const EXAMPLE = new URL('../../../examples/support-triage/', import.meta.url);
const NAME = 'support-triage';

interface Execution extends JsonObject {
  id: string;
  state: string;
  latencyMs: number | null;
  usage: JsonObject;
  costNanoUsd: number | null;
  simulated: boolean;
}

export const demo: Command = {
  summary: 'the main job on an example: define, load, measure, optimize, promote, run, trace',
  jsonFile: true,
  usage: '[--model PROVIDER/MODEL --yes] [--json FILE] [--budget N] [--seed N] [--simulate]',
  options: {
    model: { type: 'string' },
    yes: { type: 'boolean' },
    budget: { type: 'string' },
    seed: { type: 'string' },
    simulate: { type: 'boolean' },
  },
  optionDocs: {
    model: 'default: the embedded model, which needs no key',
    yes: 'go ahead with a paid model after the quote',
    budget: 'program runs the search may use; default as in the example',
    seed: 'of the search; default 1',
    simulate: 'use the scripted model: shows the mechanics, and every number is made up',
  },
  run: async (call) => {
    // `--json FILE` here writes a file beside the display, so that people and programs can both read one run.
    const file = call.positionals[0];
    const model = flag(call, 'simulate') ? 'scripted/demo' : (text(call, 'model') ?? 'embedded/SmolLM2-135M-Instruct');
    const search = JSON.parse(await readFile(new URL('search.json', EXAMPLE), 'utf8')) as {
      config: JsonObject & { maxExampleRuns?: number };
    };
    const budget = integer(call, 'budget') ?? search.config.maxExampleRuns ?? 200;
    if (refuseUnquoted(call, [model], budget)) return 2;
    return connected(
      call,
      (connection) =>
        mainJob({
          call,
          connection,
          model,
          search: { ...search, config: { ...search.config, maxExampleRuns: budget } },
          file,
        }),
      {
        model,
        simulate: flag(call, 'simulate'),
      },
    );
  },
};

interface Job {
  call: CommandCall;
  connection: Connection;
  model: string;
  search: { strategy?: string; config: JsonObject; limits?: JsonObject };
  file: string | undefined;
}

async function mainJob({ call, connection, model, search, file }: Job): Promise<number> {
  const began = performance.now();
  const { screen } = call;
  const { client } = connection;
  const simulated = model.startsWith('scripted/');
  const says = (text: string) => screen.line(simulated ? `[simulated] ${text}` : text);

  await nameModel(client, model);
  const { source } = await readProgramFile(new URL('program.yaml', EXAMPLE).pathname);
  const program = await publishSource(client, NAME, source);
  says(`program   ${program.name}@${program.version}: ${describe(source as never)}`);
  const data = await importFile(
    client,
    new URL('tickets.jsonl', EXAMPLE).pathname,
    NAME,
    JSON.stringify({ id: 'id', inputs: ['ticket'], labels: ['queue', 'priority'], split: 'split' }),
  );
  const { body: version } = await client.version<{ body: { splits: Record<string, number> } }>(
    'datasets',
    data.id,
    data.version,
  );
  const { train = 0, validation = 0, test = 0 } = version.body.splits;
  says(
    `dataset   ${NAME}@${data.version}: ${data.examples} tickets (${train} train, ${validation} validation, ${test} test)`,
  );
  says(`model     ${model}`);

  const metric = JSON.parse(await readFile(new URL('metric.json', EXAMPLE), 'utf8')) as JsonObject;
  const started = await client.call<JsonObject>('programs', 'optimize', {
    id: program.id,
    input: {
      version: program.version,
      dataset: data.id,
      datasetVersion: data.version,
      metric,
      limits: search.limits ?? {},
      optimizer: { strategy: search.strategy ?? 'variable_search', config: search.config },
      seed: integer(call, 'seed') ?? 1,
    },
  });
  const followed = await followOptimization(
    client,
    String(started.location?.split('/').at(-1)),
    call,
    Number(search.config.maxExampleRuns),
  );
  const { result, failure } = followed.optimization;
  if (result === null || result.baseline === null || result.optimized === null || result.version === null) {
    screen.warn(`the optimization gave no result: ${failure ?? result?.reason ?? followed.optimization.state}`);
    return 1;
  }
  screen.line();
  says(resultTable(result));
  screen.line();
  const winner = shownAssignment(followed, result.assignment);
  says(contributionTable(contributions(followed.trials, winner)));
  screen.line();

  const { rev } = await client.get('programs', program.id);
  await client.call('programs', 'promote', {
    id: program.id,
    input: { version: result.version },
    ...(rev === null ? {} : { ifMatch: rev }),
  });
  says(`promoted  ${NAME}@live -> version ${result.version}`);
  const execution = await runOne(client, program.id);
  const { body: trace } = await client.call<{ steps: TraceStep[] }>('executions', 'trace', { id: execution.id });
  screen.line();
  screen.line(traceTree(execution, trace.steps));
  const seconds = (performance.now() - began) / 1000;
  screen.line();
  screen.line(
    `${seconds.toFixed(0)} s. Next:\n  npm start                                   the API, with its reference at /docs\n  npm run -s dspex -- logs ${execution.id}\n  npm run -s dspex -- run ${NAME} --input '{"ticket": "..."}' --trace`,
  );

  const report = summary({
    model,
    simulated,
    data,
    splits: { train, validation, test },
    result,
    winner,
    execution,
    steps: trace.steps.length,
    seconds,
  });
  if (screen.json) screen.result(report, JSON.stringify);
  if (file !== undefined) await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  return 0;
}

/** The workspace's `default` model is the one the demo was asked to use. */
async function nameModel(client: Client, model: string): Promise<void> {
  const { body, rev } = await client.get<{ id: string; model: string }>('language-models', 'default');
  if (body.model === model) return;
  await client.call('language-models', 'update', {
    id: body.id,
    input: { model },
    ...(rev === null ? {} : { ifMatch: rev }),
  });
}

async function runOne(client: Client, program: string): Promise<Execution> {
  const ticket =
    'My parcel says delivered since Monday but nothing is here, and the birthday is tomorrow. Please help!';
  const { body } = await client.call<Execution>('programs', 'run', {
    id: program,
    wait: true,
    input: { alias: 'live', input: { ticket } },
  });
  if (body.state !== 'pending' && body.state !== 'running') return body;
  for await (const { event, data } of client.stream('executions', body.id, 'events'))
    if (event === 'end') return data as Execution;
  return (await client.get<Execution>('executions', body.id)).body;
}

function describe(source: {
  graph: { nodes: { id: string }[] };
  variables?: { name: string }[];
  bindings?: { variable: string; to: string[] }[];
}): string {
  const nodes = source.graph.nodes.map(({ id }) => id).join(' -> ');
  const variables = (source.variables ?? []).map((variable) => variable.name).join(', ');
  return `${nodes}; variables ${variables}`;
}

function summary(made: {
  model: string;
  simulated: boolean;
  data: { examples: number };
  splits: { train: number; validation: number; test: number };
  result: NonNullable<Followed['optimization']['result']>;
  winner: JsonObject;
  execution: Execution;
  steps: number;
  seconds: number;
}): JsonObject {
  const { model, simulated, data, splits, result, winner, execution, steps, seconds } = made;
  const side = (report: NonNullable<typeof result.baseline>) => ({
    score: report.score,
    n: report.examples,
    ci: report.interval === null ? null : [report.interval.low, report.interval.high],
  });
  const slash = model.indexOf('/');
  return {
    lm: { provider: model.slice(0, slash), model: model.slice(slash + 1), simulated },
    dataset: { name: NAME, examples: data.examples, ...splits },
    baseline: side(result.baseline as never),
    optimized: { ...side(result.optimized as never), variables: winner },
    promotedVersion: result.version,
    execution: {
      id: execution.id,
      status: execution.state,
      steps,
      usage: execution.usage,
      costNanoUsd: execution.costNanoUsd,
    },
    seconds: Math.round(seconds * 10) / 10,
  } as unknown as JsonObject;
}
