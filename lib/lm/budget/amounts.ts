/** What a budget may cap. Money in nano-USD; all of them whole numbers. */
export const DIMENSIONS = ['nanoUsd', 'tokens', 'calls'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** An absent dimension is not capped, or not known. */
export type Amounts = Partial<Record<Dimension, number>>;

export function plus(a: Amounts, b: Amounts): Amounts {
  return joined(a, b, (x, y) => x + y);
}

export function minus(a: Amounts, b: Amounts): Amounts {
  return joined(a, b, (x, y) => x - y);
}

export function times(a: Amounts, factor: number): Amounts {
  return joined(a, a, (x) => Math.ceil(x * factor));
}

/** Is there enough of every dimension that `there` knows? */
export function covers(there: Amounts, wanted: Amounts): boolean {
  return DIMENSIONS.every((name) => there[name] === undefined || (wanted[name] ?? 0) <= there[name]);
}

/** Only the dimensions that `cap` has, absent ones as 0. */
export function within(cap: Amounts, amounts: Amounts): Amounts {
  return Object.fromEntries(
    DIMENSIONS.flatMap((name) => (cap[name] === undefined ? [] : [[name, amounts[name] ?? 0]])),
  );
}

/** The first dimension of `cap` that `amounts` does not know. */
export function unknownIn(cap: Amounts, amounts: Amounts): Dimension | undefined {
  return DIMENSIONS.find((name) => cap[name] !== undefined && amounts[name] === undefined);
}

function joined(a: Amounts, b: Amounts, by: (x: number, y: number) => number): Amounts {
  const entries = DIMENSIONS.flatMap((name) =>
    a[name] === undefined && b[name] === undefined ? [] : [[name, by(a[name] ?? 0, b[name] ?? 0)] as const],
  );
  return Object.fromEntries(entries);
}
