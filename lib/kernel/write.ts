import { rfc3339 } from '#lib/base/clock';
import { Conflict, Internal, Stale } from '#lib/base/errors';
import { checksum } from '#lib/base/hash';
import { newId } from '#lib/base/id';
import { canonicalJson, type JsonObject } from '#lib/base/json';
import type { Item, Key } from '#lib/ports/store';
import { type House, missing, type Scope } from './house.ts';
import type { ActionInfo, ResourceInfo } from './info.ts';
import { headKey, uniqueKey } from './keys.ts';
import { eventItem, type QueuedMessage } from './outbox.ts';
import { attributesOf, itemOf, REMOVED, tombstoneOf, versionItemOf } from './record.ts';
import type { RecordOf } from './resource.ts';
import { type Refusal, type Transaction, textOf } from './transaction.ts';

/** One record's change, on its way into a transaction. */
export interface RecordWrite {
  info: ResourceInfo;
  action: ActionInfo;
  /** `null`: it is new. */
  before: RecordOf | null;
  /** `null`: it is removed. */
  after: RecordOf | null;
  /** Body of a version to append. */
  version: JsonObject | null;
  event: JsonObject;
  messages: readonly QueuedMessage[];
  ifMatch: number | undefined;
  /** The id was chosen by the caller, so a taken one is the caller's to know. */
  chosenId: boolean;
}

/** Head, version, unique names and event: what every change consists of, each under its condition. */
export async function stageWrite(house: House, scope: Scope, tx: Transaction, write: RecordWrite): Promise<void> {
  const { info, action, before, after } = write;
  const record = after ?? before;
  if (record === null) throw new Internal('nothing_to_write', `${action.id} wrote a record that never was`);
  const time = rfc3339(scope.now);
  const head = after === null ? tombstoneOf(info, record, time) : await itemOf(info, after, house.blobs);
  tx.add(
    before === null
      ? { put: head, condition: { kind: 'absent' } }
      : {
          put: head,
          condition: {
            kind: 'all',
            of: [
              { kind: 'equals', attribute: 'rev', value: before.rev },
              { kind: 'equals', attribute: 'state', value: before.state },
            ],
          },
        },
    headRefusal(write, record),
  );
  tx.records.set(textOf(head), after);
  if (write.version !== null && after !== null) {
    const body = { version: after.latestVersion ?? 1, createdAt: time, createdBy: scope.principal.id };
    const version = { ...body, checksum: checksum(write.version), body: write.version };
    tx.add(
      { put: await versionItemOf(info, after, version, house.blobs), condition: { kind: 'absent' } },
      () => 'again',
    );
  }
  stageUnique(tx, write, record);
  const item = eventItem(head, {
    id: newId('evt', scope.now),
    type: action.id,
    workspaceId: record.workspaceId,
    subject: record.id,
    rev: Number(head.data.rev),
    principal: scope.principal,
    time,
    traceId: scope.traceId,
    changed: changedNames(info, before, after),
    data: { ...(write.version === null ? {} : { version: after?.latestVersion ?? 1 }), ...write.event },
    messages: write.messages,
  });
  tx.add({ put: item, condition: { kind: 'absent' } }, () => 'again');
}

/** An event of its own, for a call that wrote or sent something without changing its record. */
export function stageEvent(
  scope: Scope,
  tx: Transaction,
  action: ActionInfo,
  record: RecordOf | null,
  messages: readonly QueuedMessage[],
): void {
  const { workspaceId } = scope.principal;
  const subject: Key =
    record === null ? headKey(workspaceId, 'Workspace', workspaceId) : headKey(workspaceId, action.resource, record.id);
  const item = eventItem(subject, {
    id: newId('evt', scope.now),
    type: action.id,
    workspaceId,
    subject: record?.id ?? workspaceId,
    rev: null,
    principal: scope.principal,
    time: rfc3339(scope.now),
    traceId: scope.traceId,
    changed: [],
    data: {},
    messages,
  });
  tx.add({ put: item, condition: { kind: 'absent' } }, () => 'again');
}

/** Names of the attributes, `state` among them, whose values differ. */
export function changedNames(info: ResourceInfo, before: RecordOf | null, after: RecordOf | null): string[] {
  const [a, b] = [before, after].map((record) =>
    record === null ? {} : { state: record.state, ...attributesOf(info, record) },
  ) as [JsonObject, JsonObject];
  return Object.keys({ ...a, ...b }).filter((name) => canonicalJson(a[name]) !== canonicalJson(b[name]));
}

export function headRefusal({ info, before, ifMatch, chosenId }: RecordWrite, record: RecordOf): Refusal {
  return (found: Item | null) => {
    if (before === null)
      return chosenId ? new Conflict('already_exists', `there is a ${info.name} "${record.id}" already`) : 'again';
    if (found === null || found.data.state === REMOVED) return missing(info, record.id);
    return ifMatch === undefined ? 'again' : stale(info, record.id, ifMatch, Number(found.data.rev));
  };
}

export function stale(info: ResourceInfo, id: string, wanted: number, found: number): Stale {
  return new Stale('stale', `${info.name} ${id} is at revision ${found}; If-Match names ${wanted}`);
}

function stageUnique(tx: Transaction, { info, before, after }: RecordWrite, record: RecordOf): void {
  for (const attribute of info.unique) {
    const [old, wanted] = [before, after].map((one) => (one as Record<string, unknown> | null)?.[attribute] ?? null);
    const keyFor = (value: unknown) => uniqueKey(record.workspaceId, info.name, attribute, value);
    const [oldKey, newKey] = [old === null ? null : keyFor(old), wanted === null ? null : keyFor(wanted)];
    if (oldKey?.pk === newKey?.pk) continue;
    if (oldKey !== null) tx.add({ delete: oldKey }, () => 'again');
    if (newKey !== null)
      tx.add({ put: { ...newKey, data: { id: record.id } }, condition: { kind: 'absent' } }, () =>
        taken(info, attribute, wanted),
      );
  }
}

function taken(info: ResourceInfo, attribute: string, value: unknown): Conflict {
  return new Conflict(
    'name_taken',
    `there is a ${info.name} with ${attribute} "${String(value).slice(0, 120)}" already`,
    {
      problems: [{ pointer: `/${attribute}`, detail: 'is taken' }],
    },
  );
}
