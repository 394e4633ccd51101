import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidInput, type Problem } from '#lib/base/errors';
import { compile as compilePlan } from '#lib/compiler/compile';
import { picture } from '#lib/compiler/picture';
import { type Graph, GraphSchema } from '#lib/program/graph';
import { planProgram } from '#lib/program/plan-graph';
import { validateProgram } from '#lib/program/validate';
import { type Command, type CommandCall, WrongUsage } from '../command.ts';
import { answerLines } from '../jsonl.ts';
import { flag, positional, text } from '../options.ts';
import { readProgramFile } from '../program-file.ts';

/** A name in the account it is deployed to, so that what is printed can be deployed as it is. */
const STEP_FUNCTION = 'dspex-step:live';

export const compile: Command = {
  summary: 'a program as an AWS Step Functions state machine (Amazon States Language)',
  usage: 'FILE [--step-function ARN] [--express] [--picture] | --jsonl < LINES',
  options: {
    'step-function': { type: 'string' },
    express: { type: 'boolean' },
    picture: { type: 'boolean' },
    jsonl: { type: 'boolean' },
  },
  optionDocs: {
    'step-function': `the Lambda function behind every task; default ${STEP_FUNCTION}`,
    express: 'refuse what only a Standard machine can do; the definition is the same',
    picture: 'a Mermaid drawing of the state machine instead',
    jsonl: 'read a graph, or {program}, a line; answer {asl} or {error}',
  },
  run: async (call) => {
    if (flag(call, 'jsonl'))
      return answerLines(call.tools, call.screen, (line) => ({ asl: compiled(graphIn(line), call).machine }));
    const { machine } = compiled(graphIn(await sourceOf(positional(call, 0, 'FILE'))), call);
    if (flag(call, 'picture')) call.screen.result({ mermaid: picture(machine) }, ({ mermaid }) => mermaid);
    else call.screen.result(machine, (value) => JSON.stringify(value, null, 2));
    return 0;
  },
};

const compiled = (graph: Graph, call: CommandCall) =>
  compilePlan(planProgram(graph, {}), {
    stepFunction: text(call, 'step-function') ?? STEP_FUNCTION,
    type: flag(call, 'express') ? 'EXPRESS' : 'STANDARD',
  });

/** A program file, or what a TypeScript module exports: a builder, or what it builds. */
async function sourceOf(path: string): Promise<unknown> {
  if (!/\.[cm]?[tj]s$/.test(path)) return (await readProgramFile(path)).source;
  const loaded = (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
  const found = loaded.default ?? loaded.program;
  if (typeof found !== 'object' || found === null)
    throw new WrongUsage(`${path} exports no program: wanted a default export, or one called program`);
  return 'build' in found && typeof found.build === 'function' ? found.build() : found;
}

/** The graph of a line or a file, checked as far as a graph alone can be. Only its structure is compiled. */
function graphIn(line: unknown): Graph {
  const outer = line as { program?: unknown; graph?: unknown } | null;
  const program = (outer?.program ?? outer) as { graph?: unknown } | null;
  const parsed = GraphSchema.safeParse(program?.graph ?? program);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => ({
      pointer: `/${path.join('/')}`,
      detail: message,
    }));
    refuse(problems);
    throw parsed.error;
  }
  const graph = parsed.data;
  const bare = { graph, modules: {}, variables: [], bindings: [], constraints: [], lms: {} };
  // Modules, models and variables are not part of the structure; that they are there is checked when it is published.
  refuse(
    validateProgram(bare).filter(
      ({ pointer }) => !/\/(module|lm)$|^\/graph\/(bindings|variables|defaults)|^\/bindings/.test(pointer),
    ),
  );
  return graph;
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const all = problems.slice(0, 20).map(({ pointer, detail }) => `${pointer}: ${detail}`);
  const large = problems.some(({ detail }) => /at most \d+ nodes|Too big/.test(detail));
  const advice = large ? '; split it into child programs and call them with program nodes' : '';
  throw new InvalidInput('program_invalid', `the program cannot be compiled: ${all.join('; ')}${advice}`, { problems });
}
