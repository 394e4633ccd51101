import type { Json } from '#lib/base/json';

/** A named, typed, constrained parameter that may bind to many places of a program. */
export interface Variable {
  name: string;
  description?: string;
  type: VariableType;
  /** The value of a program nobody has optimized. For types with `choices` the first one when absent. */
  default?: Json;
  /** Exists only while these other variables have these values (all of them). */
  when?: Record<string, Json>;
}

export type VariableType =
  | { kind: 'float'; min: number; max: number; step?: number; log?: boolean }
  | { kind: 'integer'; min: number; max: number; step?: number; log?: boolean }
  | { kind: 'boolean' }
  | { kind: 'choice'; choices: Json[] }
  | { kind: 'string'; pattern?: string; choices?: string[] }
  /** An instruction; its candidates are proposed, or listed here. */
  | { kind: 'text'; candidates?: string[] }
  /** A demo set; its candidates are bootstrapped. `maxDemos` bounds a set's size. */
  | { kind: 'demos'; maxDemos?: number; candidates?: Json[][] }
  | { kind: 'module'; modules: string[] }
  /** Computed from others by an expression; never set. */
  | { kind: 'composite'; expression: string };

/** Joins a variable to places in the graph, such as `nodes.answer.lm.temperature` or `nodes.*.adapter`. */
export interface Binding {
  variable: string;
  to: string[];
  /** Gives the value its meaning: an expression over `value` (and other variables); its result is what is bound. */
  as?: string;
}

/** A rule over several variables; an assignment for which the expression is not true is rejected with `reason`. */
export interface CrossConstraint {
  expression: string;
  reason: string;
}

/** One value per variable that exists under it. Values are plain JSON: a demo set is a list of demos. */
export type Assignment = Record<string, Json>;
