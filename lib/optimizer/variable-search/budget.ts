import type { Draft } from '../script.ts';

/** Runs of the program on an example that these trials cost; what a continued parent has is not run again. */
export function runsAsked(asked: readonly Draft[]): number {
  return asked.reduce((sum, work) => {
    if (work.continues !== true) return sum + work.exampleIds.length;
    const parent = asked[Number(work.parent?.slice(1))];
    return sum + work.exampleIds.length - (parent?.exampleIds.length ?? 0);
  }, 0);
}

/** How many configurations can enter a race and still be brought to its end; at most `wanted`. */
export function widthWithin(budget: number, wanted: number, rungs: readonly string[][], eta: number): number {
  const cost = (width: number): number => {
    let sum = 0;
    let standing = width;
    for (let rung = 0; rung < rungs.length; rung++) {
      if (rung > 0) standing = Math.ceil(standing / eta);
      sum += standing * ((rungs[rung]?.length ?? 0) - (rungs[rung - 1]?.length ?? 0));
    }
    return sum;
  };
  if (budget === Number.POSITIVE_INFINITY) return wanted;
  let width = wanted;
  while (width > 0 && cost(width) > budget) width--;
  return width;
}
