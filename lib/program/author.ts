import type { ModuleSpec } from '#lib/module/spec';
import type { InputsOf } from '#lib/signature/infer';
import { parseSignature } from '#lib/signature/parse';
import { formatType } from '#lib/signature/print';
import type { Assignment, Binding, CrossConstraint, Variable } from '#lib/variable/variable';
import { Block, type Built } from './author-block.ts';
import { freeze } from './freeze.ts';
import type { Graph } from './graph.ts';
import type { FrozenLm, Program, ProgramVersionBody } from './program.ts';
import { type Given, type Ref, ref, textsOf } from './reference.ts';

export { expression } from './reference.ts';

type InputOf<S extends string> = InputsOf<`${S} -> end`>;
/** What a caller gets: the type behind each output's expression. */
type Values<O> = { [K in keyof O]: O[K] extends Ref<infer T> ? T : O[K] };

/**
 * Starts a program: `program('rag').input('question').nodes((b) => ...).output(({ nodes }) => ...)`. Names and types of
 * inputs and outputs are read off the signature strings by the compiler; the result is the graph that JSON and YAML give.
 */
export function program(name: string): Draft<unknown, unknown, unknown> {
  return new Draft(name);
}

class Draft<Input, Nodes, Output> {
  private readonly name: string;
  private inputs: Graph['input'] = {};
  private outputs: Graph['output'] = {};
  private block: Built<unknown, unknown> = { nodes: [] };
  private readonly modules: Record<string, ModuleSpec> = {};
  private readonly variables: Variable[] = [];
  private readonly bindings: Binding[] = [];
  private readonly constraints: CrossConstraint[] = [];
  private readonly lms: Record<string, FrozenLm> = {};
  private fallbacks: Graph['defaults'];

  constructor(name: string) {
    this.name = name;
  }

  /** The inputs as in a signature: `question, k: int`. */
  input<S extends string>(fields: S): Draft<InputOf<S>, unknown, Output> {
    const { inputs } = parseSignature(`${fields} -> end`);
    this.inputs = Object.fromEntries(inputs.map(({ name, type }) => [name, formatType(type)]));
    return this as unknown as Draft<InputOf<S>, unknown, Output>;
  }

  nodes<N, L>(build: (block: Block<Input, unknown, null, unknown>) => Built<N, L>): Draft<Input, N, Output> {
    this.block = build(
      new Block<Input, unknown, null, unknown>(this.modules, { input: ref('input'), nodes: ref('nodes') }),
    );
    return this as unknown as Draft<Input, N, Output>;
  }

  output<O extends Record<string, Given<unknown>>>(
    read: (view: { input: Ref<Input>; nodes: Ref<Nodes> }) => O,
  ): Draft<Input, Nodes, Values<O>> {
    this.outputs = textsOf(read({ input: ref('input'), nodes: ref('nodes') }));
    return this as unknown as Draft<Input, Nodes, Values<O>>;
  }

  /** Declares a variable and binds it to places such as `nodes.*.lm.temperature`; `as` gives the value its meaning there. */
  variable(variable: Variable, to: string[] = [], as?: string): this {
    this.variables.push(variable);
    if (to.length > 0) this.bindings.push({ variable: variable.name, to, ...(as === undefined ? {} : { as }) });
    return this;
  }

  constraint(expression: string, reason: string): this {
    this.constraints.push({ expression, reason });
    return this;
  }

  lm(name: string, model: FrozenLm): this {
    this.lms[name] = model;
    return this;
  }

  defaults(defaults: NonNullable<Graph['defaults']>): this {
    this.fallbacks = defaults;
    return this;
  }

  /** The structure alone, as JSON and YAML write it. */
  graph(): Graph {
    return {
      name: this.name,
      input: this.inputs,
      output: this.outputs,
      nodes: this.block.nodes,
      ...(this.variables.length === 0 ? {} : { variables: this.variables.map(({ name }) => name) }),
      ...(this.bindings.length === 0 ? {} : { bindings: this.bindings }),
      ...(this.fallbacks === undefined ? {} : { defaults: this.fallbacks }),
    };
  }

  /** The whole closure. Not validated: `validateProgram` says everything at once. */
  build(): Program & TypesOf<Input, Output> {
    const { modules, variables, constraints, lms } = this;
    return { graph: this.graph(), modules, variables, bindings: [], constraints, lms };
  }

  freeze(assignment: Assignment = {}): ProgramVersionBody & TypesOf<Input, Output> {
    return freeze(this.build(), assignment);
  }
}

declare const TYPES: unique symbol;
/** Carries the inferred types beside the value; there is nothing at run time. */
export interface TypesOf<Input, Output> {
  readonly [TYPES]?: { input: Input; output: Output };
}
export type InputOfProgram<P> = P extends TypesOf<infer I, unknown> ? I : never;
export type OutputOfProgram<P> = P extends TypesOf<unknown, infer O> ? O : never;
