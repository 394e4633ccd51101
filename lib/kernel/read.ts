import { InvalidInput, NotFound } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import { STORE_LIMITS } from '#lib/ports/store';
import { actionOf, type House, isId, missing } from './house.ts';
import type { ResourceInfo } from './info.ts';
import { headKey, indexPk, kindPk, recordPk, uniqueKey, VERSION_PREFIX, versionKey } from './keys.ts';
import { mayRead, permit } from './permit.ts';
import { recordOf, versionHeadOf, versionOf } from './record.ts';
import type { ListOptions, Principal, RecordOf, VersionOf } from './resource.ts';

/**
 * The record as it is stored, before anybody asked whether it may be seen; by id, or by its first unique attribute
 * (`GET /v1/programs/triage`). The keys hold the caller's workspace.
 */
export async function load(
  house: House,
  workspaceId: string,
  info: ResourceInfo,
  nameOrId: string,
): Promise<RecordOf | null> {
  const id = await idNamed(house, workspaceId, info, nameOrId);
  if (id === null) return null;
  if (info.reader !== null) return (await info.reader.get(house, workspaceId, id)) as RecordOf | null;
  return recordOf(info, await house.store.get(headKey(workspaceId, info.name, id)), house.blobs);
}

async function idNamed(
  house: House,
  workspaceId: string,
  info: ResourceInfo,
  nameOrId: string,
): Promise<string | null> {
  if (isId(info, nameOrId)) return nameOrId;
  const [attribute] = info.unique;
  if (attribute === undefined) return null;
  const item = await house.store.get(uniqueKey(workspaceId, info.name, attribute, nameOrId));
  return item === null ? null : String(item.data.id);
}

/** Names in errors are the ones asked for: a record that is hidden answers as one that is not there. */
export async function read(
  house: House,
  principal: Principal,
  info: ResourceInfo,
  nameOrId: string,
): Promise<RecordOf> {
  const record = await load(house, principal.workspaceId, info, nameOrId);
  if (record === null) throw missing(info, nameOrId);
  await permit(house, principal, info, actionOf(info, 'read'), record, nameOrId);
  return record;
}

/** One page. A page may hold fewer records than asked for although there are more: go by the cursor. */
export async function list(
  house: House,
  principal: Principal,
  info: ResourceInfo,
  options: ListOptions,
): Promise<{ items: RecordOf[]; cursor: string | null }> {
  await permit(house, principal, info, actionOf(info, 'list'), null);
  if (!Number.isInteger(options.limit) || options.limit < 1 || options.limit > STORE_LIMITS.page)
    throw new InvalidInput(
      'invalid_limit',
      `limit is a whole number from 1 to ${STORE_LIMITS.page}, not ${options.limit}`,
    );
  const page =
    info.reader === null
      ? await listHeads(house, principal.workspaceId, info, options)
      : await info.reader.list(house, principal.workspaceId, { ...options, filter: readerFilter(info, options) });
  const items: RecordOf[] = [];
  for (const record of page.items as RecordOf[]) if (await mayRead(house, principal, info, record)) items.push(record);
  return { items, cursor: page.cursor };
}

async function listHeads(house: House, workspaceId: string, info: ResourceInfo, options: ListOptions) {
  const page = await house.store.query({
    ...partition(workspaceId, info, options.filter ?? {}),
    order: options.order === 'oldest' ? 'ascending' : 'descending',
    limit: options.limit,
    ...(options.cursor === undefined ? {} : { cursor: options.cursor }),
  });
  const records = await Promise.all(page.items.map((item) => recordOf(info, item, house.blobs)));
  return { items: records.filter((record) => record !== null), cursor: page.cursor };
}

function partition(workspaceId: string, info: ResourceInfo, filter: Record<string, string>) {
  const names = Object.keys(filter);
  if (names.length === 0) return { index: 'g1' as const, pk: kindPk(workspaceId, info.name) };
  const index = info.indexes.find(
    ({ by }) => by.length === names.length && by.every((name) => Object.hasOwn(filter, name)),
  );
  if (index === undefined)
    throw badFilter(
      names,
      info.indexes.map(({ by }) => by.join(' with ')),
      info,
    );
  return {
    index: index.slot,
    pk: indexPk(
      workspaceId,
      info.name,
      index.name,
      index.by.map((name) => filter[name]),
    ),
  };
}

function readerFilter(info: ResourceInfo, options: ListOptions): Record<string, string> {
  const unknown = Object.keys(options.filter ?? {}).filter((name) => !info.reader?.filters.includes(name));
  if (unknown.length > 0) throw badFilter(unknown, info.reader?.filters ?? [], info);
  return options.filter ?? {};
}

function badFilter(names: string[], there: readonly string[], info: ResourceInfo): InvalidInput {
  const wanted = `the ${info.path} can be filtered by ${there.join(', or ') || 'nothing'}`;
  return new InvalidInput('invalid_filter', `${wanted}; asked for was ${names.join(' with ').slice(0, 200)}`);
}

export async function version(
  house: House,
  principal: Principal,
  info: ResourceInfo,
  id: string,
  number: number,
): Promise<VersionOf<JsonObject>> {
  const record = await read(house, principal, info, id);
  const there = record.latestVersion ?? 0;
  const item =
    Number.isInteger(number) && number >= 1 && number <= there
      ? await house.store.get(versionKey(principal.workspaceId, info.name, record.id, number))
      : null;
  if (item === null)
    throw new NotFound(
      'not_found',
      `${info.name} ${id} has no version ${number} (${there === 0 ? 'none yet' : `1 to ${there}`})`,
    );
  return versionOf(principal.workspaceId, item, house.blobs);
}

export async function versions(
  house: House,
  principal: Principal,
  info: ResourceInfo,
  options: { id: string; limit: number; cursor?: string },
): Promise<{ items: Omit<VersionOf, 'body'>[]; cursor: string | null }> {
  const { id } = await read(house, principal, info, options.id);
  const page = await house.store.query({
    pk: recordPk(principal.workspaceId, info.name, id),
    sk: { prefix: VERSION_PREFIX },
    order: 'descending',
    limit: options.limit,
    ...(options.cursor === undefined ? {} : { cursor: options.cursor }),
  });
  return { items: page.items.map(versionHeadOf), cursor: page.cursor };
}
