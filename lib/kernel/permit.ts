import { Forbidden } from '#lib/base/errors';
import { actionOf, type House, missing } from './house.ts';
import type { ActionInfo, ResourceInfo } from './info.ts';
import type { Principal, RecordOf } from './resource.ts';

/** Returns when the principal may; else Forbidden, or NotFound (of the name `asked` for) when it may not even see the record. */
export async function permit(
  house: House,
  principal: Principal,
  info: ResourceInfo,
  action: ActionInfo,
  record: RecordOf | null,
  asked: string = record?.id ?? '',
): Promise<void> {
  const decision = await house.authorizer.decide(principal, info, action, record);
  if (decision.allow) return;
  if (record !== null && (action.name === 'read' || !(await mayRead(house, principal, info, record))))
    throw missing(info, asked);
  const who = principal.system === true ? 'the system' : `${principal.id} (${principal.roles.join(', ') || 'no role'})`;
  throw new Forbidden('forbidden', `${who} may not ${action.id}`, { extra: { policies: [...decision.reasons] } });
}

export async function mayRead(
  house: House,
  principal: Principal,
  info: ResourceInfo,
  record: RecordOf,
): Promise<boolean> {
  return (await house.authorizer.decide(principal, info, actionOf(info, 'read'), record)).allow;
}
