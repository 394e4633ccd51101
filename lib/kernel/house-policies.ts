import type { Access, Role } from './resource.ts';

/** What each role may do everywhere in its workspace. `system` is for our own workers alone. */
export const GRANTS: Record<Role, readonly Access[]> = {
  viewer: ['read'],
  operator: ['read', 'run', 'promote'],
  engineer: ['read', 'run', 'edit'],
  admin: ['read', 'run', 'edit', 'promote', 'administer'],
};

export const ACCESSES: readonly Access[] = ['read', 'run', 'edit', 'promote', 'administer', 'system'];

const SAME_WORKSPACE = 'principal.workspace == resource.workspace';

/**
 * The house's own policies by id. The isolation of workspaces stands in a `forbid`, which no added permit can overrule,
 * and again in every permit, because Cedar skips a `forbid` that errors.
 */
export const HOUSE_POLICIES: Readonly<Record<string, string>> = {
  isolation: `forbid (principal, action, resource) unless { ${SAME_WORKSPACE} };`,
  system: `permit (principal is System, action, resource) when { ${SAME_WORKSPACE} };`,
  ...Object.fromEntries(
    Object.entries(GRANTS).map(([role, accesses]) => [
      role,
      `permit (principal in Role::"${role}", action in [${accesses.map((access) => `Action::"${access}"`).join(', ')}], resource) when { ${SAME_WORKSPACE} };`,
    ]),
  ),
};

/**
 * Policies themselves are governed by the house alone: a workspace that forbade everything, or whose policy no longer
 * evaluates after an upgrade, could otherwise never be repaired by its own admin.
 */
export const HOUSE_GOVERNED: ReadonlySet<string> = new Set(['Policy']);
