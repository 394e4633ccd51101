import type * as z from 'zod';
import type { DspexError, Problem } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import type { MessageOf } from '#lib/ports/messages';
import type { QueueName } from '#lib/ports/queue';
import type { Operation, Store } from '#lib/ports/store';

/**
 * What a resource is: a declaration, which is data and does nothing. `complete` fills in the defaults, `verify` rejects
 * nonsense naming its path, `info` is the one reader, `dispatch` the one pipeline; every surface is derived from it.
 */
export interface Declaration {
  /** Singular, Pascal case: `Program`. */
  name: string;
  /** Plural, as in URLs: `programs`. */
  path: string;
  /** Ids look like `prg_01j...`. */
  idPrefix: string;
  doc: string;
  /**
   * What a record holds besides its head. `.meta({readOnly: true})`: only actions' code writes it.
   * `.meta({secret: true})`: never leaves by a surface.
   */
  attributes: Shape;
  /** Attributes whose value is unique in the workspace, kept so by a second item in the same transaction. */
  unique?: readonly string[];
  /** At most two; each becomes a filter of the list: `GET /v1/executions?programId=...`. Newest first. */
  indexes?: Record<string, { by: readonly string[] }>;
  /** Shown with the record, never stored. */
  calculations?: Record<string, Calculation>;
  /** The first one is where a new record starts. Absent: the one state `active`. */
  states?: readonly string[];
  /** `attributes`: every change of the record freezes a version. A shape: actions append version bodies of that shape. */
  versions?: 'attributes' | Shape;
  actions: Record<string, Action>;
  /** Server-sent events under `/v1/{path}/{id}/{name}`. */
  streams?: Record<string, Stream>;
  /** Cedar text added to the house's own policies. */
  policies?: string;
  /** No routes: only our own code dispatches to it. */
  internal?: boolean;
  /** What `read` and `list` need instead of `read`, where merely seeing a record is a privilege. */
  readAccess?: Access;
  /** For views whose records are no heads of their own (audit events): `read` and `list` come from here. */
  reader?: Reader;
}

/** `null` is: no such record in this workspace. Items are whole records, head included. */
export interface Reader {
  get(home: ReaderHome, workspaceId: string, id: string): Promise<JsonObject | null>;
  list(
    home: ReaderHome,
    workspaceId: string,
    options: ListOptions,
  ): Promise<{ items: JsonObject[]; cursor: string | null }>;
  /** Names the list may be filtered by, each on its own. */
  filters: readonly string[];
}

export interface ReaderHome {
  store: Store;
  /** `Program` for `prg_...`; `null` when no resource has such ids. */
  kindOf(id: string): string | null;
}

export interface ListOptions {
  filter?: Record<string, string>;
  limit: number;
  cursor?: string;
  order?: 'newest' | 'oldest';
}

export type Shape = Record<string, z.ZodType>;

/** What every record has. `rev` counts writes and is the ETag. */
export interface Head<S extends string = string> {
  id: string;
  workspaceId: string;
  rev: number;
  state: S;
  createdAt: string;
  updatedAt: string;
  createdBy: string;
  /** Of a versioned resource: the newest version's number; 0 before the first. */
  latestVersion?: number;
}

export type RecordOf<A extends Shape = Shape, S extends string = string> = Head<S> & z.output<z.ZodObject<A>>;

export interface Calculation {
  doc?: string;
  type: z.ZodType;
  from: (record: never) => unknown;
}

/** What a role may be given; each action has exactly one. Cedar action groups carry the same names. */
export type Access = 'read' | 'run' | 'edit' | 'promote' | 'administer' | 'system';

export type Action = CreateAction | UpdateAction | RemoveAction | CallAction;

interface ActionBase {
  doc: string;
  access?: Access;
  /** Further input beyond `accept`. */
  input?: Shape;
}

export interface CreateAction extends ActionBase {
  kind: 'create';
  accept: readonly string[];
  /** Members of the answer that are shown this once and never stored, such as a key's secret. */
  reveals?: Shape;
  /** `id` is the one the new record will have; the system may choose it (`DispatchCall.id`), and a taken one is Conflict. */
  run?: (call: { id: string; input: never; ctx: never }) => Promise<Change> | Change;
}

export interface UpdateAction extends ActionBase {
  kind: 'update';
  accept?: readonly string[];
  from?: readonly string[];
  to?: string;
  /** State-changing actions want `If-Match`; `cancel` and the like do not. Default true. */
  ifMatch?: boolean;
  /** As of a create action. */
  reveals?: Shape;
  run?: (call: { record: never; input: never; ctx: never }) => Promise<Change> | Change;
}

export interface RemoveAction extends ActionBase {
  kind: 'remove';
  from?: readonly string[];
  run?: (call: { record: never; ctx: never }) => Promise<void> | void;
}

/** Anything else: it answers with `output` and writes only through `ctx`. */
export interface CallAction extends ActionBase {
  kind: 'call';
  /** On the collection (`POST /v1/signatures/parse`) instead of one record. */
  collection?: boolean;
  from?: readonly string[];
  output: z.ZodType;
  /** The resource whose record it makes when it answers `Accepted`: documented as 202, and as what `?wait=true` answers. */
  accepted?: string;
  /** Does it change anything? Such calls honour `Idempotency-Key`. Default true. */
  effect?: boolean;
  ifMatch?: boolean;
  /** The body is a file, streamed to the action instead of decoded as JSON; `input` then comes from the query string. */
  upload?: { maxBytes: number; contentTypes: readonly string[] };
  run: (call: { record: never; input: never; ctx: never; upload: never }) => Promise<unknown>;
}

/** What a create or update action's code wants written, beyond the accepted attributes; all in the one transaction. */
export interface Change {
  /** Attributes, read-only ones included. */
  set?: JsonObject;
  /** Overrides the declaration's `to`, when the outcome decides the state. */
  state?: string;
  /** Appends an immutable version. */
  version?: JsonObject;
  /** What the audit event says about it; ids and numbers, no content. */
  event?: JsonObject;
  /** Values of the action's `reveals`. A replay under the same `Idempotency-Key` shows the record without them. */
  reveal?: JsonObject;
}

/** A call's answer that is not ready yet: 202 with `Location`; `?wait=true` awaits `settled` as far as the front allows. */
export interface Accepted {
  accepted: { resource: string; id: string };
  settled: (signal: AbortSignal) => Promise<void>;
}

export interface Stream {
  doc: string;
  /** Resumable: `after` is the `Last-Event-ID` the client saw last. */
  events: (call: { record: never; ctx: never; after: string | null }) => AsyncIterable<StreamEvent>;
}

export interface StreamEvent {
  id?: string;
  event: string;
  data: unknown;
}

export interface Principal {
  /** `key_...`, a JWT subject, or `system`. */
  id: string;
  workspaceId: string;
  roles: readonly Role[];
  /** Our own workers, on behalf of `id`. Never set from anything a caller sends. */
  system?: true;
}

export const ROLES = ['admin', 'engineer', 'operator', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

/** What an action's code may use. Everything it writes goes into the action's one transaction. */
export interface ActionContext<X> {
  principal: Principal;
  workspaceId: string;
  /** Milliseconds since the epoch, one value for the whole action. */
  now: number;
  traceId: string;
  signal: AbortSignal;
  services: X;
  newId(prefix: string): string;
  /** A record of this workspace that the principal may read; else NotFound, exactly as if there were none. */
  get<R = RecordOf>(resource: string, id: string): Promise<R>;
  /** By a unique attribute (`name` usually), or by id when it looks like one. */
  find<R = RecordOf>(resource: string, nameOrId: string): Promise<R>;
  list<R = RecordOf>(resource: string, options: ListOptions): Promise<{ items: R[]; cursor: string | null }>;
  version<B = JsonObject>(resource: string, id: string, version: number): Promise<VersionOf<B>>;
  /** Another action, under its own policy, in its own transaction. */
  dispatch<O = unknown>(call: DispatchCall): Promise<O>;
  /** Further actions that commit together with this one, or not at all. */
  together(call: DispatchCall): Promise<void>;
  /**
   * A further write in this transaction, for records that are no resources (journal rows, counters, locks). When its
   * condition does not hold, `refused` is thrown; without it the action is run again, a few times, then Conflict.
   */
  also(operation: Operation, refused?: DspexError): void;
  /** A queued message, sent if and only if the transaction commits (through the outbox). */
  enqueue<Q extends QueueName>(queue: Q, message: Omit<MessageOf<Q>, 'v' | 'workspaceId' | 'principal'>): void;
  policies: PolicyDesk;
}

/** What the Policy resource needs of the authorizer. */
export interface PolicyDesk {
  /** Everything wrong with a Cedar text, seen with the schema of this house; empty when it may be used. */
  problems(text: string): Promise<Problem[]>;
  /** A text without problems as the workspace's policy set keeps it. */
  stored(text: string): Promise<JsonObject>;
}

export interface VersionOf<B = JsonObject> {
  id: string;
  version: number;
  createdAt: string;
  createdBy: string;
  checksum: string;
  body: B;
}

export interface DispatchCall {
  resource: string;
  action: string;
  id?: string;
  input?: unknown;
  /** The revision the caller saw; a mismatch is Stale. */
  ifMatch?: number;
  /** In our own name instead of the principal's, for actions no role has (`access: 'system'`). Same workspace. */
  as?: 'system';
}

/** The typed way to write a declaration: attribute names, states, inputs and outputs are checked by the compiler. */
export interface TypedDeclaration<A extends Shape, S extends string, V extends Shape, X>
  extends Omit<
    Declaration,
    'attributes' | 'unique' | 'indexes' | 'calculations' | 'states' | 'versions' | 'actions' | 'streams'
  > {
  attributes: A;
  unique?: readonly (keyof A & string)[];
  indexes?: Record<string, { by: readonly (keyof A & string)[] | readonly ['state'] }>;
  calculations?: Record<string, { doc?: string; type: z.ZodType; from: (record: RecordOf<A, S>) => unknown }>;
  states?: readonly S[];
  versions?: 'attributes' | V;
  actions: (a: ActionBuilder<A, S, X>) => Record<string, Action>;
  streams?: Record<
    string,
    {
      doc: string;
      events: (call: {
        record: RecordOf<A, S>;
        ctx: ActionContext<X>;
        after: string | null;
      }) => AsyncIterable<StreamEvent>;
    }
  >;
}

type Input<A extends Shape, K extends keyof A, I extends Shape> = z.output<z.ZodObject<Pick<A, K> & I>>;
type Maybe<T> = Promise<T> | T;

export interface ActionBuilder<A extends Shape, S extends string, X> {
  create<K extends keyof A & string, I extends Shape = Record<never, never>>(
    action: Omit<CreateAction, 'kind' | 'accept' | 'run' | 'input'> & {
      accept: readonly K[];
      input?: I;
      run?: (call: { id: string; input: Input<A, K, I>; ctx: ActionContext<X> }) => Maybe<Change>;
    },
  ): Action;
  update<K extends keyof A & string = never, I extends Shape = Record<never, never>>(
    action: Omit<UpdateAction, 'kind' | 'accept' | 'run' | 'input' | 'from' | 'to'> & {
      accept?: readonly K[];
      input?: I;
      from?: readonly S[];
      to?: S;
      /** Accepted attributes are optional in an update. */
      run?: (call: {
        record: RecordOf<A, S>;
        input: Partial<z.output<z.ZodObject<Pick<A, K>>>> & z.output<z.ZodObject<I>>;
        ctx: ActionContext<X>;
      }) => Maybe<Change>;
    },
  ): Action;
  remove(
    action: Omit<RemoveAction, 'kind' | 'run' | 'from'> & {
      from?: readonly S[];
      run?: (call: { record: RecordOf<A, S>; ctx: ActionContext<X> }) => Maybe<void>;
    },
  ): Action;
  call<O extends z.ZodType, I extends Shape = Record<never, never>>(
    action: Omit<CallAction, 'kind' | 'run' | 'input' | 'output' | 'from' | 'collection'> & {
      input?: I;
      output: O;
      from?: readonly S[];
      run: (call: {
        record: RecordOf<A, S>;
        input: z.output<z.ZodObject<I>>;
        ctx: ActionContext<X>;
        upload: AsyncIterable<Uint8Array>;
      }) => Promise<z.input<O> | Accepted>;
    },
  ): Action;
  /** A call on the collection: there is no record. */
  collection<O extends z.ZodType, I extends Shape = Record<never, never>>(
    action: Omit<CallAction, 'kind' | 'run' | 'input' | 'output' | 'from' | 'collection'> & {
      input?: I;
      output: O;
      run: (call: {
        input: z.output<z.ZodObject<I>>;
        ctx: ActionContext<X>;
        upload: AsyncIterable<Uint8Array>;
      }) => Promise<z.input<O> | Accepted>;
    },
  ): Action;
}
