import type { Decision } from './decide.ts';
import { GRANTS } from './house-policies.ts';
import type { ActionInfo } from './info.ts';
import type { Principal, RecordOf, Role } from './resource.ts';

/**
 * What Cedar answers when `HOUSE_POLICIES` are all there is, without loading it: most workspaces add no policy of their
 * own, and a process that starts for them should not pay for an engine that can only say this. `test/kernel/house-rule`
 * compares it with Cedar over every role set, access and pair of workspaces there is.
 */
export function decideByHouse(principal: Principal, action: ActionInfo, record: RecordOf | null): Decision {
  const { workspaceId } = principal;
  const asked = record === null ? workspaceId : record.workspaceId;
  if (typeof workspaceId !== 'string' || typeof asked !== 'string')
    return { allow: false, reasons: ['wanted workspaces named by text'] };
  const system = principal.system === true;
  if (action.access === 'system' && !system) return { allow: false, reasons: [`${action.id} does not apply to users`] };
  if (asked !== workspaceId) return { allow: false, reasons: ['isolation'] };
  const reasons = system ? ['system'] : ROLES.filter((role) => permits(principal, role, action));
  return { allow: reasons.length > 0, reasons };
}

const ROLES = Object.keys(GRANTS) as Role[];

function permits({ roles }: Principal, role: Role, { access }: ActionInfo): boolean {
  return roles.includes(role) && GRANTS[role].includes(access);
}
