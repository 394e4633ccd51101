import type { Json } from '#lib/base/json';
import type { CrossConstraint, Variable } from './variable.ts';

/** What is searched: variables, the rules between them, and candidates for the variables that choose among proposals. */
export interface Space {
  variables: Variable[];
  constraints: CrossConstraint[];
  /** By variable, then by candidate id: the demo sets and instructions that a strategy may name. */
  candidates: Record<string, Record<string, Json>>;
}
