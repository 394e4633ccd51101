import * as z from 'zod';
import { InvalidInput } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import { SECRET_REFERENCE, SECRET_REFERENCE_WANTED } from '#lib/base/secret-reference';
import { argumentType } from '#lib/module/tool/arguments';
import { BUILTINS, builtinNames } from '#lib/module/tool/builtin';
import type { ToolDeclaration, ToolTarget } from '#lib/module/tool/declaration';
import { placesOf } from '#lib/module/tool/http';
import { argumentSchemas } from '#lib/module/tool/text';
import { FileJson, JsonValues } from '../attributes.ts';
import { CorpusSearch, corpusPin } from '../corpus/pin.ts';
import type { Context } from '../define.ts';

const SecretRef = z.string().regex(SECRET_REFERENCE, SECRET_REFERENCE_WANTED);
const Url = z.url({ protocol: /^https?$/ }).max(2048);
const timeoutSeconds = z.number().gt(0).max(300).optional();

const Target = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('http'),
    http: z.strictObject({
      method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
      url: z.string().min(1).max(2048).meta({ description: 'May name arguments: https://api.example.com/users/{id}' }),
      headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,100}$/), z.string().max(4096)).optional(),
      secretRef: SecretRef.optional(),
      timeoutSeconds,
    }),
  }),
  z.strictObject({ kind: z.literal('builtin'), builtin: z.string() }),
  z.strictObject({ kind: z.literal('corpus'), corpus: CorpusSearch, k: z.int().min(1).max(100).default(3) }),
  z.strictObject({
    kind: z.literal('mcp'),
    mcp: z.strictObject({
      url: Url,
      tool: z.string().min(1).max(200),
      secretRef: SecretRef.optional(),
      timeoutSeconds,
    }),
  }),
  z.strictObject({
    kind: z.literal('python'),
    python: z.strictObject({
      function: z.string().regex(/^[A-Za-z_][\w.]*:[A-Za-z_]\w*$/u, 'wanted package.module:function'),
      package: FileJson.optional().meta({ description: 'Its files; `POST /v1/tools/adopt` gives them.' }),
      lock: FileJson.optional(),
      timeoutSeconds,
    }),
  }),
  z.strictObject({
    kind: z.literal('lambda'),
    lambda: z.strictObject({ function: z.string().min(1).max(200), qualifier: z.string().min(1).max(128).optional() }),
  }),
]);

export const ToolAttributes = {
  description: z
    .string()
    .max(4000)
    .default('')
    .meta({ description: 'What the model is told; a built-in one has its own.' }),
  parameters: JsonValues.default({}).meta({
    description: 'JSON Schema of the arguments: {"type": "object", "properties": {...}, "required": [...]}.',
  }),
  target: Target,
};

/** A tool in place: as a Tool resource, with its name. */
export const ToolJson = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'a tool is called with letters, digits, "_" or "-", 64 at most'),
  ...ToolAttributes,
});
export type ToolDefinition = z.output<typeof ToolJson>;

const MAX_PARAMETERS_BYTES = 20_000;

/** The frozen form of a tool: what a model is told, what is called, its corpus pinned. Throws InvalidInput. */
export async function toolDeclaration(
  tool: ToolDefinition,
  ctx: Pick<Context, 'find' | 'version'>,
): Promise<ToolDeclaration> {
  const { name } = tool;
  if (name === 'finish')
    throw new InvalidInput('tool_reserved', '"finish" is the tool by which ReAct ends; choose another name', {
      problems: [{ pointer: '/name', detail: '"finish" is taken' }],
    });
  const target = await frozenTarget(tool.target, ctx);
  const face = { name, description: tool.description, parameters: tool.parameters as JsonObject };
  const own = { ...face, ...(target.kind === 'builtin' ? builtinFace(target.builtin, face) : {}) };
  if (target.kind === 'corpus' && Object.keys(own.parameters).length === 0)
    own.parameters = { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] };
  if (JSON.stringify(own.parameters).length > MAX_PARAMETERS_BYTES)
    throw invalid(
      '/parameters',
      `a tool's parameters take at most ${MAX_PARAMETERS_BYTES} bytes: every prompt has them`,
    );
  if (own.parameters.type !== undefined && own.parameters.type !== 'object')
    throw invalid('/parameters/type', 'the parameters of a tool are an object');
  argumentType(own.parameters);
  checkAddress(own.parameters, target);
  return { ...own, ...target };
}

async function frozenTarget(
  target: ToolDefinition['target'],
  ctx: Pick<Context, 'find' | 'version'>,
): Promise<ToolTarget> {
  if (target.kind === 'python' && target.python.package === undefined)
    throw invalid(
      '/target/python/package',
      `${target.python.function} names no files: dspex adopt ${target.python.function} --tool, or POST /v1/tools/adopt, gives them`,
    );
  if (target.kind !== 'corpus') return JSON.parse(JSON.stringify(target)) as ToolTarget;
  return { kind: 'corpus', corpus: await corpusPin(target.corpus, '/target/corpus', ctx), k: target.k };
}

function builtinFace(name: string, given: { description: string; parameters: JsonObject }) {
  const builtin = Object.hasOwn(BUILTINS, name) ? BUILTINS[name] : undefined;
  if (builtin === undefined)
    throw invalid('/target/builtin', `there is no built-in tool "${name}"; there are ${builtinNames()}`);
  return { description: given.description || builtin.description, parameters: builtin.parameters };
}

/** An address with its arguments must be one, and must leave the host alone. */
function checkAddress(parameters: JsonObject, target: ToolTarget): void {
  if (target.kind !== 'http') return;
  const { url } = target.http;
  const pointer = '/target/http/url';
  const filled = url.replaceAll(/[{}]/gu, 'x');
  if (!URL.canParse(filled) || !/^https?:$/u.test(new URL(filled).protocol))
    throw invalid(pointer, `wanted an http or https address, found ${url}`);
  if (/[{}]/u.test(url.split(/(?<!:|\/)[/?#]/u)[0] ?? ''))
    throw invalid(pointer, 'an argument cannot stand in the host');
  const known = Object.keys(argumentSchemas(parameters));
  const missing = placesOf(url).filter((name) => !known.includes(name));
  if (missing.length > 0)
    throw invalid(pointer, `it names {${missing.join('}, {')}}; the parameters are [${known.join(', ')}]`);
}

function invalid(pointer: string, detail: string): InvalidInput {
  return new InvalidInput('tool_invalid', detail, { problems: [{ pointer, detail }] });
}
