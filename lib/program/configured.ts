import type { ModuleSpec } from '#lib/module/spec';
import type { FieldType } from '#lib/signature/signature';
import type { Assignment } from '#lib/variable/variable';
import type { ProgramPlan } from './plan.ts';
import type { FrozenLm } from './program.ts';

/** A program ready to run: planned, and with one assignment applied to its modules. */
export interface ConfiguredProgram {
  name: string;
  input: { name: string; type: FieldType }[];
  plan: ProgramPlan;
  /** By the id of the module node it serves; model and adapter defaults are filled in. */
  modules: Record<string, ModuleSpec>;
  lms: Record<string, FrozenLm>;
  assignment: Assignment;
  /** Of the version it was made of. */
  checksum: string;
}
