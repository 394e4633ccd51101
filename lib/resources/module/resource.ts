import * as z from 'zod';
import { MODULE_TYPES, type ModuleSpec } from '#lib/module/spec';
import { signatureFromJson } from '#lib/signature/signature-json';
import { Description, JsonValues, Name } from '../attributes.ts';
import { type Context, defineResource } from '../define.ts';
import { LmParameters } from '../language-model/resource.ts';
import { defined } from '../language-model/settings.ts';
import { SignatureOrRef } from '../signature/definition.ts';
import { under } from '../under.ts';

/** A module as users write it: the signature in place (string or fields) or by the name of a Signature resource. */
export const ModuleJson = z.strictObject({
  type: z.enum(MODULE_TYPES),
  implementation: z.enum(['native', 'python', 'hybrid']).default('native'),
  signature: SignatureOrRef,
  instructions: z.string().max(100_000).optional(),
  demos: z.array(JsonValues).max(1000).default([]),
  config: LmParameters.default({}),
  lm: z.string().optional(),
  adapter: z.enum(['chat', 'json', 'xml']).optional(),
});
export type ModuleDefinition = z.output<typeof ModuleJson>;

export const Module = defineResource({
  name: 'Module',
  path: 'modules',
  idPrefix: 'mod',
  doc: 'A reusable component: a module type over a signature, with its demos and model settings.',
  attributes: { name: Name, description: Description, definition: ModuleJson },
  unique: ['name'],
  versions: 'attributes',
  actions: (a) => ({
    create: a.create({
      doc: 'Declare a module.',
      accept: ['name', 'description', 'definition'],
      run: async ({ input, ctx }) => {
        await under('/definition', () => moduleSpec(input.definition, ctx));
        return {};
      },
    }),
    update: a.update({
      doc: 'Change it; published program versions keep their copy.',
      accept: ['name', 'description', 'definition'],
      run: async ({ input, ctx }) => {
        const { definition } = input;
        if (definition !== undefined) await under('/definition', () => moduleSpec(definition, ctx));
        return {};
      },
    }),
    delete: a.remove({ doc: 'Remove it; program versions made with it keep their copy.' }),
  }),
});

/** The frozen form of what a user wrote: names resolved, defaults filled in. */
export async function moduleSpec(definition: ModuleDefinition, ctx: Pick<Context, 'find'>): Promise<ModuleSpec> {
  const { signature: written, instructions, demos, config, lm, adapter, type, implementation } = definition;
  const source =
    typeof written === 'object' && 'ref' in written
      ? (await ctx.find<{ definition: unknown }>('Signature', written.ref)).definition
      : written;
  const signature = await under('/signature', () => signatureFromJson(source));
  return {
    type,
    implementation,
    signature: instructions === undefined ? signature : { ...signature, instructions },
    demos,
    config: defined(config),
    ...(lm === undefined ? {} : { lm }),
    ...(adapter === undefined ? {} : { adapter }),
  };
}
