import type { StrictRules } from '#lib/base/strict-json';

/** What an import refuses to go beyond; every one of them is named in the error that says so. */
export interface ImportLimits {
  maxBytes: number;
  maxRows: number;
  /** Of one row in UTF-8. A store item is at most 400 KB, and an example must fit with its outcome. */
  maxRowBytes: number;
  maxDepth: number;
  /** Problems listed before the import gives up; it is refused with the first one. */
  maxProblems: number;
}

export const DEFAULT_LIMITS: ImportLimits = {
  maxBytes: 256 * 1024 * 1024,
  maxRows: 200_000,
  maxRowBytes: 256 * 1024,
  maxDepth: 32,
  maxProblems: 100,
};

/** Data is checksummed, compared and shown to models: a value that does not come back as it was written is refused. */
export const DATA_RULES = { exactIntegers: true, withoutNul: true } as const satisfies StrictRules;
