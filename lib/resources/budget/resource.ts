import * as z from 'zod';
import { Conflict, InvalidInput } from '#lib/base/errors';
import { type Amounts, DIMENSIONS } from '#lib/lm/budget/amounts';
import { opening, raising } from '#lib/lm/budget/ledger';
import { defineResource } from '../define.ts';
import { Balance, Cap } from './amounts.ts';
import { capKey, capOf, ledgerOf, ledgerPk } from './ledgers.ts';

const readOnly = { readOnly: true };

export const Budget = defineResource({
  name: 'Budget',
  path: 'budgets',
  idPrefix: 'bud',
  doc: 'A cap on what a workspace or one of its programs may spend on model calls: money, tokens, calls. Spend plus reservations never exceed it.',
  attributes: {
    programId: z
      .string()
      .nullable()
      .default(null)
      .meta({ description: 'The program it caps, by id or name; without one it caps the whole workspace.' }),
    cap: Cap,
    /** `workspace` or the program's id. */
    scope: z.string().meta(readOnly),
  },
  indexes: { byScope: { by: ['scope'] } },
  actions: (a) => ({
    create: a.create({
      doc: 'Cap a workspace or a program from now on; what was spent before does not count.',
      access: 'administer',
      accept: ['programId', 'cap'],
      run: async ({ id, input, ctx }) => {
        const programId =
          input.programId == null ? null : (await ctx.find<{ id: string }>('Program', input.programId)).id;
        const scope = programId ?? 'workspace';
        for (const operation of opening(ledgerPk(ctx.workspaceId, id), capOf(input.cap) ?? {})) ctx.also(operation);
        ctx.also({ put: { ...capKey(ctx.workspaceId, scope, id), data: {} } });
        return { set: { scope, programId }, event: { scope } };
      },
    }),
    raise: a.update({
      doc: 'Add to the cap. What is spent stays spent; a dimension without a cap gets none by this.',
      access: 'administer',
      input: { by: Cap },
      run: ({ record, input, ctx }) => {
        const by = capOf(input.by) ?? {};
        const cap: Amounts = { ...(capOf(record.cap) ?? {}) };
        for (const name of DIMENSIONS) {
          if (by[name] === undefined) continue;
          if (cap[name] === undefined)
            throw new InvalidInput('not_capped', `this budget has no cap on ${name} to raise`, {
              problems: [{ pointer: `/by/${name}`, detail: `capped are [${Object.keys(cap).join(', ')}]` }],
            });
          cap[name] += by[name];
          if (!Number.isSafeInteger(cap[name]))
            throw new InvalidInput('too_large', `a cap of ${cap[name]} ${name} is past what can be counted exactly`);
        }
        ctx.also(raising(ledgerPk(ctx.workspaceId, record.id), by), new Conflict('no_ledger', 'its ledger is gone'));
        return { set: { cap: { ...cap } }, event: { by: { ...by } } };
      },
    }),
    delete: a.remove({
      doc: 'Cap no longer. Work that has reserved from it ends with what it has.',
      run: ({ record, ctx }) => {
        // Its ledger stays: blocks that are still open close into it.
        ctx.also({ delete: capKey(ctx.workspaceId, record.scope, record.id) });
      },
      access: 'administer',
    }),
    balance: a.call({
      doc: 'What is spent, reserved by work under way, and left.',
      effect: false,
      output: Balance,
      run: async ({ record, ctx }) => {
        const state = await ledgerOf(ctx.services.store, ctx.workspaceId, record.id).state();
        if (state === null) throw new Conflict('no_ledger', 'its ledger is gone');
        return state;
      },
    }),
  }),
});
