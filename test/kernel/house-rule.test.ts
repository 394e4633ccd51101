import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { describe, expect, test } from 'vitest';
import { cedarSchema } from '#lib/kernel/cedar-schema';
import { ask, reduce } from '#lib/kernel/decide';
import { HOUSE_POLICIES } from '#lib/kernel/house-policies';
import { decideByHouse } from '#lib/kernel/house-rule';
import type { ActionInfo, ResourceInfo } from '#lib/kernel/info';
import { parsePolicy, sightOf } from '#lib/kernel/policy-set';
import { type Principal, type RecordOf, ROLES, type Role } from '#lib/kernel/resource';
import { OTHER_WORKSPACE, openHouse, WORKSPACE } from './house.ts';

/** Cedar's answer to the same question, by the whole schema and the house's policies. */
async function byCedar() {
  const { kernel } = await openHouse();
  const infos = await kernel.resources();
  cedar.preparseSchema('house-rule', cedarSchema(infos));
  cedar.preparsePolicySet('house-rule', { staticPolicies: { ...HOUSE_POLICIES } });
  const sight = sightOf(Object.entries(HOUSE_POLICIES).map(([id, text]) => parsePolicy(cedar, id, text)));
  const decide = (principal: Principal, info: ResourceInfo, action: ActionInfo, record: RecordOf | null) =>
    ask(cedar, 'house-rule', 'house-rule', reduce(sight, [], principal, info, action, record));
  return { infos, decide };
}

const roleSets: Role[][] = Array.from({ length: 2 ** ROLES.length }, (_, bits) =>
  ROLES.filter((_role, i) => (bits >> i) % 2 === 1),
);

describe('the rule of the house', () => {
  test('is what Cedar says of its policies: for every set of roles, the system, every action, both workspaces', async () => {
    const { infos, decide } = await byCedar();
    const principals: Principal[] = [
      ...roleSets.map((roles) => ({ id: 'key_a', workspaceId: WORKSPACE, roles })),
      { id: 'key_a', workspaceId: WORKSPACE, roles: [], system: true },
      // What a system principal also carries gives it nothing more.
      { id: 'key_a', workspaceId: WORKSPACE, roles: ['admin'], system: true },
      { id: 'key_a', workspaceId: WORKSPACE, roles: ['root' as Role, 'Admin' as Role] },
    ];
    const records = [WORKSPACE, OTHER_WORKSPACE, ''].map((workspaceId) => ({ id: 'x', workspaceId }) as RecordOf);
    let compared = 0;
    let allowed = 0;
    // The policies tell actions apart by their access alone: everybody tries one of each, and the admin tries them all.
    const seen = new Set<string>();
    for (const info of infos)
      for (const action of Object.values(info.actions)) {
        const kind = `${action.access} ${action.collection}`;
        const trying = seen.has(kind) ? principals.filter(({ roles }) => roles.join() === 'admin') : principals;
        seen.add(kind);
        for (const principal of trying)
          for (const record of [null, ...records]) {
            const ours = decideByHouse(principal, action, record);
            const theirs = decide(principal, info, action, record);
            const question = `${action.id} ${principal.system ?? principal.roles} ${record?.workspaceId}`;
            expect(`${question} ${ours.allow}`).toBe(`${question} ${theirs.allow}`);
            const invalid = action.access === 'system' && principal.system !== true;
            if (!invalid) expect([...ours.reasons].sort(), question).toEqual([...theirs.reasons].sort());
            compared++;
            if (ours.allow) allowed++;
          }
      }
    expect(compared).toBeGreaterThan(700);
    expect(allowed).toBeGreaterThan(150);
  });

  test('denies what is no request at all, as Cedar does', async () => {
    const { infos, decide } = await byCedar();
    const info = infos.find(({ name }) => name === 'Paper') as ResourceInfo;
    const read = info.actions.read as ActionInfo;
    const record = { id: 'ppr_1', workspaceId: WORKSPACE } as RecordOf;
    const admin: Principal = { id: 'key_a', workspaceId: WORKSPACE, roles: ['admin'] };
    const nonsense: [Principal, RecordOf | null][] = [
      [{ ...admin, workspaceId: 7 as unknown as string }, record],
      [{ ...admin, workspaceId: 7 as unknown as string }, null],
      [admin, { ...record, workspaceId: null as unknown as string }],
      [{ ...admin, workspaceId: undefined as unknown as string }, { id: 'ppr_1' } as RecordOf],
    ];
    for (const [principal, asked] of nonsense) {
      expect(decide(principal, info, read, asked).allow).toBe(false);
      expect(decideByHouse(principal, read, asked).allow).toBe(false);
    }
  });
});
