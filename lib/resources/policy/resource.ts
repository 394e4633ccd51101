import * as z from 'zod';
import { Conflict, InvalidInput } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import { policySetKey } from '#lib/kernel/keys';
import type { Key } from '#lib/ports/store';
import { Description, Name } from '../attributes.ts';
import { type Context, defineResource } from '../define.ts';

/** All policies of a workspace are one item, read with every decision that is not remembered. */
const MAX_POLICIES = 40;
const MAX_TEXT = 8000;

/** Cedar text a workspace adds to the house's own. In force from the moment the write is acknowledged. */
export const Policy = defineResource({
  name: 'Policy',
  path: 'policies',
  idPrefix: 'pol',
  doc: 'Cedar policies of the workspace, beside those of the house. A `forbid` always wins; a policy that cannot be evaluated denies.',
  attributes: {
    name: Name,
    description: Description,
    text: z.string().min(1).max(MAX_TEXT).meta({ description: 'One or more Cedar policies.' }),
  },
  unique: ['name'],
  actions: (a) => ({
    create: a.create({
      doc: `Add policies; ${MAX_POLICIES} records at most.`,
      access: 'administer',
      accept: ['name', 'description', 'text'],
      run: async ({ id, input, ctx }) => {
        const full = new Conflict(
          'too_many_policies',
          `a workspace has ${MAX_POLICIES} policies at most; put several into one text`,
        );
        ctx.also({ ...(await inForce(id, input.text, ctx)), add: { count: 1 }, condition: roomForOne }, full);
        return {};
      },
    }),
    update: a.update({
      doc: 'Change the text or its description.',
      access: 'administer',
      accept: ['description', 'text'],
      run: async ({ record, input, ctx }) => {
        if (input.text !== undefined) ctx.also(await inForce(record.id, input.text, ctx));
        return {};
      },
    }),
    remove: a.remove({
      doc: 'Take it out of force.',
      access: 'administer',
      run: ({ record, ctx }) => {
        ctx.also({ update: policySetKey(ctx.workspaceId), remove: [record.id], add: { count: -1 } });
      },
    }),
    validate: a.collection({
      doc: 'Everything wrong with a text, without adding it.',
      access: 'administer',
      effect: false,
      input: { text: z.string().min(1).max(MAX_TEXT) },
      output: z.object({ valid: z.boolean(), errors: z.array(z.object({ pointer: z.string(), detail: z.string() })) }),
      run: async ({ input, ctx }) => {
        const errors = await ctx.policies.problems(input.text);
        return { valid: errors.length === 0, errors };
      },
    }),
  }),
});

const roomForOne = {
  kind: 'any' as const,
  of: [
    { kind: 'missing' as const, attribute: 'count' },
    { kind: 'below' as const, attribute: 'count', value: MAX_POLICIES },
  ],
};

async function inForce(id: string, text: string, ctx: Context): Promise<{ update: Key; set: JsonObject }> {
  const errors = await ctx.policies.problems(text);
  if (errors.length > 0) {
    const problems = errors.map(({ detail }) => ({ pointer: '/text', detail }));
    throw new InvalidInput('invalid_policy', `the policy is not valid: ${errors[0]?.detail}`, { problems });
  }
  return { update: policySetKey(ctx.workspaceId), set: { [id]: await ctx.policies.stored(text) } };
}
