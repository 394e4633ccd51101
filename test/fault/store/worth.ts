/** What result `n` counts for: known to the process that writes and to the one that checks. */
export function worth(n: number): number {
  return ((n * 7919) % 101) + 1;
}
