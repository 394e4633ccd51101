import * as z from 'zod';
import { Internal } from '#lib/base/errors';
import { isMarked, withoutDefault } from './attribute.ts';
import { type Complete, type CompleteAction, complete, HEAD, LATEST_VERSION } from './complete.ts';
import type { Access, Calculation, Declaration, Reader, Shape, Stream } from './resource.ts';
import { verify } from './verify.ts';

/**
 * The one reader of a declaration: completed, verified, and with the schemas every surface needs. Surfaces and the
 * pipeline read this and never the declaration itself.
 */
export interface ResourceInfo {
  name: string;
  path: string;
  idPrefix: string;
  doc: string;
  internal: boolean;
  attributes: Readonly<Record<string, AttributeInfo>>;
  unique: readonly string[];
  indexes: readonly IndexInfo[];
  calculations: Readonly<Record<string, Calculation>>;
  /** The first is where a record starts. */
  states: readonly string[];
  versioned: boolean;
  /** The shape of a version's body; `null` when not versioned. */
  versionBody: z.ZodObject | null;
  /** `read` and `list` included, in the order of the declaration. */
  actions: Readonly<Record<string, ActionInfo>>;
  streams: Readonly<Record<string, Stream>>;
  policies: string;
  reader: Reader | null;
  /** What a surface shows of a record: head, attributes that are no secrets, calculations. */
  record: z.ZodObject;
  declaration: Declaration;
}

export interface AttributeInfo {
  name: string;
  type: z.ZodType;
  readOnly: boolean;
  secret: boolean;
}

export interface IndexInfo {
  name: string;
  slot: 'g2' | 'g3';
  /** A list's filter names exactly these. */
  by: readonly string[];
}

export interface ActionInfo {
  /** `Program.promote`: also the operationId and the Cedar action. */
  id: string;
  name: string;
  resource: string;
  kind: 'read' | 'list' | 'create' | 'update' | 'remove' | 'call';
  /** Acts on the collection, not on one record: `list`, `create` and collection calls. */
  collection: boolean;
  doc: string;
  access: Access;
  /** Strict. Of an upload it describes the query string. */
  input: z.ZodObject;
  /** The shape of the answer's body; `null` for `remove`. A list's is one item's. */
  output: z.ZodType | null;
  /** Attributes among the input. */
  accept: readonly string[];
  /** States it may start from; `null` is any. */
  from: readonly string[] | null;
  to: string | null;
  effect: boolean;
  /** Of a call that answers `Accepted`: whose record that is. */
  accepted: string | null;
  ifMatch: boolean;
  upload: { maxBytes: number; contentTypes: readonly string[] } | null;
  /** Members of a create's answer that are shown this once. */
  reveals: Shape;
}

/** Completed and verified, or an error that names everything wrong at once. */
export function describe(declarations: readonly Declaration[]): ResourceInfo[] {
  const all = declarations.map((declaration) => complete(declaration));
  const problems = verify(all);
  if (problems.length > 0) throw new Internal('invalid_declaration', `invalid resources:\n  ${problems.join('\n  ')}`);
  return all.map((one) => infoOf(one));
}

function infoOf({ declaration: d, states, actions }: Complete): ResourceInfo {
  const attributes = Object.fromEntries(
    Object.entries(d.attributes).map(([name, type]) => [
      name,
      { name, type, readOnly: isMarked(type, 'readOnly'), secret: isMarked(type, 'secret') },
    ]),
  );
  const open = Object.values(attributes).filter((attribute) => !attribute.secret);
  const record = z.object({
    ...HEAD,
    state: z.enum(states as [string, ...string[]]),
    ...(d.versions === undefined ? {} : LATEST_VERSION),
    ...Object.fromEntries(open.map((attribute) => [attribute.name, attribute.type])),
    ...Object.fromEntries(Object.entries(d.calculations ?? {}).map(([name, { type }]) => [name, type])),
  });
  return {
    name: d.name,
    path: d.path,
    idPrefix: d.idPrefix,
    doc: d.doc,
    internal: d.internal === true,
    attributes,
    unique: d.unique ?? [],
    indexes: Object.entries(d.indexes ?? {}).map(([name, { by }], i) => ({ name, by, slot: i === 0 ? 'g2' : 'g3' })),
    calculations: d.calculations ?? {},
    states,
    versioned: d.versions !== undefined,
    versionBody:
      d.versions === undefined ? null : z.object(d.versions === 'attributes' ? d.attributes : { ...d.versions }),
    actions: Object.fromEntries(
      actions.map((action) => [
        action.name,
        { ...action, ...schemasOf(d, action, record), id: `${d.name}.${action.name}`, resource: d.name },
      ]),
    ),
    streams: d.streams ?? {},
    policies: d.policies ?? '',
    reader: d.reader ?? null,
    record,
    declaration: d,
  };
}

function schemasOf(d: Declaration, action: CompleteAction, record: z.ZodObject) {
  const accepted = action.accept.map((name): [string, z.ZodType] => {
    const type = d.attributes[name] ?? z.never();
    return [name, action.kind === 'update' ? withoutDefault(type).optional() : type];
  });
  const answersWithRecord = action.kind !== 'call' && action.kind !== 'remove';
  return {
    input: z.strictObject({ ...Object.fromEntries(accepted), ...action.input }),
    output: answersWithRecord ? record.extend(action.reveals) : action.output,
  };
}
