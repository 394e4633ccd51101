/**
 * The earliest stage each of `count` things can run in, given what each must wait for (indexes). Things on or behind a
 * circle have no stage; one circle is returned, in its own order.
 */
export function stagesOf(waits: readonly (readonly number[])[]): { stage: (number | undefined)[]; circle: number[] } {
  const stage: (number | undefined)[] = waits.map(() => undefined);
  for (let placed = true; placed; ) {
    placed = false;
    for (const [i, others] of waits.entries()) {
      if (stage[i] !== undefined) continue;
      let earliest = 0;
      for (const other of others) {
        const at = stage[other];
        if (at === undefined) {
          earliest = -1;
          break;
        }
        earliest = Math.max(earliest, at + 1);
      }
      if (earliest < 0) continue;
      stage[i] = earliest;
      placed = true;
    }
  }
  return { stage, circle: circleIn(waits, stage) };
}

/** Follows waiting from any unplaced thing until one comes again. */
function circleIn(waits: readonly (readonly number[])[], stage: readonly (number | undefined)[]): number[] {
  let at = stage.indexOf(undefined);
  if (at < 0) return [];
  const trail: number[] = [];
  while (!trail.includes(at)) {
    trail.push(at);
    at = (waits[at] ?? []).find((other) => stage[other] === undefined) ?? at;
  }
  return trail.slice(trail.indexOf(at));
}
