import type * as z from 'zod';
import type { Access, Calculation, Declaration, Reader, Shape, Stream } from './resource.ts';

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
  /** The shape of a version's body, which holds no secrets; `null` when not versioned. */
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
