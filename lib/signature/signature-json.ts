import * as z from 'zod';
import { InvalidInput, type Problem } from '#lib/base/errors';
import type { Json } from '#lib/base/json';
import { instructionsOr } from './instructions.ts';
import { parseSignature } from './parse.ts';
import { parseFieldName, parseTypeText } from './parse-field.ts';
import type { NamedTypes } from './parse-type.ts';
import { typeSource } from './print.ts';
import type { Constraints, Field, FieldType, Signature } from './signature.ts';
import { validateInputs } from './validate.ts';

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** A type as data; every kind of FieldType. */
export const TypeJson: z.ZodType<FieldType> = z
  .lazy(() =>
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.enum(['str', 'int', 'float', 'bool', 'any', 'complex', 'bytes', 'bytearray']) }),
      z.strictObject({ kind: z.literal('none'), constant: z.literal(true).exactOptional() }),
      z.strictObject({
        kind: z.enum(['list', 'set', 'frozenset']),
        item: TypeJson.exactOptional(),
        alias: z.string().exactOptional(),
      }),
      z.strictObject({
        kind: z.literal('tuple'),
        items: z.array(TypeJson).exactOptional(),
        variadic: z.boolean().exactOptional(),
      }),
      z.strictObject({
        kind: z.literal('dict'),
        key: TypeJson.exactOptional(),
        value: TypeJson.exactOptional(),
        alias: z.string().exactOptional(),
      }),
      z.strictObject({ kind: z.literal('literal'), values: z.array(scalar).min(1) }),
      z.strictObject({ kind: z.literal('union'), options: z.array(TypeJson).min(2) }),
      z.strictObject({ kind: z.literal('dspy'), name: z.string(), argument: z.string().exactOptional() }),
      z.strictObject({ kind: z.literal('model'), name: z.string(), schema: z.record(z.string(), z.json()) }),
      z.strictObject({
        kind: z.literal('enum'),
        name: z.string(),
        members: z.array(z.strictObject({ name: z.string(), value: z.union([z.string(), z.number()]) })).min(1),
      }),
    ]),
  )
  .meta({ id: 'FieldType' });

const ConstraintNames = z.strictObject({
  gt: z.number().exactOptional(),
  ge: z.number().exactOptional(),
  lt: z.number().exactOptional(),
  le: z.number().exactOptional(),
  min_length: z.int().nonnegative().exactOptional(),
  max_length: z.int().nonnegative().exactOptional(),
  multiple_of: z.number().exactOptional(),
  allow_inf_nan: z.boolean().exactOptional(),
});

/** As they were written: a prompt lists them in that order, and a strict object would sort them. */
const ConstraintsJson = z
  .custom<Constraints>()
  .superRefine((value, context) => {
    for (const issue of ConstraintNames.safeParse(value).error?.issues ?? [])
      context.addIssue({ code: 'custom', path: issue.path, message: issue.message });
  })
  .meta(shapeOf(ConstraintNames));

/** What a custom schema accepts, for whoever reads its JSON Schema. */
function shapeOf(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...shape } = z.toJSONSchema(schema, { io: 'input' });
  return shape;
}

export const FieldJson = z.strictObject({
  name: z.string().max(200),
  /** Source as in the string form (`list[str]`) or data. */
  type: z.union([z.string().max(4096), TypeJson]).exactOptional(),
  description: z.string().exactOptional(),
  constraints: ConstraintsJson.exactOptional(),
  default: z.json().exactOptional(),
  prefix: z.string().exactOptional().meta({ description: 'A label of DSPy; no prompt shows it.' }),
});
export type FieldJson = z.infer<typeof FieldJson>;

/** The stored and field form of a signature: what the string form cannot say has a place here. */
export const SignatureJson = z.strictObject({
  name: z.string().max(200).exactOptional(),
  instructions: z.string().exactOptional(),
  inputs: z.array(FieldJson).max(1000),
  outputs: z.array(FieldJson).max(1000),
});
export type SignatureJson = z.infer<typeof SignatureJson>;

/**
 * A signature from JSON: a signature string or the field form. Throws InvalidInput whose problems name each path that
 * is wrong (SignatureSyntaxError for a string). `types` are classes the text may name beside the grammar's own.
 */
export function signatureFromJson(value: unknown, options: { types?: NamedTypes } = {}): Signature {
  const { types = {} } = options;
  if (typeof value === 'string') return parseSignature(value, { types });
  const parsed = SignatureJson.safeParse(value);
  if (!parsed.success) throw invalid(parsed.error.issues.map(problemOf));
  const { name, instructions, inputs, outputs } = parsed.data;
  const problems: Problem[] = [];
  const read = (side: 'inputs' | 'outputs', fields: readonly FieldJson[]): Field[] =>
    fields.flatMap((field, index) => fieldFromJson(field, `/${side}/${index}`, types, problems) ?? []);
  const signature: Signature = {
    name: name ?? 'StringSignature',
    instructions: '',
    inputs: read('inputs', inputs),
    outputs: read('outputs', outputs),
  };
  problems.push(...duplicates(signature), ...badDefaults(signature));
  if (problems.length > 0) throw invalid(problems);
  signature.instructions = instructionsOr(instructions, signature.inputs, signature.outputs);
  return signature;
}

/** The field form of a signature; `signatureFromJson` gives the same signature back. */
export function signatureToJson(signature: Signature): SignatureJson {
  const { name, instructions, inputs, outputs } = signature;
  return { name, instructions, inputs: inputs.map(fieldToJson), outputs: outputs.map(fieldToJson) };
}

function fieldToJson(field: Field): FieldJson {
  return { ...field, type: named(field.type) ? field.type : typeSource(field.type) };
}

/** Classes of the user's own have no source the grammar could read back. */
function named(type: FieldType): boolean {
  const parts: (FieldType | undefined)[] =
    type.kind === 'union'
      ? type.options
      : type.kind === 'tuple'
        ? (type.items ?? [])
        : type.kind === 'dict'
          ? [type.key, type.value]
          : type.kind === 'list' || type.kind === 'set' || type.kind === 'frozenset'
            ? [type.item]
            : [];
  return type.kind === 'model' || type.kind === 'enum' || parts.some((part) => part !== undefined && named(part));
}

function fieldFromJson(field: FieldJson, pointer: string, types: NamedTypes, problems: Problem[]): Field | undefined {
  try {
    parseFieldName(field.name);
  } catch (error) {
    problems.push({ pointer: `${pointer}/name`, detail: messageOf(error) });
    return undefined;
  }
  try {
    const type = typeof field.type === 'string' ? parseTypeText(field.type, types) : (field.type ?? { kind: 'str' });
    const { name, type: _, description = `\${${name}}`, ...rest } = field;
    return { name, type, description, ...rest } as Field;
  } catch (error) {
    problems.push({ pointer: `${pointer}/type`, detail: messageOf(error) });
    return undefined;
  }
}

function duplicates({ inputs, outputs }: Signature): Problem[] {
  const seen = new Set<string>();
  const problems: Problem[] = [];
  for (const [side, fields] of Object.entries({ inputs, outputs }))
    for (const [index, { name }] of fields.entries()) {
      if (seen.has(name)) problems.push({ pointer: `/${side}/${index}/name`, detail: `"${name}" is declared twice` });
      seen.add(name);
    }
  return problems;
}

/** A default must be a value of its own field. */
function badDefaults(signature: Signature): Problem[] {
  const problems: Problem[] = [];
  for (const side of ['inputs', 'outputs'] as const)
    for (const [index, field] of signature[side].entries()) {
      if (field.default === undefined || field.default === null) continue;
      const alone: Signature = { ...signature, inputs: [field], outputs: [] };
      for (const { detail } of validateInputs(alone, { [field.name]: field.default as Json }).problems)
        problems.push({ pointer: `/${side}/${index}/default`, detail });
    }
  return problems;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function problemOf(issue: { path: PropertyKey[]; message: string }): Problem {
  const pointer = issue.path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return { pointer, detail: issue.message };
}

function invalid(problems: Problem[]): InvalidInput {
  const shown = problems.map(({ pointer, detail }) => `${pointer || 'the whole'}: ${detail}`).join('; ');
  return new InvalidInput('signature_invalid', `Not a signature: ${shown}.`, { problems });
}
