import { Conflict, Internal } from '#lib/base/errors';
import { isJsonObject, type Json } from '#lib/base/json';
import type { Acting, Kernel } from '#lib/kernel/kernel';
import type { Key, Page, Store } from '#lib/ports/store';
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

/** What the function that makes machines answers: a refusal says what in the program, or in the account, is in the way. */
export type MachineMade = { arn: string } | { refused: { code: string; message: string } };

/** Publishes a definition under a name and gives the version's ARN; the same definition gives the same one. */
export type Publish = (name: string, definition: string, tags: Record<string, string>) => Promise<string>;

const machineKey = ({ workspaceId, programId, version }: MachineOf): Key =>
  rowKey({ workspaceId, resource: 'Program', id: programId, kind: 'machine' }, String(version));

/**
 * The machine of the version a run has pinned. `make` is asked for one that is not there yet, or no longer; throws
 * Conflict `no_machine` with its reason when it refuses.
 */
export function machineOf(parts: {
  kernel: () => Kernel;
  store: Store;
  make: (of: MachineOf) => Promise<Json>;
}): (run: WorkflowRun, missing?: string) => Promise<string> {
  return async ({ workspaceId, executionId }, missing) => {
    const acting = parts.kernel().acting(systemOf({ workspaceId, principal: 'system' }));
    const { programId, version } = await acting.get<{ programId: string; version: number }>('Execution', executionId);
    const of = { workspaceId, programId, version };
    const known = (await parts.store.get(machineKey(of)))?.data.arn;
    if (typeof known === 'string' && known !== missing) return known;
    const made = await parts.make(of);
    if (isJsonObject(made) && typeof made.arn === 'string') return made.arn;
    if (isJsonObject(made) && isJsonObject(made.refused))
      throw new Conflict('no_machine', `${of.programId}@${version} has no state machine: ${made.refused.message}`);
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
  const key = machineKey(of);
  if (/:1$/.test(arn)) await forgetOthers(parts.store, key);
  await parts.store.transact([{ put: { ...key, data: { arn } } }]);
  return arn;
}

/**
 * A machine's first version may be that of one made again after somebody had deleted it: versions count from one again
 * then, and what other versions of the program remember may by now be another definition. They ask again, and find theirs.
 */
async function forgetOthers(store: Store, { pk, sk }: Key): Promise<void> {
  let cursor: string | null = null;
  do {
    const page: Page = await store.query({ pk, limit: 90, ...(cursor === null ? {} : { cursor }) });
    const others = page.items.filter((item) => item.sk !== sk).map((item) => ({ delete: { pk, sk: item.sk } }));
    if (others.length > 0) await store.transact(others);
    ({ cursor } = page);
  } while (cursor !== null);
}
