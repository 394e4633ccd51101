import * as z from 'zod';
import { InvalidInput } from '#lib/base/errors';
import { apiKeyItem, newToken, tokenId } from '#lib/kernel/authenticate';
import { apiKeyKey } from '#lib/kernel/keys';
import { ROLES } from '#lib/kernel/resource';
import { Name } from '../attributes.ts';
import { defineResource } from '../define.ts';

/** The record is what may be seen of a key; what proves it lies elsewhere, as a hash (kernel/authenticate). */
export const ApiKey = defineResource({
  name: 'ApiKey',
  path: 'api-keys',
  idPrefix: 'key',
  doc: 'A key for the API, with roles. The key itself is shown once, when it is made.',
  readAccess: 'administer',
  attributes: {
    name: Name,
    roles: z.array(z.enum(ROLES)).min(1).max(ROLES.length),
    expiresAt: z.iso.datetime().nullable().default(null).meta({ description: 'When it stops working; null is never.' }),
  },
  unique: ['name'],
  states: ['active', 'revoked'],
  actions: (a) => ({
    create: a.create({
      doc: 'Make a key. `token` is in this answer and nowhere else.',
      access: 'administer',
      accept: ['name', 'roles', 'expiresAt'],
      reveals: { token: z.string() },
      run: ({ id, input, ctx }) => {
        if (input.expiresAt !== null && Date.parse(input.expiresAt) <= ctx.now) {
          const problems = [{ pointer: '/expiresAt', detail: 'is in the past' }];
          throw new InvalidInput('expires_in_the_past', `expiresAt ${input.expiresAt} is in the past`, { problems });
        }
        const token = newToken(id);
        const { roles, expiresAt } = input;
        const item = apiKeyItem(token, { workspaceId: ctx.workspaceId, roles, expiresAt });
        ctx.also({ put: item, condition: { kind: 'absent' } });
        return { reveal: { token }, event: { roles } };
      },
    }),
    adopt: a.create({
      doc: 'Accept a key that the process that serves the workspace was given.',
      access: 'system',
      accept: ['name', 'roles', 'expiresAt'],
      input: { token: z.string() },
      run: ({ id, input, ctx }) => {
        if (tokenId(input.token) !== id)
          throw new InvalidInput('invalid_api_key', 'the key does not belong to this id');
        const { token, roles, expiresAt } = input;
        const item = apiKeyItem(token, { workspaceId: ctx.workspaceId, roles, expiresAt });
        ctx.also({ put: item, condition: { kind: 'absent' } });
        return { event: { roles } };
      },
    }),
    revoke: a.update({
      doc: 'Make it useless, for good and at once.',
      access: 'administer',
      ifMatch: false,
      from: ['active'],
      to: 'revoked',
      run: ({ record, ctx }) => {
        ctx.also({ delete: apiKeyKey(record.id) });
        return {};
      },
    }),
  }),
});
