import { type Hit, nearest } from './nearest.ts';

export interface Vectors {
  search(query: ArrayLike<number>, k: number): Hit[];
  bytes: number;
}

/** Vectors compared by the cosine of their angle, every one of them: exact, and fast enough for some 100,000. */
export function vectors(all: readonly ArrayLike<number>[]): Vectors {
  const size = all[0]?.length ?? 0;
  const table = new Float32Array(all.length * size);
  for (const [i, vector] of all.entries()) {
    if (vector.length !== size) throw new RangeError(`vector ${i} has ${vector.length} numbers, the first has ${size}`);
    table.set(unit(vector), i * size);
  }
  return {
    bytes: table.byteLength,
    search: (query, k) => {
      if (all.length > 0 && query.length !== size)
        throw new RangeError(`the query has ${query.length} numbers, the documents have ${size}`);
      const wanted = unit(query);
      const scores = new Float64Array(all.length);
      for (let i = 0; i < all.length; i++) {
        let sum = 0;
        for (let j = 0; j < size; j++) sum += (table[i * size + j] ?? 0) * (wanted[j] ?? 0);
        scores[i] = sum;
      }
      return nearest(scores, k);
    },
  };
}

/** Of length 1; as in DSPy a vector of nothing but zeros stays one. */
function unit(vector: ArrayLike<number>): Float32Array {
  const values = Float32Array.from(vector);
  let square = 0;
  for (const value of values) square += value * value;
  const length = Math.max(Math.sqrt(square), 1e-10);
  return values.map((value) => value / length);
}
