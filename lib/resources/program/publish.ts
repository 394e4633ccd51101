import * as z from 'zod';
import { InvalidInput } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import type { ProgramVersionBody } from '#lib/program/program';
import { JsonValues } from '../attributes.ts';
import type { Context } from '../define.ts';
import { ProgramSource } from './source.ts';

/** Where a version comes from. */
export const Lineage = z.object({
  parent: z.int().nullable(),
  optimizationId: z.string().nullable(),
  trial: z.string().nullable(),
  note: z.string(),
});

export const publishInput = {
  source: ProgramSource.optional(),
  base: z
    .int()
    .min(1)
    .optional()
    .meta({ description: 'The version whose variable values are changed by `assignment`.' }),
  assignment: JsonValues.optional(),
  optimizationId: z.string().nullable().default(null),
  trial: z.string().nullable().default(null),
  note: z.string().max(4000).default(''),
};

/** The next version of a program: a new source, or an earlier version under other values. Throws InvalidInput. */
export async function nextVersion(
  program: { id: string; latestVersion?: number },
  input: z.output<z.ZodObject<typeof publishInput>>,
  ctx: Context,
) {
  const { source, base, assignment = {}, optimizationId, trial, note } = input;
  const { checkLineage } = await import('../optimization/apply.ts');
  await checkLineage(program.id, input, ctx);
  const body = await bodyOf(program.id, { source, base, assignment }, ctx);
  const parent = base ?? (program.latestVersion || null);
  return {
    version: versionBody(body, { parent, optimizationId, trial, note }),
    event: { checksum: body.checksum, parent },
  };
}

async function bodyOf(
  programId: string,
  { source, base, assignment }: Pick<z.output<z.ZodObject<typeof publishInput>>, 'source' | 'base' | 'assignment'>,
  ctx: Context,
): Promise<ProgramVersionBody> {
  // With the first version that is published: programs are read and run much more often.
  const { freezeSource, withAssignment } = await import('./freeze-source.ts');
  if (source !== undefined && base === undefined)
    return freezeSource({ ...source, assignment: { ...source.assignment, ...assignment } }, ctx);
  if (source === undefined && base !== undefined)
    return withAssignment((await ctx.version<ProgramVersionBody>('Program', programId, base)).body, assignment ?? {});
  throw new InvalidInput('publish_what', 'wanted either `source` or `base` (with `assignment`)', {
    problems: [{ pointer: '/source', detail: 'give a source, or a base version and the values to change' }],
  });
}

/** The first version of a program that is made of a source. */
export async function firstVersion(source: z.output<typeof ProgramSource>, ctx: Context) {
  const { freezeSource } = await import('./freeze-source.ts');
  const body = await freezeSource(source, ctx);
  return {
    version: versionBody(body, { parent: null, optimizationId: null, trial: null, note: '' }),
    event: { checksum: body.checksum },
  };
}

/** What a version is stored as. */
export function versionBody(body: ProgramVersionBody, lineage: JsonObject): JsonObject {
  return { ...(body as unknown as JsonObject), lineage };
}
