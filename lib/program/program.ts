import type { LanguageModelSettings } from '#lib/lm/spec';
import type { ModuleSpec } from '#lib/module/spec';
import type { Assignment, Binding, CrossConstraint, Variable } from '#lib/variable/variable';
import type { Graph } from './graph.ts';

/** What a version fixes of a model. Endpoint, secret, limits and prices are read when it runs. */
export type FrozenLm = Pick<LanguageModelSettings, 'provider' | 'model' | 'defaults'>;

/** Everything a program is made of, each part by the name the graph uses for it. */
export interface Program {
  graph: Graph;
  modules: Record<string, ModuleSpec>;
  variables: Variable[];
  /** Applied after the graph's own. */
  bindings: Binding[];
  constraints: CrossConstraint[];
  lms: Record<string, FrozenLm>;
}

/** A published version: a frozen closure. Editing what it came from never changes it. */
export interface ProgramVersionBody extends Program {
  /** The values it runs with unless told otherwise. */
  assignment: Assignment;
  /** Where the parts came from, such as `{"modules/answerer": "mod_01j...@3"}`. Not part of the checksum. */
  origin: Record<string, string>;
  /** SHA-256 of the canonical JSON of everything but `origin`. */
  checksum: string;
}
