import { paretoFront } from './front.ts';

/**
 * Volume of what the points dominate above `reference`; larger is better everywhere. Sliced by the last objective, so its
 * cost grows steeply with the objectives: meant for up to four and some hundred points. Source: Zitzler and Thiele 1998.
 */
export function hypervolume(points: readonly (readonly number[])[], reference: readonly number[]): number {
  const inside = points.filter((point) => point.every((value, k) => value > (reference[k] as number)));
  return volume(
    paretoFront(inside).map((index) => inside[index] as readonly number[]),
    reference,
  );
}

function volume(front: readonly (readonly number[])[], reference: readonly number[]): number {
  const last = reference.length - 1;
  if (front.length === 0) return 0;
  if (last === 0) return Math.max(...front.map((point) => point[0] as number)) - (reference[0] as number);
  const sorted = [...front].sort((a, b) => (b[last] as number) - (a[last] as number));
  let sum = 0;
  sorted.forEach((point, index) => {
    const next = sorted[index + 1]?.[last] ?? (reference[last] as number);
    const height = (point[last] as number) - next;
    if (height > 0)
      sum +=
        height *
        hypervolume(
          sorted.slice(0, index + 1).map((one) => one.slice(0, last)),
          reference.slice(0, last),
        );
  });
  return sum;
}
