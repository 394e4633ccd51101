/**
 * How well a value fits a type, as pydantic ranks the members of a union: as it stands, without loss (1 for a float),
 * or after conversion ("1" for an int).
 */
export const FIT = { converted: 0, lossless: 1, exact: 2 } as const;

/** Carries the worst fit met on the way through a value. */
export interface Fit {
  worst: number;
}
