import * as z from 'zod';
import type { JsonObject } from '#lib/base/json';
import { type Amounts, times } from '#lib/lm/budget/amounts';
import type { Context } from '../define.ts';
import { type Aliases, pick } from '../program/alias.ts';
import { asked } from './attributes.ts';
import { planOf } from './budget.ts';
import { exampleRuns } from './runs.ts';

const Span = z.object({ low: z.number(), likely: z.number(), high: z.number() });

export const estimateInput = {
  program: z.string().meta({ description: 'Name or id.' }),
  version: z.int().min(1).optional(),
  alias: z.string().optional(),
  dataset: z.string().meta({ description: 'Name or id.' }),
  datasetVersion: z.int().min(1).optional(),
  optimizer: asked.optimizer,
  parallelism: asked.parallelism,
  limits: asked.limits,
} as const;

/** `low` to `high` is where it should end; retries and what the cache answers are not counted. */
export const Estimate = z.object({
  exampleRuns: Span.meta({
    description: 'Of the search; the final measurement runs twice as many as it has examples.',
  }),
  measured: z.int().meta({ description: 'Examples on which baseline and winner are measured at the end.' }),
  calls: Span,
  tokens: Span,
  nanoUsd: Span.nullable().meta({ description: 'Null when a price is unknown.' }),
  seconds: Span,
  unpriced: z.array(z.string()),
  basis: z.enum(['executions', 'prompts']).meta({
    description: 'What a run takes: as earlier runs of the program took, or as its rendered prompts suggest.',
  }),
});

interface Asked {
  program: string;
  version?: number | undefined;
  alias?: string | undefined;
  dataset: string;
  datasetVersion?: number | undefined;
  optimizer: string | { strategy: string; config: JsonObject };
  parallelism: number;
  limits: z.output<typeof asked.limits>;
}

// Runs to learn from; with fewer than this the prompts say more.
const LEAST_RUNS = 5;
const SLICE_AT_ONCE = 16;
// What a call takes where nothing is known: fast and slow models.
const CALL_SECONDS = { low: 0.2, likely: 1, high: 5 };
const TEACHER = { tokens: 1500, calls: 1 };

/** What an optimization would take, before anything of it is paid. */
export async function estimate(request: Asked, ctx: Context): Promise<z.input<typeof Estimate>> {
  const program = await ctx.find<{ id: string; name: string; aliases: Aliases; latestVersion?: number }>(
    'Program',
    request.program,
  );
  const dataset = await ctx.find<{ id: string; latestVersion: number }>('Dataset', request.dataset);
  const { version } = pick(program, request);
  const datasetVersion = request.datasetVersion ?? dataset.latestVersion;
  const plan = await planOf(
    { programId: program.id, version, datasetId: dataset.id, datasetVersion, limits: request.limits },
    ctx,
  );
  const { optimizer } = request;
  const choice =
    typeof optimizer === 'string'
      ? (await ctx.find<{ choice: { strategy: string; config: JsonObject } }>('Optimizer', optimizer)).choice
      : optimizer;
  const { train, validation, measured, size, body } = plan;
  const runs = exampleRuns(choice, { train, validation, variables: body.variables });
  const seen = await earlierRuns(program.id, ctx);
  const each = seen ?? { low: times(size.likely, 0.6), likely: size.likely, high: size.most };
  const generations: Amounts = { calls: TEACHER.calls * runs.generations, tokens: TEACHER.tokens * runs.generations };
  const of = (name: keyof Amounts) => {
    const at = (which: 'low' | 'likely' | 'high') =>
      Math.ceil((runs[which] + 2 * measured) * (each[which][name] ?? 0) + (generations[name] ?? 0));
    return { low: at('low'), likely: at('likely'), high: at('high') };
  };
  const calls = of('calls');
  const atOnce = SLICE_AT_ONCE * request.parallelism;
  const second = (which: 'low' | 'likely' | 'high') =>
    seen === null
      ? (calls[which] * CALL_SECONDS[which]) / atOnce
      : ((runs[which] + 2 * measured) * seen.seconds[which]) / SLICE_AT_ONCE;
  const { low, likely, high } = runs;
  return {
    ...{ exampleRuns: { low, likely, high }, measured, calls, tokens: of('tokens') },
    nanoUsd: size.unpriced.length === 0 ? of('nanoUsd') : null,
    seconds: { low: second('low'), likely: second('likely'), high: second('high') },
    unpriced: [...new Set(size.unpriced)],
    basis: seen === null ? 'prompts' : 'executions',
  };
}

interface Run {
  usage: { calls: number; inputTokens: number; outputTokens: number };
  costNanoUsd: number | null;
  latencyMs: number | null;
}

/** What the latest runs of the program took, from the cheapest to the dearest; null when there are too few. */
async function earlierRuns(programId: string, ctx: Context) {
  const { items } = await ctx.list<Run & { state: string }>('Execution', { filter: { programId }, limit: 50 });
  const runs = items.filter(({ state, usage }) => state === 'completed' && usage.calls > 0);
  if (runs.length < LEAST_RUNS) return null;
  const amounts = runs.map(({ usage, costNanoUsd }) => ({
    calls: usage.calls,
    tokens: usage.inputTokens + usage.outputTokens,
    nanoUsd: costNanoUsd ?? 0,
  }));
  const seconds = runs.map(({ latencyMs }) => (latencyMs ?? 0) / 1000);
  const by = (of: (values: readonly number[]) => number): Amounts => ({
    calls: of(amounts.map(({ calls }) => calls)),
    tokens: of(amounts.map(({ tokens }) => tokens)),
    nanoUsd: of(amounts.map(({ nanoUsd }) => nanoUsd)),
  });
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [low, high] = [
    (values: readonly number[]) => Math.min(...values),
    (values: readonly number[]) => Math.max(...values),
  ];
  return {
    ...{ low: by(low), likely: by(mean), high: by(high) },
    seconds: { low: low(seconds), likely: mean(seconds), high: high(seconds) },
  };
}
