import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { cedarSchema } from '#lib/kernel/cedar-schema';
import { HOUSE_POLICIES } from '#lib/kernel/house-policies';
import { createKernel } from '#lib/kernel/kernel';
import type { Principal } from '#lib/kernel/resource';
import { openLocalHome } from '#lib/local/home';
import { Policy } from '#lib/resources/policy/resource';
import { Program } from '#lib/resources/program/resource';

/** What a request costs in the kernel, with the 6 policies of the house and with 44 of the workspace besides. */
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'dspex-bench-'));
const home = await openLocalHome(dir);
const kernel = createKernel({
  ...{ resources: [Program, Policy], store: home.store, blobs: home.blobs },
  ...{ clock: { now: () => Date.now() }, services: () => ({}) },
});
const as = (workspaceId: string): Principal => ({ id: 'key_a', workspaceId, roles: ['admin'] });

/** Median of 5 rounds, in microseconds of this process's own CPU time, so that busy neighbours count less. */
async function microseconds(calls: number, work: (i: number) => unknown): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < calls; i++) await work(round * calls + i);
    const { user, system } = process.cpuUsage(before);
    rounds.push((user + system) / calls);
  }
  return Math.round((rounds.sort((a, b) => a - b)[2] ?? 0) * 10) / 10;
}

async function prepared(workspaceId: string, policies: number) {
  const principal = as(workspaceId);
  for (let i = 0; i < policies; i++) {
    const text = `forbid (principal, action == Action::"Program.promote", resource) when { resource has name && resource.name == "x${i}" };`;
    if (i % 11 === 0) {
      const many = Array.from({ length: Math.min(11, policies - i) }, (_, k) =>
        text.replace(`"x${i}"`, `"x${i + k}"`),
      ).join('\n');
      await kernel.dispatch({ principal, resource: 'Policy', action: 'create', input: { name: `p${i}`, text: many } });
    }
  }
  const ids: string[] = [];
  for (let i = 0; i < 1000; i++) {
    const made = await kernel.dispatch({ principal, resource: 'Program', action: 'create', input: { name: `n${i}` } });
    if (made.kind === 'record') ids.push(made.id);
  }
  const read = (i: number) =>
    kernel.dispatch({ principal, resource: 'Program', action: 'read', id: ids[i % ids.length] ?? '' });
  /** Ends with Stale, after the decision and before any write. */
  const promote = (i: number) =>
    kernel
      .dispatch({
        principal,
        resource: 'Program',
        action: 'promote',
        id: ids[i % ids.length] ?? '',
        input: { version: 1 },
        ifMatch: 9,
      })
      .catch(() => null);
  return {
    readUs: await microseconds(2000, read),
    listOf100Us: await microseconds(50, () => kernel.list({ principal, resource: 'Program', limit: 100 })),
    // Every record has another name, and with 44 policies the name matters: 200 distinct decisions each round.
    promoteAnewUs: await microseconds(200, promote),
    promoteRememberedUs: await microseconds(200, (i) => promote(i % 200)),
  };
}

function rawDecision(schema: string, policies: Record<string, string>): (i: number) => void {
  cedar.preparseSchema('bench', schema);
  cedar.preparsePolicySet('bench', { staticPolicies: policies });
  const [principal, resource] = [
    { type: 'User', id: 'u' },
    { type: 'Program', id: 'r' },
  ];
  return () => {
    cedar.statefulIsAuthorized({
      ...{ principal, resource, action: { type: 'Action', id: 'Program.read' }, context: {} },
      ...{ preparsedSchemaName: 'bench', preparsedPolicySetId: 'bench', validateRequest: true },
      entities: [
        { uid: principal, attrs: { workspace: 'w', id: 'u' }, parents: [{ type: 'Role', id: 'admin' }] },
        { uid: resource, attrs: { workspace: 'w' }, parents: [] },
      ],
    });
  };
}

/** CPU time a process says it took, which a busy machine disturbs less than the clock. */
function milliseconds(args: string[]): number {
  const times = Array.from({ length: 9 }, () => {
    return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  });
  return Math.round(times.sort((a, b) => a - b)[4] ?? 0);
}

const bare = milliseconds(['-e', 'const { user, system } = process.cpuUsage(); console.log((user + system) / 1000)']);
const decided = milliseconds([here('./start.ts')]);
const result = {
  loadAverage: loadavg()[0],
  start: { bareNodeMs: bare, oneDecisionMs: decided, ratio: Math.round((decided / bare) * 10) / 10 },
  cedarAlone: {
    houseWholeSchemaUs: await microseconds(
      200,
      rawDecision(cedarSchema(await kernel.resources()), { ...HOUSE_POLICIES }),
    ),
  },
  house: await prepared('wsp_house', 0),
  with44Policies: await prepared('wsp_policies', 44),
};
console.log(result);
writeFileSync(here('./results/latest.json'), `${JSON.stringify(result, null, 2)}\n`);
await home.close();
rmSync(dir, { recursive: true, force: true });
