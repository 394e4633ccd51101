import { createAuthorizer } from '#lib/kernel/authorize';
import { openNouns } from '#lib/kernel/nouns';
import type { RecordOf } from '#lib/kernel/resource';
import { ApiKey } from '#lib/resources/api-key/resource';
import { Policy } from '#lib/resources/policy/resource';

// A process that starts, makes one decision and ends: run by `run.ts` beside a bare `node -e 0`.
const nouns = openNouns([ApiKey, Policy]);
const store = { get: async () => null } as never;
const authorizer = createAuthorizer(nouns, store, { now: () => 0 });
const policy = await nouns.resource('Policy');
const { read } = policy.actions;
if (read === undefined) throw new Error('there is no policy to read');
const principal = { id: 'key_a', workspaceId: 'wsp_a', roles: ['admin'] as const };
const record = { id: 'pol_a', workspaceId: 'wsp_a', state: 'active' } as RecordOf;
const { allow } = await authorizer.decide(principal, policy, read, record);
if (!allow) throw new Error('a viewer could not read');
const { user, system } = process.cpuUsage();
console.log((user + system) / 1000);
