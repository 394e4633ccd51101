import * as z from 'zod';
import { InvalidInput } from '#lib/base/errors';
import { MetricSpecSchema } from '#lib/metric/schema';
import type { AdoptedProgram } from '#lib/module/adopted-program';
import { predictorNames } from '#lib/module/face';
import { PYTHON_ONLY } from '#lib/module/python-only';
import { REACT_V2_TAKEN } from '#lib/module/react-v2';
import { REFUSED_TYPES } from '#lib/module/refused';
import { MODULE_TYPES, type ModuleSpec, type ModuleType, PLAIN_TYPES, type Reward } from '#lib/module/spec';
import { FieldJson, SignatureJson, signatureFromJson } from '#lib/signature/signature-json';
import { FileJson, JsonValues } from '../attributes.ts';
import { CorpusSearch, corpusPin } from '../corpus/pin.ts';
import type { Context } from '../define.ts';
import { LmParameters } from '../language-model/resource.ts';
import { defined } from '../language-model/settings.ts';
import { SignatureOrRef } from '../signature/definition.ts';
import { ToolJson, toolDeclaration } from '../tool/definition.ts';
import { toolNamed } from '../tool/resource.ts';
import { under } from '../under.ts';

const Adapter = z.enum(['chat', 'json', 'xml']);
const TYPES = [...MODULE_TYPES, ...(Object.keys(REFUSED_TYPES) as [])] as [ModuleType, ...ModuleType[]];

const Options = z.strictObject({
  maxIters: z.int().min(1).max(100).optional().meta({ description: 'react, react_v2: rounds; default 20.' }),
  n: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'best_of_n, refine, majority: draws; multi_chain_comparison: attempts; default 3.' }),
  threshold: z.number().optional().meta({ description: 'best_of_n, refine: a reward that is good enough; default 1.' }),
  failCount: z.int().min(0).max(1000).optional().meta({ description: 'Draws (or items of parallel) that may fail.' }),
  field: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'majority: the output voted on; default the last.' }),
  concurrency: z.int().min(1).max(256).optional().meta({ description: 'parallel: items at once; default 8.' }),
  k: z.int().min(1).max(100).optional().meta({ description: 'retrieve: passages; default 3.' }),
});

const Adopted = z.strictObject({
  entry: z
    .string()
    .max(400)
    .regex(/^[A-Za-z_][\w.]*:[A-Za-z_]\w*$/, 'wanted package.module:Class'),
  package: FileJson,
  lock: FileJson.optional(),
  predictors: z.array(z.strictObject({ name: z.string().min(1).max(200), signature: SignatureJson })).max(500),
  echoed: z.array(FieldJson).max(1000).optional(),
});

const Predictor = z.strictObject({
  instructions: z.string().max(100_000).optional(),
  demos: z.array(JsonValues).max(1000).optional(),
  config: LmParameters.optional(),
  lm: z.string().optional(),
  adapter: Adapter.optional(),
});

/** A module as users write it: signature, tools and corpus in place or by the name of a resource. */
export const ModuleJson = z.strictObject({
  type: z.enum(TYPES).meta({ description: `One of ${MODULE_TYPES.join(', ')}.` }),
  implementation: z.enum(['native', 'python', 'hybrid']).default('native'),
  signature: SignatureOrRef.optional().meta({ description: 'Not needed by retrieve.' }),
  instructions: z.string().max(100_000).optional(),
  demos: z.array(JsonValues).max(1000).default([]),
  config: LmParameters.default({}),
  lm: z.string().optional(),
  adapter: Adapter.optional(),
  of: z.enum(PLAIN_TYPES).optional().meta({ description: 'What best_of_n, refine, majority and parallel run.' }),
  options: Options.optional(),
  tools: z
    .array(z.union([z.string().min(1).max(120), ToolJson], { error: 'wanted a tool in place or the name of one' }))
    .max(64)
    .optional(),
  corpus: CorpusSearch.optional(),
  adopted: Adopted.optional().meta({ description: 'What an `adopted` hosts; `POST /v1/programs/adopt` makes it.' }),
  reward: z
    .union([z.strictObject({ expression: z.string().min(1).max(8192) }), z.strictObject({ metric: MetricSpecSchema })])
    .optional()
    .meta({ description: 'An expression over inputs and outputs, or a metric that reads the inputs as labels.' }),
  predictors: z.record(z.string().max(200), Predictor).optional().meta({
    description: 'Settings of single predictors by DSPy’s names: react, extract.predict, offer_feedback.',
  }),
});
export type ModuleDefinition = z.output<typeof ModuleJson>;

/**
 * The frozen form of what a user wrote: names resolved, tools copied, the corpus pinned. `origin` is told where tools
 * came from. Throws InvalidInput.
 */
export async function moduleSpec(
  definition: ModuleDefinition,
  ctx: Pick<Context, 'find' | 'version'>,
  origin: Record<string, string> = {},
): Promise<ModuleSpec> {
  const { type, implementation, demos, config, lm, adapter, of, options, predictors } = definition;
  const refusal = Object.hasOwn(REFUSED_TYPES, type) ? REFUSED_TYPES[type] : undefined;
  if (refusal !== undefined)
    throw new InvalidInput('module_needs_sandbox', refusal, { problems: [{ pointer: '/type', detail: refusal }] });
  const spec: ModuleSpec = {
    ...{ type, implementation, demos },
    signature: await signatureOf(definition, ctx),
    config: defined(config),
    ...(lm === undefined ? {} : { lm }),
    ...(adapter === undefined ? {} : { adapter }),
    ...(of === undefined ? {} : { of }),
    ...(options === undefined ? {} : { options: JSON.parse(JSON.stringify(options)) }),
    ...(predictors === undefined ? {} : { predictors: JSON.parse(JSON.stringify(predictors)) }),
  };
  if (definition.tools !== undefined) spec.tools = await toolsOf(definition.tools, ctx, origin);
  if (definition.corpus !== undefined) spec.corpus = await corpusPin(definition.corpus, '/corpus', ctx);
  if (definition.adopted !== undefined) spec.adopted = await adoptedOf(definition.adopted);
  if (definition.reward !== undefined) spec.reward = JSON.parse(JSON.stringify(definition.reward)) as Reward;
  await checkFit(spec);
  return spec;
}

async function adoptedOf(given: z.output<typeof Adopted>): Promise<AdoptedProgram> {
  const { entry, package: files, lock, predictors, echoed } = given;
  const asked: AdoptedProgram['predictors'] = [];
  for (const [i, { name, signature }] of predictors.entries())
    asked.push({ name, signature: await under(`/adopted/predictors/${i}`, async () => signatureFromJson(signature)) });
  const fields = await under('/adopted/echoed', async () =>
    signatureFromJson({ instructions: '', inputs: [], outputs: echoed ?? [] }),
  );
  return {
    ...{ entry, package: files, predictors: asked },
    ...(lock === undefined ? {} : { lock }),
    ...(echoed === undefined ? {} : { echoed: fields.outputs }),
  };
}

const QUERY = 'query: str -> passages: list[str]';

async function signatureOf({ type, signature, instructions }: ModuleDefinition, ctx: Pick<Context, 'find'>) {
  if (signature === undefined && type !== 'retrieve')
    throw invalid('/signature', `a ${type} needs a signature, such as "question -> answer"`);
  const written = signature ?? QUERY;
  const source =
    typeof written === 'object' && 'ref' in written
      ? (await ctx.find<{ definition: unknown }>('Signature', written.ref)).definition
      : written;
  const read = await under('/signature', () => signatureFromJson(source));
  return instructions === undefined ? read : { ...read, instructions };
}

async function toolsOf(
  given: NonNullable<ModuleDefinition['tools']>,
  ctx: Pick<Context, 'find' | 'version'>,
  origin: Record<string, string>,
) {
  const tools: NonNullable<ModuleSpec['tools']> = [];
  for (const [i, one] of given.entries()) {
    const tool = await under(`/tools/${i}`, async () => {
      if (typeof one !== 'string') return toolDeclaration(one, ctx);
      const found = await toolNamed(one, ctx);
      origin[`tools/${one}`] = found.origin;
      return found.tool;
    });
    if (tools.some(({ name }) => name === tool.name))
      throw invalid(`/tools/${i}`, `there are two tools called ${tool.name}`);
    tools.push(tool);
  }
  return tools;
}

const DRAWING: ReadonlySet<ModuleType> = new Set(['best_of_n', 'refine', 'majority', 'parallel']);
const JUDGED: ReadonlySet<ModuleType> = new Set(['best_of_n', 'refine']);

/** That the parts are those the type works with: what would be ignored is a mistake, and what is missing too. */
async function checkFit(spec: ModuleSpec): Promise<void> {
  const { type, of = 'predict', tools, corpus, reward, predictors, signature, options } = spec;
  const plain = DRAWING.has(type) ? of : type;
  const part = (name: string, given: unknown, wanted: boolean, needed: boolean): void => {
    if (given !== undefined && !wanted) throw invalid(`/${name}`, `a ${type} has no use for ${name}`);
    if (given === undefined && needed) throw invalid(`/${name}`, `a ${type} needs ${name}`);
  };
  part('of', spec.of, DRAWING.has(type), false);
  const acts = plain === 'react' || plain === 'react_v2';
  part('tools', tools, acts, acts);
  if (type === 'react_v2') checkTaken(spec);
  part('corpus', corpus, type === 'retrieve', type === 'retrieve');
  part('adopted', spec.adopted, type === 'adopted', type === 'adopted');
  const only = PYTHON_ONLY[type];
  if (only !== undefined && spec.implementation !== 'python')
    throw invalid('/implementation', `${only}: declare its implementation python`);
  part('reward', reward, JUDGED.has(type), JUDGED.has(type));
  if (type === 'retrieve' && signature.inputs.length !== 1)
    throw invalid('/signature', `retrieve has one input, the query; this has ${signature.inputs.length}`);
  const names = predictorNames(spec);
  for (const name of Object.keys(predictors ?? {}))
    if (!names.includes(name))
      throw invalid(`/predictors/${name}`, `a ${type} has no predictor "${name}"; it has [${names.join(', ')}]`);
  if (reward !== undefined && 'expression' in reward) await checkReward(reward.expression);
  const { field } = options ?? {};
  if (field !== undefined && !signature.outputs.some(({ name }) => name === field))
    throw invalid('/options/field', `there is no output ${field}`);
}

/** ReActV2 says itself what some names hold. */
function checkTaken({ signature, tools = [] }: ModuleSpec): void {
  const named = { inputs: signature.inputs, outputs: signature.outputs, tools };
  for (const part of ['inputs', 'outputs', 'tools'] as const)
    for (const { name } of named[part])
      if ((REACT_V2_TAKEN[part] as readonly string[]).includes(name))
        throw invalid(
          part === 'tools' ? '/tools' : '/signature',
          `react_v2 uses the name "${name}" among its ${part} itself`,
        );
}

async function checkReward(expression: string): Promise<void> {
  // The language of expressions is a large library, and few modules have a reward.
  const { compileExpression } = await import('#lib/program/expression');
  try {
    for (const [root] of compileExpression(expression).references)
      if (root !== 'inputs' && root !== 'outputs')
        throw invalid('/reward/expression', `it reads ${root}; it can read inputs and outputs`);
  } catch (error) {
    if (error instanceof InvalidInput) throw error;
    throw invalid('/reward/expression', error instanceof Error ? error.message : String(error));
  }
}

function invalid(pointer: string, detail: string): InvalidInput {
  return new InvalidInput('module_invalid', detail, { problems: [{ pointer, detail }] });
}
