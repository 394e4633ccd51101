import type { FailureName } from '#lib/base/failure';

/**
 * One step of a program as its author writes it. Expressions are text over `input`, `nodes` and, inside a map,
 * `item` and `index`. The kind decides which other members there are.
 */
export type Node =
  | ModuleNode
  | ChoiceNode
  | MapNode
  | ParallelNode
  | TransformNode
  | EffectNode
  | ApprovalNode
  | ProgramNode
  | ActionNode;
export type NodeKind = Node['kind'];

export interface NodeBase {
  /** `[a-z][a-z0-9_]{0,39}`, unique in the whole program, nested nodes included. */
  id: string;
  /** Shown to people; any Unicode. */
  title?: string;
  /** What the node receives: name -> expression. */
  inputs?: Record<string, string>;
  /** The node is skipped, and its value is `null`, unless this expression is true. */
  when?: string;
  retry?: Retry;
  /** Of one attempt. */
  timeoutSeconds?: number;
  /** When it fails for good its value is `null` and the run goes on. */
  optional?: boolean;
  /** Tried in turn when the node has failed for good; the first that succeeds gives the node its value. */
  fallback?: Node[];
  /** Undoes the node when a later one fails for good. */
  compensate?: Node;
}

export interface Retry {
  /** The first attempt counted: 1 is no retry. */
  maxAttempts: number;
  /** Before the second attempt; default 1. */
  intervalSeconds?: number;
  /** Factor from one wait to the next; default 2. */
  backoffRate?: number;
  /** Upper bound of a wait; default 30. */
  maxDelaySeconds?: number;
  /** Waits a random share of each interval, so that a crowd does not come back at once; default true. */
  jitter?: boolean;
  /** The failures that are tried again; default: those that say of themselves that they are retryable. */
  on?: FailureName[];
}

export interface ModuleNode extends NodeBase {
  kind: 'module';
  /** Name of a module of the program. */
  module: string;
  /** Name of a language model of the program; default: the module's own, then the program's. */
  lm?: string;
  adapter?: AdapterName;
}
export type AdapterName = 'chat' | 'json' | 'xml';

/** The first arm whose expression is true runs; its last node gives the value. */
export interface ChoiceNode extends NodeBase {
  kind: 'choice';
  arms: { when: string; nodes: Node[] }[];
  otherwise?: Node[];
}

/** Runs `nodes` for each item; the value is the list of what the last node gave, in item order. */
export interface MapNode extends NodeBase {
  kind: 'map';
  items: string;
  nodes: Node[];
  /** Items under way at the same time; default 8. */
  concurrency?: number;
}

/** Runs lists of nodes side by side; the value holds what the last node of each branch gave, by that node's id. */
export interface ParallelNode extends NodeBase {
  kind: 'parallel';
  branches: Node[][];
}

/** Computes a value; `inputs`, where there are some, are at hand as `inputs.<name>`. */
export interface TransformNode extends NodeBase {
  kind: 'transform';
  expression: string;
}

/** Does something outside. Its inputs are the request's JSON body (or query, for GET) or the function's payload. */
export interface EffectNode extends NodeBase {
  kind: 'effect';
  http?: HttpEffect;
  lambda?: LambdaEffect;
}
export interface HttpEffect {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: string;
  headers?: Record<string, string>;
  /** Name of a secret that is sent as `Authorization: Bearer`. */
  secretRef?: string;
}
export interface LambdaEffect {
  function: string;
  qualifier?: string;
}

/** Waits for a person. The value is the decision; a refusal fails the node. */
export interface ApprovalNode extends NodeBase {
  kind: 'approval';
  /** Expression for the text the person sees. */
  message?: string;
}

/** Runs another program of the workspace; the value is its output. */
export interface ProgramNode extends NodeBase {
  kind: 'program';
  program: string;
  alias?: string;
}

/** Calls an action of a declared resource, under its policy. */
export interface ActionNode extends NodeBase {
  kind: 'action';
  resource: string;
  action: string;
  /** Neighbours so marked commit together or not at all. */
  transaction?: boolean;
}
