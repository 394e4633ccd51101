import { Buffer } from 'node:buffer';
import * as z from 'zod';
import { InvalidInput, Unavailable } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import type { MetricSpec } from '#lib/metric/spec';
import { packageAsk, packagesOf } from '#lib/module/python-package';
import type { FieldType } from '#lib/signature/signature';
import type { Context } from '../define.ts';
import { lockOf, MAX_PACKED_BYTES, readPackage } from './adopt-package.ts';
import { adoptRefusal } from './adopt-refusal.ts';
import type { Described } from './adopt-source.ts';

export const adoptUpload = { maxBytes: MAX_PACKED_BYTES, contentTypes: ['application/gzip'] };

const entry = z.string().max(400);
/** The query string beside the archive, which knows only text; lists are separated by commas. */
export const adoptInput = {
  entry: entry.meta({ description: 'PACKAGE.MODULE:CLASS of a dspy.Module.' }),
  metric: entry.optional().meta({ description: 'PACKAGE.MODULE:FUNCTION of a metric in the same package.' }),
  lm: z.string().max(2000).optional().meta({ description: 'Models, as "a,b"; the first answers. Default: `default`.' }),
  inputs: z
    .string()
    .max(2000)
    .optional()
    .meta({ description: 'Parameters with a default that are inputs nevertheless, as "k,hint"; null is the default.' }),
  outputs: z
    .string()
    .max(2000)
    .optional()
    .meta({ description: 'Names of what it gives, as "answer,notes", where its code does not tell.' }),
};

export const adoptOutput = z.object({
  name: z.string(),
  source: z.json().meta({ description: 'What `publish` takes.' }),
  metric: z.json().nullable().meta({ description: 'The metric function as the `spec` of a Metric.' }),
  notes: z.array(z.string()),
});

/** Importing and making a program; what takes longer never ends, as far as anybody can tell. */
const IMPORT_MS = 60_000;
const ANY: FieldType = { kind: 'any' };

/** A dspy.Module of a package as the source of a program with one Python node. Throws InvalidInput for what is none. */
export async function adopt(
  input: z.output<z.ZodObject<typeof adoptInput>>,
  upload: AsyncIterable<Uint8Array>,
  ctx: Pick<Context, 'workspaceId' | 'services' | 'signal'>,
): Promise<z.input<typeof adoptOutput>> {
  const { blobs } = ctx.services;
  const { packed, files } = await readPackage(upload);
  const lock = lockOf(input.entry, files);
  const refs = {
    entry: input.entry,
    package: await blobs.put(ctx.workspaceId, packed),
    ...(lock === undefined ? {} : { lock: await blobs.put(ctx.workspaceId, Buffer.from(lock)) }),
  };
  const described = withInputs(withOutputs(await describe(refs, input.metric, ctx), input), listed(input.inputs));
  const lms = listed(input.lm);
  const { adoptedSource } = await import('./adopt-source.ts');
  const source = adoptedSource(described, refs, lms);
  const { entry: program, ...where } = refs;
  const outputs = described.outputs.map(({ name }) => name);
  const [first] = lms;
  const metric: MetricSpec | null =
    input.metric === undefined
      ? null
      : { kind: 'python', entry: input.metric, outputs, ...where, program, lm: first ?? 'default' };
  return {
    name: source.graph.name,
    source: source as unknown as JsonObject,
    metric: metric as unknown as JsonObject | null,
    notes: [...described.notes, ...notesOn(described, lms)],
  };
}

async function describe(
  refs: Parameters<typeof packagesOf>[0] & { entry: string },
  metric: string | undefined,
  { services, workspaceId, signal }: Pick<Context, 'workspaceId' | 'services' | 'signal'>,
): Promise<Described> {
  const { python, blobs } = services;
  if (python === undefined) throw new Unavailable('python_unavailable', 'No Python runtime is set up here.');
  const packages = packagesOf(refs, workspaceId, blobs);
  try {
    const described = await python.call({
      operation: 'describe_program',
      payload: { package: { ...refs.package }, entry: refs.entry, ...(metric === undefined ? {} : { metric }) },
      timeoutMs: IMPORT_MS,
      waitMs: IMPORT_MS,
      repeatable: true,
      asks: { package: packageAsk(refs, workspaceId, blobs) },
      ...(packages === undefined ? {} : { packages }),
      ...(signal === undefined ? {} : { signal }),
    });
    return described as unknown as Described;
  } catch (error) {
    throw adoptRefusal(refs.entry, error, IMPORT_MS);
  }
}

/** A program's inputs are all given, so what has a default is one only when somebody asks for it. */
function withInputs(described: Described, wanted: readonly string[]): Described {
  const names = described.inputs.map(({ name }) => name);
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new InvalidInput('program_input_unknown', `there is no parameter ${unknown}; there are ${names.join(', ')}`);
  const inputs = described.inputs.filter(({ name, required }) => required || wanted.includes(name));
  const left = described.inputs.filter((input) => !inputs.includes(input)).map(({ name }) => name);
  const note = `parameters with a default keep it: ${left.join(', ')} (--input makes one an input)`;
  return { ...described, inputs, notes: left.length === 0 ? described.notes : [...described.notes, note] };
}

function withOutputs(
  described: Described,
  { outputs: given, entry }: { outputs?: string | undefined; entry: string },
): Described {
  const names = listed(given);
  if (names.length === 0 && described.outputs.length > 0) return described;
  if (names.length === 0)
    throw new InvalidInput(
      'program_outputs_unknown',
      `what ${entry} gives cannot be read from its forward: name it, such as outputs=answer,notes (--output answer)`,
    );
  const type = (name: string) => described.outputs.find((output) => output.name === name)?.type ?? ANY;
  return { ...described, outputs: names.map((name) => ({ name, type: type(name) })) };
}

function notesOn({ lm, predictors, inputs }: Described, lms: readonly string[]): string[] {
  const notes: string[] = [];
  if (lm !== null && !lms.includes(lm))
    notes.push(
      `its code configures ${lm}; ${lms[0] ?? 'the model called default'} answers instead (--lm ${lm} would change that)`,
    );
  const own = predictors.filter((one) => one.lm !== null).map(({ name, lm: asked }) => `${name} asks ${asked}`);
  if (own.length > 0) notes.push(`predictors with a model of their own keep it: ${own.join(', ')}`);
  if (predictors.length === 0) notes.push('it has no predictors, so there is nothing to optimize');
  if (inputs.length === 0) notes.push('its forward takes no inputs');
  return notes;
}

const listed = (text: string | undefined): string[] =>
  (text ?? '').split(',').flatMap((one) => (one.trim() === '' ? [] : [one.trim()]));
