import type { Draft } from '../script.ts';

/** Runs of the program on an example that the trials from this place on are; what a continued parent has is not run again. */
export function runsAsked(asked: readonly Draft[], from = 0): number {
  return asked.slice(from).reduce((sum, { continues, parent, exampleIds }) => {
    const known = continues === true ? new Set(asked[Number(parent?.slice(1))]?.exampleIds) : new Set();
    return sum + exampleIds.filter((id) => !known.has(id)).length;
  }, 0);
}
