import type { Random } from '#lib/base/random';
import type { Point } from '#lib/variable/dimensions';
import type { Features } from './features.ts';

/** A point drawn anywhere. */
export function drawn(features: Features, random: Random): Point {
  const point: Point = features.sizes.map((_, d) => features.draw(d, random));
  return features.settle(point, random);
}

/** A point with one or a few coordinates moved. */
export function mutated(features: Features, center: Readonly<Point>, random: Random): Point {
  const point = [...center];
  const share = random.next() < 0.5 ? 1 / features.count : 0.3;
  const sure = Math.floor(random.next() * features.count);
  for (let d = 0; d < features.count; d++) {
    const old = point[d];
    if (old === null || old === undefined || (d !== sure && random.next() >= share)) continue;
    point[d] = moved(features, d, old, 0.3 * random.next(), random);
  }
  return features.settle(point, random);
}

/** Another value near a coordinate: a normal step that ends at the ends, or any other choice of a category. */
export function moved(features: Features, d: number, old: number, width: number, random: Random): number {
  const size = features.sizes[d] as number;
  if (size > 0) return size === 1 ? old : (old + 1 + Math.floor(random.next() * (size - 1))) % size;
  const now = features.snap(d, Math.min(1 - 1e-9, Math.max(0, old + width * random.normal())));
  // A step too short to leave its level goes anywhere.
  return now === old ? features.draw(d, random) : now;
}
