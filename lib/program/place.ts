import type { Json } from '#lib/base/json';
import type { ModuleSpec } from '#lib/module/spec';

/** What a binding may change below `nodes.<id>.`; `undefined` in place of a new spec says the value does not fit. */
export interface Place {
  wants: string;
  /** Whether the module has it; absent = every module has. */
  on?: (spec: ModuleSpec) => boolean;
  apply(spec: ModuleSpec, value: Json, known: Known): ModuleSpec | undefined;
}
export interface Known {
  modules: Readonly<Record<string, ModuleSpec>>;
  lms: Readonly<Record<string, unknown>>;
}
