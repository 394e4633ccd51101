import { Internal } from '#lib/base/errors';
import { isJsonObject, type Json } from '#lib/base/json';
import type { Acting, Kernel } from '#lib/kernel/kernel';
import type { Key, Store } from '#lib/ports/store';
import type { WorkflowRun } from '#lib/ports/workflows';
import type { ProgramVersionBody } from '#lib/program/program';
import { rowKey } from '#lib/resources/rows';
import { systemOf } from '#lib/work/home';

/** A version of a program, which has one version of one state machine. */
export interface MachineOf {
  workspaceId: string;
  programId: string;
  version: number;
}

/** Publishes a definition under a name and gives the version's ARN; the same definition gives the same one. */
export type Publish = (name: string, definition: string, tags: Record<string, string>) => Promise<string>;

const machineKey = ({ workspaceId, programId, version }: MachineOf): Key =>
  rowKey({ workspaceId, resource: 'Program', id: programId, kind: 'machine' }, String(version));

/** The machine of the version a run has pinned. `make` is asked for one that is not there yet. */
export function machineOf(parts: {
  kernel: () => Kernel;
  store: Store;
  make: (of: MachineOf) => Promise<Json>;
}): (run: WorkflowRun) => Promise<string> {
  return async ({ workspaceId, executionId }) => {
    const acting = parts.kernel().acting(systemOf({ workspaceId, principal: 'system' }));
    const { programId, version } = await acting.get<{ programId: string; version: number }>('Execution', executionId);
    const of = { workspaceId, programId, version };
    const known = (await parts.store.get(machineKey(of)))?.data.arn;
    if (typeof known === 'string') return known;
    const made = await parts.make(of);
    if (isJsonObject(made) && typeof made.arn === 'string') return made.arn;
    throw new Internal('no_machine', `no state machine was made for ${programId}@${version}`);
  };
}

/** Compiles a version, publishes its machine and remembers the ARN. Done again it changes nothing. */
export async function makeMachine(
  parts: { acting: Acting; store: Store; publish: Publish; stepFunction: string; prefix: string },
  of: MachineOf,
): Promise<string> {
  const { body } = await parts.acting.version<ProgramVersionBody>('Program', of.programId, of.version);
  // Only the function that makes machines needs them; whoever starts one looks it up.
  const [{ compile }, { configuredWith }] = await Promise.all([
    import('#lib/compiler/compile'),
    import('#lib/work/program-run'),
  ]);
  const { plan } = await configuredWith(body, {});
  const { definition } = compile(plan, { stepFunction: parts.stepFunction });
  const arn = await parts.publish(`${parts.prefix}${of.programId}`, definition, { 'dspex:program': of.programId });
  await parts.store.transact([{ put: { ...machineKey(of), data: { arn } } }]);
  return arn;
}
