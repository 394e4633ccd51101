import type { Assignment } from '#lib/variable/variable';

/** What a search has learned about an assignment. */
export interface Observation {
  assignment: Assignment;
  /** One value an objective, larger is better; null for a failure. */
  values: readonly number[] | null;
  /** Variance of the (one) value, where it was taken on some of the examples only. Default 0. */
  variance?: number;
  /** Of each limit what is left of it, in its own unit, below 0 where it is passed; NaN where that is unknown. */
  slacks?: readonly number[];
}

/** Are all limits kept? What is unknown is not. */
export const isInside = ({ slacks = [] }: Observation): boolean => slacks.every((slack) => slack >= 0);
