import { rfc3339 } from '#lib/base/clock';
import { Conflict, Internal, InvalidInput, PreconditionRequired, TooLarge } from '#lib/base/errors';
import { newId } from '#lib/base/id';
import type { Json, JsonObject } from '#lib/base/json';
import { initialValue } from './attribute.ts';
import { contextFor, type Pending, systemFor } from './context.ts';
import { decode, problemsOf } from './decode.ts';
import { encode } from './encode.ts';
import { actionOf, type House, isId, missing, type Scope } from './house.ts';
import type { ActionInfo, ResourceInfo } from './info.ts';
import { headKey } from './keys.ts';
import { permit } from './permit.ts';
import { load } from './read.ts';
import { attributesOf } from './record.ts';
import type { DispatchRequest, DispatchResult } from './request.ts';
import type { Accepted, Action, Change, RecordOf } from './resource.ts';
import { type Transaction, textOf } from './transaction.ts';
import { changedNames, stageEvent, stageWrite, stale } from './write.ts';

/** One action on its way into a transaction: what the request says, without who and when (`Scope`). */
export type Call = Pick<
  DispatchRequest,
  'resource' | 'action' | 'id' | 'input' | 'ifMatch' | 'requireIfMatch' | 'upload'
>;

export interface Staged {
  result: DispatchResult;
  /** What a replay may show: without values that are revealed once. */
  kept: DispatchResult;
}

interface Step {
  house: House;
  scope: Scope;
  tx: Transaction;
  info: ResourceInfo;
  action: ActionInfo;
  call: Call;
  input: Record<string, unknown>;
  pending: Pending;
  /** Did the action's code ask for further writes? */
  wroteAlso: () => boolean;
}

/** The pipeline up to the commit: decode, load, authorize, check the transition, run, put the writes into `tx`. */
export async function stage(house: House, scope: Scope, tx: Transaction, call: Call): Promise<Staged> {
  const info = await house.resource(call.resource);
  const action = actionOf(info, call.action);
  const input = decode(info, action, call.input);
  if (action.ifMatch && call.requireIfMatch === true && call.ifMatch === undefined)
    throw new PreconditionRequired(
      'if_match_required',
      `${action.id} wants If-Match with the revision it is meant for`,
    );
  let also = false;
  const pending: Pending = {
    messages: [],
    also: (operation, refused) => {
      also = true;
      tx.add(operation, () => refused ?? 'again');
    },
    together: async ({ as, ...further }) => {
      also = true;
      await stage(house, as === 'system' ? { ...scope, principal: systemFor(scope.principal) } : scope, tx, further);
    },
  };
  const step: Step = { house, scope, tx, info, action, call, input, pending, wroteAlso: () => also };
  if (action.kind === 'list') throw new Internal('list_is_no_action', 'lists are read through kernel.list');
  return action.collection ? onCollection(step) : onRecord(step);
}

async function onCollection(step: Step): Promise<Staged> {
  const { house, scope, info, action } = step;
  await permit(house, scope.principal, info, action, null);
  return action.kind === 'create' ? create(step) : callAction(step, null);
}

async function onRecord(step: Step): Promise<Staged> {
  const { house, scope, tx, info, action, call } = step;
  const id = call.id ?? '';
  const { workspaceId } = scope.principal;
  const inStore = await load(house, workspaceId, info, id);
  // What an earlier call of the same transaction has made of it, which the store does not know yet.
  const staged = tx.records.get(textOf(headKey(workspaceId, info.name, inStore?.id ?? id)));
  const record = staged === undefined ? inStore : staged;
  if (record === null) throw missing(info, id);
  await permit(house, scope.principal, info, action, record, id);
  if (typeof call.ifMatch === 'number' && call.ifMatch !== record.rev) throw stale(info, id, call.ifMatch, record.rev);
  if (action.from !== null && !action.from.includes(record.state))
    throw new Conflict(
      'wrong_state',
      `${action.id} wants state ${action.from.join(' or ')}; ${id} is ${record.state}`,
      {
        extra: { state: record.state },
      },
    );
  if (action.kind === 'read') return same({ kind: 'record', created: false, ...shown(info, record), replayed: false });
  if (action.kind === 'update') return update(step, record);
  return action.kind === 'remove' ? remove(step, record) : callAction(step, record);
}

async function create(step: Step): Promise<Staged> {
  const { house, scope, tx, info, action, call, input, pending } = step;
  const chosen = scope.principal.system === true ? call.id : undefined;
  if (chosen !== undefined && !isId(info, chosen))
    throw new InvalidInput('invalid_id', `"${chosen.slice(0, 80)}" is no id of a ${info.name}`);
  const id = chosen ?? newId(info.idPrefix, scope.now);
  const change = await runChange(step, { id });
  const attributes: Record<string, unknown> = {};
  for (const { name, type } of Object.values(info.attributes)) {
    const value = change.set?.[name] ?? (action.accept.includes(name) ? input[name] : undefined);
    const initial = value === undefined ? initialValue(type) : { known: true, value };
    if (!initial.known) throw new Internal('incomplete_record', `${action.id} left ${name} without a value`);
    attributes[name] = initial.value;
  }
  const time = rfc3339(scope.now);
  const version = versionBody(step, change, attributes as JsonObject, true);
  const record: RecordOf = {
    ...attributes,
    id,
    workspaceId: scope.principal.workspaceId,
    rev: 1,
    state: stateAfter(step, change, info.states[0] ?? 'active'),
    createdAt: time,
    updatedAt: time,
    createdBy: scope.principal.id,
    ...(info.versioned ? { latestVersion: version === null ? 0 : 1 } : {}),
  };
  const event = change.event ?? {};
  await stageWrite(house, scope, tx, {
    ...{ info, action, before: null, after: record, version, event, messages: pending.messages },
    ...{ ifMatch: undefined, chosenId: chosen !== undefined },
  });
  const kept: DispatchResult = { kind: 'record', created: true, ...shown(info, record), replayed: false };
  return { kept, result: { ...kept, body: { ...kept.body, ...change.reveal } } };
}

async function update(step: Step, before: RecordOf): Promise<Staged> {
  const { house, scope, tx, info, action, call, input, pending } = step;
  const change = await runChange(step, { record: before });
  const accepted = Object.fromEntries(action.accept.flatMap((name) => (name in input ? [[name, input[name]]] : [])));
  const draft = {
    ...before,
    ...accepted,
    ...change.set,
    state: stateAfter(step, change, action.to ?? before.state),
  } as RecordOf;
  const changed = changedNames(info, before, draft);
  const version = versionBody(
    step,
    change,
    attributesOf(info, draft),
    changed.some((name) => name !== 'state'),
  );
  // Nothing to say: no new revision, so a repeated PATCH leaves no trace.
  const idle = changed.length === 0 && version === null && change.event === undefined && pending.messages.length === 0;
  if (idle && !step.wroteAlso())
    return same({ kind: 'record', created: false, ...shown(info, before), replayed: false });
  const after: RecordOf = {
    ...draft,
    rev: before.rev + 1,
    updatedAt: rfc3339(scope.now),
    ...(info.versioned ? { latestVersion: (before.latestVersion ?? 0) + (version === null ? 0 : 1) } : {}),
  };
  await stageWrite(house, scope, tx, {
    ...{ info, action, before, after, version, event: change.event ?? {}, messages: pending.messages },
    ...{ ifMatch: typeof call.ifMatch === 'number' ? call.ifMatch : undefined, chosenId: false },
  });
  const kept: DispatchResult = { kind: 'record', created: false, ...shown(info, after), replayed: false };
  return { kept, result: { ...kept, body: { ...kept.body, ...change.reveal } } };
}

async function remove(step: Step, before: RecordOf): Promise<Staged> {
  const { house, scope, tx, info, action, call, pending } = step;
  await codeOf(step)({ record: before, ctx: contextFor(house, scope, pending) });
  await stageWrite(house, scope, tx, {
    ...{ info, action, before, after: null, version: null, event: {}, messages: pending.messages },
    ...{ ifMatch: typeof call.ifMatch === 'number' ? call.ifMatch : undefined, chosenId: false },
  });
  return same({ kind: 'removed', id: before.id, replayed: false });
}

async function callAction(step: Step, record: RecordOf | null): Promise<Staged> {
  const { house, scope, tx, info, action, call, input, pending } = step;
  if (action.upload !== null && call.upload === undefined)
    throw new InvalidInput('upload_missing', `${action.id} wants a file (${action.upload.contentTypes.join(', ')})`);
  const upload = action.upload && call.upload && limited(action, call.upload.bytes, action.upload.maxBytes);
  const answer = await codeOf(step)({ record, input, ctx: contextFor(house, scope, pending), upload });
  if (step.wroteAlso() || pending.messages.length > 0) {
    if (record !== null && action.from !== null) {
      // The call changes other things because of this record's state, so the state is checked where they change.
      const key = headKey(record.workspaceId, info.name, record.id);
      tx.add({ check: key, condition: { kind: 'oneOf', attribute: 'state', values: [...action.from] } }, () => 'again');
    }
    stageEvent(scope, tx, action, record, pending.messages);
  }
  if (isAccepted(answer)) {
    const kept: DispatchResult = { kind: 'accepted', ...answer.accepted, replayed: false };
    return { kept, result: { ...kept, settled: answer.settled } };
  }
  const output = action.output?.safeParse(answer);
  if (output === undefined || !output.success)
    throw new Internal('invalid_output', `${action.id} answered with something else than it declares`, {
      cause: output?.error,
    });
  return same({ kind: 'output', body: output.data as Json, replayed: false });
}

function codeOf({ info, action }: Step): (call: object) => unknown {
  const run = (info.declaration.actions[action.name] as Action | undefined)?.run as
    | ((call: object) => unknown)
    | undefined;
  return run ?? (() => ({}));
}

async function runChange(step: Step, about: { id: string } | { record: RecordOf }): Promise<Change> {
  const { house, scope, info, action, input, pending } = step;
  const change = ((await codeOf(step)({ ...about, input, ctx: contextFor(house, scope, pending) })) ?? {}) as Change;
  for (const [name, value] of Object.entries(change.set ?? {})) {
    const type = info.attributes[name]?.type;
    const parsed = type?.safeParse(value);
    if (parsed?.success !== true)
      throw new Internal('invalid_change', `${action.id} set ${name} to something it cannot be`, {
        cause: parsed?.error && problemsOf(parsed.error),
      });
  }
  return change;
}

function stateAfter({ info, action }: Step, change: Change, otherwise: string): string {
  const state = change.state ?? otherwise;
  if (!info.states.includes(state))
    throw new Internal('invalid_change', `${action.id} wants a state "${state}" there is not`);
  return state;
}

function versionBody(
  { info, action }: Step,
  change: Change,
  attributes: JsonObject,
  changed: boolean,
): JsonObject | null {
  if (info.declaration.versions === 'attributes') {
    // Versions are there to be shown, so secrets are not frozen with the rest.
    const shown = Object.entries(attributes).filter(([name]) => info.attributes[name]?.secret !== true);
    return changed ? Object.fromEntries(shown) : null;
  }
  if (change.version === undefined) return null;
  const parsed = info.versionBody?.safeParse(change.version);
  if (parsed?.success !== true)
    throw new Internal('invalid_version', `${action.id} made a version of another shape than declared`, {
      cause: parsed?.error,
    });
  return change.version;
}

function shown(info: ResourceInfo, record: RecordOf) {
  return { id: record.id, rev: record.rev, body: encode(info, record) };
}

function same(result: DispatchResult): Staged {
  return { result, kept: result };
}

function isAccepted(answer: unknown): answer is Accepted {
  return typeof answer === 'object' && answer !== null && 'accepted' in answer && 'settled' in answer;
}

async function* limited(
  action: ActionInfo,
  bytes: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of bytes) {
    total += chunk.length;
    if (total > maxBytes) throw new TooLarge('upload_too_large', `${action.id} takes ${maxBytes} bytes at most`);
    yield chunk;
  }
}
