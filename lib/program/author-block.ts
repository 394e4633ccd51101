import type { ModuleSpec, ModuleType } from '#lib/module/spec';
import type { InputsOf, OutputsOf } from '#lib/signature/infer';
import { parseSignature } from '#lib/signature/parse';
import type { ActionNode, ApprovalNode, EffectNode, ModuleNode, Node, NodeBase, ProgramNode } from './node.ts';
import { type Given, type Ref, ref, textOf, textsOf } from './reference.ts';

/** What a callback may read. */
interface Reads<Input, Nodes> {
  input: Ref<Input>;
  nodes: Ref<Nodes>;
}
type View<Input, Nodes, Extra> = Reads<Input, Nodes> & Extra;
type Inputs<T> = { [K in keyof T]: Given<T[K]> };
type Around = Omit<NodeBase, 'id' | 'inputs' | 'when'>;
type Options<View> = Around & { when?: (view: View) => Given<boolean> };
type ModuleOptions<View> = Options<View> & Pick<ModuleNode, 'lm' | 'adapter'>;
type Outside = EffectNode | ApprovalNode | ProgramNode | ActionNode;
/** The members one kind has for itself. */
type Own<N> = N extends Node ? Omit<N, keyof NodeBase | 'kind' | 'message'> : never;
/** The intersection of a union's members. */
type AllOf<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void ? I : never;
type NodesOf<B> = B extends Built<infer N, unknown> ? N : never;
type LastOf<B> = B extends Built<unknown, infer L> ? L : never;

declare const NODES: unique symbol;
declare const LAST: unique symbol;

/** A finished list of nodes, and what TypeScript knows of them. */
export interface Built<Nodes, Last> {
  readonly nodes: Node[];
  readonly [NODES]?: Nodes;
  readonly [LAST]?: Last;
}

/**
 * A list of nodes under construction. Each method adds one node and knows its outputs' types from then on; nothing is
 * changed in place except the list itself, so a chain is written once from top to bottom.
 */
export class Block<Input, Nodes, Last, Extra> implements Built<Nodes, Last> {
  declare readonly [NODES]?: Nodes;
  declare readonly [LAST]?: Last;
  readonly nodes: Node[] = [];
  private readonly modules: Record<string, ModuleSpec>;
  private readonly view: View<Input, Nodes, Extra>;

  constructor(modules: Record<string, ModuleSpec>, view: View<Input, Nodes, Extra>) {
    this.modules = modules;
    this.view = view;
  }

  /** A module node that asks the model once. */
  predict<Id extends string, S extends string>(
    id: Id,
    signature: S,
    inputs: (view: View<Input, Nodes, Extra>) => Inputs<InputsOf<S>>,
    options: ModuleOptions<View<Input, Nodes, Extra>> = {},
  ) {
    return this.ask<Id, OutputsOf<S>>('predict', id, signature, inputs(this.view), options);
  }

  /** As `predict`, with `reasoning` before the outputs. */
  chainOfThought<Id extends string, S extends string>(
    id: Id,
    signature: S,
    inputs: (view: View<Input, Nodes, Extra>) => Inputs<InputsOf<S>>,
    options: ModuleOptions<View<Input, Nodes, Extra>> = {},
  ) {
    type Outputs = OutputsOf<S> & { reasoning: string };
    return this.ask<Id, Outputs>('chain_of_thought', id, signature, inputs(this.view), options);
  }

  transform<Id extends string, T>(
    id: Id,
    value: (view: View<Input, Nodes, Extra>) => Ref<T>,
    options: Options<View<Input, Nodes, Extra>> = {},
  ) {
    return this.add<Id, T>({ ...this.common(id, options), kind: 'transform', expression: textOf(value(this.view)) });
  }

  /** An effect, approval, program or action node; its value has the type you give it. */
  step<T = unknown, Id extends string = string, K extends Outside['kind'] = Outside['kind']>(
    id: Id,
    kind: K,
    own: Own<Extract<Outside, { kind: K }>>,
    inputs: (view: View<Input, Nodes, Extra>) => Record<string, Given<unknown>> = () => ({}),
    options: Options<View<Input, Nodes, Extra>> = {},
  ) {
    const node = { ...this.common(id, options), ...own, kind, inputs: textsOf(inputs(this.view)) };
    return this.add<Id, T>(node as unknown as Node);
  }

  /** A node as data, for what the other methods do not say. */
  node<Id extends string>(node: Node & { id: Id }) {
    return this.add<Id, unknown>(node);
  }

  /** Runs a block for each item; the value is the list of its last node's values. */
  map<Id extends string, Item, B extends Built<unknown, unknown>>(
    id: Id,
    items: (view: View<Input, Nodes, Extra>) => Ref<readonly Item[] | Item[]>,
    each: (block: Block<Input, Nodes, null, Extra & { item: Ref<Item>; index: Ref<number> }>) => B,
    options: Options<View<Input, Nodes, Extra>> & { concurrency?: number } = {},
  ) {
    const view = { ...this.view, item: ref<Item>('item'), index: ref<number>('index') };
    const inner = each(new Block<Input, Nodes, null, typeof view>(this.modules, view));
    const { concurrency } = options;
    return this.add<Id, LastOf<B>[]>({
      ...this.common(id, options),
      kind: 'map',
      items: textOf(items(this.view)),
      nodes: inner.nodes,
      ...(concurrency === undefined ? {} : { concurrency }),
    });
  }

  /** Runs blocks side by side; their nodes can be read afterwards. */
  parallel<Id extends string, B extends readonly Built<unknown, unknown>[]>(
    id: Id,
    ...branches: { [I in keyof B]: (block: Block<Input, Nodes, null, Extra>) => B[I] }
  ) {
    const lists = branches.map((branch) => branch(new Block(this.modules, this.view)).nodes);
    this.nodes.push({ id, kind: 'parallel', branches: lists });
    type Added = AllOf<NodesOf<B[number]>>;
    return this as unknown as Block<Input, Nodes & Added, unknown, Extra>;
  }

  /** Runs the block of the first true condition; the value is that of its last node, `null` when there was none. */
  choice<
    Id extends string,
    A extends Built<unknown, unknown>,
    O extends Built<unknown, unknown> = Block<Input, Nodes, null, Extra>,
  >(
    id: Id,
    arms: {
      when: (view: View<Input, Nodes, Extra>) => Given<boolean>;
      run: (block: Block<Input, Nodes, null, Extra>) => A;
    }[],
    otherwise?: (block: Block<Input, Nodes, null, Extra>) => O,
  ) {
    const fresh = () => new Block<Input, Nodes, null, Extra>(this.modules, this.view);
    return this.add<Id, LastOf<A> | LastOf<O>>({
      id,
      kind: 'choice',
      arms: arms.map(({ when, run }) => ({ when: textOf(when(this.view)), nodes: run(fresh()).nodes })),
      ...(otherwise === undefined ? {} : { otherwise: otherwise(fresh()).nodes }),
    });
  }

  private ask<Id extends string, Outputs>(
    type: ModuleType,
    id: Id,
    signature: string,
    inputs: object,
    options: ModuleOptions<View<Input, Nodes, Extra>>,
  ) {
    this.modules[id] = { type, implementation: 'native', signature: parseSignature(signature), demos: [], config: {} };
    return this.add<Id, Outputs>({ ...this.common(id, options), kind: 'module', module: id, inputs: textsOf(inputs) });
  }

  private common(id: string, options: Options<View<Input, Nodes, Extra>>): NodeBase {
    const { when, ...rest } = options;
    return { id, ...rest, ...(when === undefined ? {} : { when: textOf(when(this.view)) }) };
  }

  private add<Id extends string, T>(node: Node) {
    this.nodes.push(node);
    return this as unknown as Block<Input, Nodes & { [K in Id]: T }, T, Extra>;
  }
}
