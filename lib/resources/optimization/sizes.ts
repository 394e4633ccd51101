import type { Adapter } from '#lib/adapter/adapter';
import { adapters } from '#lib/adapter/adapters';
import { type Amounts, DIMENSIONS, plus, times } from '#lib/lm/budget/amounts';
import { worstCase } from '#lib/lm/budget/worst-case';
import { createPrices } from '#lib/lm/price';
import { modelFromId } from '#lib/lm/registry';
import type { LanguageModelSettings } from '#lib/lm/spec';
import { predictorsOf } from '#lib/module/asked';
import type { ModuleSpec } from '#lib/module/spec';
import { configure } from '#lib/program/configure';
import { evaluateExpression } from '#lib/program/expression';
import type { ProgramVersionBody } from '#lib/program/program';
import { everyNode } from '#lib/program/reads';
import type { Signature, Values } from '#lib/signature/signature';
import { resolveAssignment } from '#lib/variable/resolve';
import type { Context } from '../define.ts';
import { modelNamed } from '../language-model/named.ts';

/** What one run of a program on one example asks of models. `nanoUsd` is absent where a price is unknown. */
export interface RunSize {
  /** Every node once, answers as long as their fields suggest. */
  likely: Amounts;
  /** Fallbacks, every arm, every round of a loop; prompts a token a byte, answers as long as they may be. Retries apart. */
  most: Amounts;
  /** `provider/model` of calls whose price nobody knows. */
  unpriced: string[];
}

// Where a model may answer as much as it likes, so much is counted; a field takes about so much.
const LONG_ANSWER = 1024;
const FIELD_TOKENS = 48;
// What a node before writes is not known yet.
const INTERMEDIATE = 'x'.repeat(800);
const BYTES_PER_TOKEN = 4;
const REACT_ROUNDS = { likely: 3, most: 20 };
const DRAWS = 3;

/** Renders the prompts of every module on an example's inputs and counts. Nothing is asked of any model. */
export async function sizeOfRun(body: ProgramVersionBody, inputs: Values, ctx: Context): Promise<RunSize> {
  const space = { variables: body.variables, constraints: body.constraints, candidates: {} };
  const { values } = await resolveAssignment(space, body.assignment, evaluateExpression);
  const { modules } = await configure(body, values);
  const models = await modelsOf(body, ctx);
  const prices = createPrices();
  const size: RunSize = { likely: {}, most: {}, unpriced: [] };
  for (const { node, pointer } of everyNode(body.graph.nodes, '')) {
    const spec = modules[node.id];
    if (node.kind !== 'module' || spec === undefined) continue;
    for (const [name, signature] of Object.entries(predictorsOf(spec))) {
      const own = spec.predictors?.[name];
      const model = models(own?.lm ?? spec.lm);
      if (model === null) continue;
      const call = { ...spec, ...own, config: { ...spec.config, ...own?.config } };
      const request = {
        ...{ workspaceId: ctx.workspaceId, model },
        messages: rendered(call, signature, inputs),
        parameters: { ...call.config, maxTokens: call.config.maxTokens ?? model.defaults?.maxTokens ?? LONG_ANSWER },
      };
      const most = await worstCase(request, prices);
      const likely = await likelyCase(request, signature, prices);
      if (most.nanoUsd === undefined) size.unpriced.push(`${model.provider}/${model.model}`);
      const rounds = roundsOf(spec, name);
      const standIn = pointer.includes('/fallback/') || pointer.includes('/compensate');
      if (!standIn) size.likely = sum(size.likely, times(likely, rounds.likely));
      size.most = sum(size.most, times(most, rounds.most));
    }
  }
  return size;
}

/** A dimension that one of them does not know is not known of both together. */
function sum(a: Amounts, b: Amounts): Amounts {
  if (Object.keys(a).length === 0) return b;
  const both = plus(a, b);
  return Object.fromEntries(
    DIMENSIONS.flatMap((name) => (a[name] === undefined || b[name] === undefined ? [] : [[name, both[name]]])),
  );
}

type Rendered = Pick<ModuleSpec, 'adapter' | 'demos'>;

function rendered({ adapter = 'chat', demos }: Rendered, signature: Signature, inputs: Values) {
  const given: Values = {};
  for (const { name } of signature.inputs) given[name] = inputs[name] ?? INTERMEDIATE;
  const way = adapters[adapter] as Adapter;
  return way.format(signature, demos, given);
}

type Request = Parameters<typeof worstCase>[0];

async function likelyCase(request: Request, { outputs }: Signature, prices: Parameters<typeof worstCase>[1]) {
  const inputTokens = Math.ceil(Buffer.byteLength(JSON.stringify(request.messages)) / BYTES_PER_TOKEN);
  const outputTokens = Math.min(request.parameters.maxTokens ?? LONG_ANSWER, FIELD_TOKENS * outputs.length);
  const { costNanoUsd } = await prices.costOf(request.model, { inputTokens, outputTokens });
  const tokens = inputTokens + outputTokens;
  return { calls: 1, tokens, ...(costNanoUsd === null ? {} : { nanoUsd: costNanoUsd }) };
}

/** How often a run asks one predictor of a module. */
function roundsOf({ type, options = {} }: ModuleSpec, predictor: string): { likely: number; most: number } {
  const draws = type === 'best_of_n' || type === 'refine' || type === 'majority' ? (options.n ?? DRAWS) : 1;
  const loops = predictor.startsWith('react');
  const most = loops ? (options.maxIters ?? REACT_ROUNDS.most) : 1;
  return { likely: draws * (loops ? Math.min(REACT_ROUNDS.likely, most) : 1), most: draws * most };
}

/** The settings behind the version's model names, prices and all, as a run would find them now. */
async function modelsOf(body: ProgramVersionBody, ctx: Context) {
  const found = new Map<string, LanguageModelSettings>();
  for (const [name, { provider, model, defaults = {} }] of Object.entries(body.lms)) {
    const own = modelFromId(`${provider}/${model}`);
    const origin = body.origin[`lms/${name}`]?.split('@')[0] ?? name;
    const now = await modelNamed(origin, ctx).catch(() => own);
    found.set(name, now.provider === provider ? { ...now, provider, model, defaults } : own);
  }
  const main = body.graph.defaults?.lm ?? 'default';
  return (name: string | undefined) => found.get(name ?? main) ?? [...found.values()][0] ?? null;
}
