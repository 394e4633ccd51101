import type { JsonObject } from '#lib/base/json';
import type { BlobRef } from '#lib/ports/blobs';
import type { CorpusPin } from '../corpus.ts';

/** A tool as data: what a model is told of it, and what carries a call out. Secrets are named, never held. */
export type ToolDeclaration = ToolFace & ToolTarget;

export interface ToolFace {
  /** What the model calls it by. */
  name: string;
  description: string;
  /** JSON Schema of the arguments: `{type: 'object', properties, required?}`. */
  parameters: JsonObject;
}

export type ToolTarget =
  | { kind: 'http'; http: HttpTarget }
  | { kind: 'builtin'; builtin: string }
  | { kind: 'corpus'; corpus: CorpusPin; k: number }
  | { kind: 'mcp'; mcp: McpTarget }
  | { kind: 'python'; python: PythonTarget }
  | { kind: 'lambda'; lambda: LambdaTarget };
export type ToolKind = ToolTarget['kind'];

export interface HttpTarget {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `{name}` in the path or the query is replaced by that argument, escaped; the other arguments are query or JSON body. */
  url: string;
  headers?: Record<string, string>;
  /** Sent as `Authorization: Bearer`. */
  secretRef?: string;
  timeoutSeconds?: number;
}
export interface McpTarget {
  /** Of the server's streamable HTTP endpoint. */
  url: string;
  /** The tool's name there. */
  tool: string;
  secretRef?: string;
  timeoutSeconds?: number;
}
export interface PythonTarget {
  /** `package.module:function` */
  function: string;
  /** Gzipped JSON `{files: {path: base64}}` in Blobs: editing the files never changes a version. */
  package?: BlobRef;
  /** The package's `requirements.lock` in Blobs, where it needs more than the runtime has. */
  lock?: BlobRef;
  timeoutSeconds?: number;
}
export interface LambdaTarget {
  function: string;
  qualifier?: string;
}
