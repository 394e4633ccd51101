import { Internal } from '#lib/base/errors';
import { sha256 } from '#lib/base/hash';
import type { Key } from '#lib/ports/store';

/** The item layout. Every key begins with the workspace, so no query can cross into another one. */
const root = (workspaceId: string) => {
  if (!/^[\w-]{1,64}$/.test(workspaceId)) throw new Internal('invalid_workspace', 'a workspace id has no separators');
  return `W#${workspaceId}#`;
};

export const HEAD_SK = 'HEAD';
export const VERSION_PREFIX = 'V#';
export const EVENT_PREFIX = 'EV#';

export function recordPk(workspaceId: string, kind: string, id: string): string {
  return `${root(workspaceId)}${kind}#${id}`;
}
export function headKey(workspaceId: string, kind: string, id: string): Key {
  return { pk: recordPk(workspaceId, kind, id), sk: HEAD_SK };
}
/** `V#000012`: six digits, so that sort keys sort by number. */
export function versionKey(workspaceId: string, kind: string, id: string, version: number): Key {
  return { pk: recordPk(workspaceId, kind, id), sk: VERSION_PREFIX + String(version).padStart(6, '0') };
}
export function eventKey(subject: Key, eventId: string): Key {
  return { pk: subject.pk, sk: EVENT_PREFIX + eventId };
}
export function uniqueKey(workspaceId: string, kind: string, attribute: string, value: unknown): Key {
  return { pk: `${root(workspaceId)}UNIQUE#${kind}#${attribute}#${keyText(value)}`, sk: '-' };
}
/** g1: everything of a kind. */
export function kindPk(workspaceId: string, kind: string): string {
  return root(workspaceId) + kind;
}
/** g2, g3: everything of a kind with these values, in the order of the declaration's `by`. */
export function indexPk(workspaceId: string, kind: string, index: string, values: readonly unknown[]): string {
  return `${root(workspaceId)}${kind}#${index}#${values.map(keyText).join('#')}`;
}
export function policySetKey(workspaceId: string): Key {
  return { pk: `${root(workspaceId)}POLICIES`, sk: '-' };
}
/** Outside any workspace: an API key is looked up before the workspace is known. */
export function apiKeyKey(id: string): Key {
  return { pk: `KEY#${id}`, sk: '-' };
}
export function workspaceNameKey(name: string): Key {
  return { pk: `WORKSPACE#${keyText(name)}`, sk: '-' };
}
export function idempotencyKey(workspaceId: string, principal: string, route: string, key: string): Key {
  return { pk: `${root(workspaceId)}IDEMPOTENCY#${sha256(JSON.stringify([principal, route, key]))}`, sk: '-' };
}

/** Readable when short and plain; else a hash, so that no value can forge a separator or outgrow a key. */
function keyText(value: unknown): string {
  const text = String(value).normalize('NFC');
  return /^[\w.:/@ -]{1,120}$/.test(text) ? text : `=${sha256(JSON.stringify(text))}`;
}
