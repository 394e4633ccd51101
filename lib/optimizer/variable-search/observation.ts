import type { Assignment } from '#lib/variable/variable';

/** What a search has learned about an assignment. */
export interface Observation {
  assignment: Assignment;
  /** One value an objective, larger is better; null for a failure. */
  values: readonly number[] | null;
}
