import * as z from 'zod';
import type { Adapter } from '#lib/adapter/adapter';
import { adapters } from '#lib/adapter/adapters';
import { InvalidInput } from '#lib/base/errors';
import type { Signature } from '#lib/signature/signature';
import { FieldJson, SignatureJson, signatureFromJson } from '#lib/signature/signature-json';
import { type CommandCall, WrongUsage } from './command.ts';
import { text } from './options.ts';

/** What `render` and `parse` share: which adapter, and how a line names its signature. */

export function adapterOf(call: CommandCall): Adapter {
  const name = text(call, 'adapter') ?? 'chat';
  const adapter = (adapters as Record<string, Adapter>)[name];
  if (adapter === undefined)
    throw new WrongUsage(`--adapter wants one of ${Object.keys(adapters).join(', ')}, there was "${name}"`);
  return adapter;
}

const Values = z.record(z.string(), z.json());

/** `fields` describe fields of a signature string by name: `{"answer": {"description": "..."}}`. */
const Base = {
  signature: z.union([z.string().max(65_536), SignatureJson]),
  instructions: z.string().optional(),
  fields: z.record(z.string(), FieldJson.omit({ name: true })).optional(),
};
export const RenderLine = z.strictObject({
  ...Base,
  inputs: Values,
  demos: z.array(Values).default([]),
  history: z.array(Values).optional(),
});
export const ParseLine = z.strictObject({ ...Base, completion: z.string() });

/** A line as the command wants it, or an error that names what is wrong where. */
export function lineOf<T extends z.ZodType>(schema: T, line: unknown): z.output<T> {
  const parsed = schema.safeParse(line);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `/${issue.path.join('/')}: ${issue.message}`);
  throw new InvalidInput('line_invalid', issues.join('; '));
}

export function signatureOf({
  signature,
  instructions,
  fields = {},
}: {
  signature: unknown;
  instructions?: string | undefined;
  fields?: Record<string, unknown> | undefined;
}): Signature {
  const read = signatureFromJson(signature);
  const known = [...read.inputs, ...read.outputs].map((field) => field.name);
  for (const name of Object.keys(fields)) {
    if (!known.includes(name))
      throw new InvalidInput(
        'field_unknown',
        `fields: "${name}" is no field of the signature; there are ${known.join(', ')}`,
      );
  }
  const described = (side: Signature['inputs']) =>
    side.map((field) => ({ ...field, ...(fields[field.name] as object | undefined) }));
  // Read again: overridden types are text, and what no longer fits is said.
  return signatureFromJson({
    name: read.name,
    instructions: instructions ?? read.instructions,
    inputs: described(read.inputs),
    outputs: described(read.outputs),
  });
}
