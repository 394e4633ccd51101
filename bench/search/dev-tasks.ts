import { type Random, seededRandom } from '#lib/base/random';
import type { Assignment } from '#lib/variable/variable';

/**
 * Random tasks to develop the search on: families like the suite's, with optimum, scales, tables and rotations drawn anew
 * for each number. What is reported (suite.json) was never used to choose a setting; these were.
 */
export interface DevTask {
  id: string;
  variables: Record<string, unknown>[];
  evaluate(assignment: Assignment, trial: number): number;
}

const number = (value: unknown): number => Number(value ?? 0);
const range = (count: number): number[] => Array.from({ length: count }, (_, k) => k);

const families: Record<string, (random: Random, id: string) => Omit<DevTask, 'id'>> = {
  bowl: (random) => {
    const [floats, integers, categories] = [random.integer(1, 4), random.integer(0, 3), random.integer(0, 2)];
    const d = floats + integers;
    const center = range(d).map(() => 0.1 + 0.8 * random.next());
    const scale = range(d).map(() => 10 ** (1.5 * random.next()));
    const turn = range(Math.max(0, d - 1)).map(() => random.next());
    const tables = range(categories).map(() => range(4).map(() => 3 * random.next()));
    return {
      variables: [
        ...range(floats).map((k) => ({ name: `x${k}`, type: 'float', min: -1, max: 3 })),
        ...range(integers).map((k) => ({ name: `i${k}`, type: 'integer', min: 0, max: 9 })),
        ...range(categories).map((k) => ({ name: `c${k}`, type: 'choice', choices: ['a', 'b', 'c', 'd'] })),
      ],
      evaluate: (a) => {
        const z = range(d).map(
          (k) => (k < floats ? (number(a[`x${k}`]) + 1) / 4 : number(a[`i${k - floats}`]) / 9) - (center[k] as number),
        );
        turn.forEach((angle, k) => {
          const [p, q] = [z[k] as number, z[k + 1] as number];
          z[k] = Math.cos(angle) * p - Math.sin(angle) * q;
          z[k + 1] = Math.sin(angle) * p + Math.cos(angle) * q;
        });
        const table = tables.reduce((sum, row, k) => sum + (row['abcd'.indexOf(String(a[`c${k}`]))] as number), 0);
        return z.reduce((sum, value, k) => sum + (scale[k] as number) * value * value, 0) + table;
      },
    };
  },
  waves: (random) => {
    const [floats, integers] = [random.integer(2, 5), random.integer(1, 4)];
    const d = floats + integers;
    const center = range(d).map(() => 0.8 * (2 * random.next() - 1));
    const [high, rate] = [1 + 3 * random.next(), 1 + 2 * random.next()];
    const far = [0, 1, 2, 3].map(() => 2 * random.next());
    return {
      variables: [
        ...range(floats).map((k) => ({ name: `x${k}`, type: 'float', min: -3, max: 3 })),
        ...range(integers).map((k) => ({ name: `i${k}`, type: 'integer', min: -3, max: 3 })),
        { name: 'c', type: 'choice', choices: ['a', 'b', 'c', 'd'] },
      ],
      evaluate: (a) => {
        let sum = far['abcd'.indexOf(String(a.c))] as number;
        for (const k of range(d)) {
          const z =
            k < floats
              ? number(a[`x${k}`]) - 3 * (center[k] as number)
              : number(a[`i${k - floats}`]) - Math.round(3 * (center[k] as number));
          sum += z * z + high * (1 - Math.cos(rate * Math.PI * z));
        }
        return sum;
      },
    };
  },
  valley: (random) => {
    const d = random.integer(2, 5);
    const [bend, stiff] = [random.next(), 3 + 40 * random.next()];
    const at = range(d).map(() => random.next() * 1.6 - 0.6);
    const offsets = [0, 0.5 * random.next(), random.next()];
    return {
      variables: [
        ...range(d).map((k) => ({ name: `r${k}`, type: 'float', min: 0.001, max: 10, log: true })),
        { name: 'c', type: 'choice', choices: ['a', 'b', 'c'] },
      ],
      evaluate: (a) => {
        const z = range(d).map((k) => Math.log10(number(a[`r${k}`])) - (at[k] as number));
        const choice = 'abc'.indexOf(String(a.c));
        let sum = offsets[choice] as number;
        for (const k of range(d)) sum += (z[k] as number) ** 2 * (1 + choice);
        for (const k of range(d - 1)) sum += stiff * ((z[k + 1] as number) - bend * (z[k] as number) ** 2) ** 2;
        return sum;
      },
    };
  },
  program: (random) => {
    const modules = random.integer(2, 5);
    const models = range(modules).map(() =>
      random.shuffle([0, 0.1, 0.2, 0.4]).map((value) => value * (0.5 + random.next())),
    );
    const styles = range(modules).map(() => range(3).map(() => 0.2 * random.next()));
    const demos = range(modules).map(() => random.integer(0, 8));
    const heat = range(modules).map(() => random.next());
    const pair = range(modules).map(() => range(4).map(() => range(4).map(() => 0.12 * random.next())));
    return {
      variables: [
        { name: 'temperature', type: 'float', min: 0, max: 1.5 },
        { name: 'style', type: 'choice', choices: ['a', 'b', 'c'] },
        ...range(modules).flatMap((k) => [
          { name: `model${k}`, type: 'choice', choices: ['a', 'b', 'c', 'd'] },
          { name: `demos${k}`, type: 'integer', min: 0, max: 8 },
        ]),
      ],
      evaluate: (a) => {
        let sum = 0;
        for (const k of range(modules)) {
          const model = 'abcd'.indexOf(String(a[`model${k}`]));
          sum += (models[k]?.[model] as number) + (styles[k]?.['abc'.indexOf(String(a.style))] as number);
          sum +=
            0.012 * (number(a[`demos${k}`]) - (demos[k] as number)) ** 2 +
            0.4 * (number(a.temperature) - (heat[k] as number)) ** 2;
          if (k > 0) sum += pair[k]?.[model]?.['abcd'.indexOf(String(a[`model${k - 1}`]))] as number;
        }
        return sum;
      },
    };
  },
  tree: (random) => {
    const branches = random.integer(2, 4);
    const base = range(branches).map(() => 0.4 * random.next());
    const best = range(branches).map(() => [random.next(), random.next(), random.integer(0, 2), random.integer(1, 9)]);
    const heat = range(branches).map(() => 2 * random.next());
    return {
      variables: [
        { name: 'module', type: 'choice', choices: range(branches).map((k) => `m${k}`) },
        { name: 'temperature', type: 'float', min: 0, max: 2 },
        ...range(branches).flatMap((k) => [
          { name: `p${k}`, type: 'float', min: 0, max: 1, when: { module: `m${k}` } },
          { name: `q${k}`, type: 'float', min: 0.01, max: 1, log: true, when: { module: `m${k}` } },
          { name: `s${k}`, type: 'choice', choices: ['a', 'b', 'c'], when: { module: `m${k}` } },
          { name: `n${k}`, type: 'integer', min: 1, max: 9, when: { module: `m${k}` } },
        ]),
      ],
      evaluate: (a) => {
        const k = Number(String(a.module).slice(1));
        const [p = 0, q = 0, s = 0, n = 0] = best[k] as number[];
        return (
          (base[k] as number) +
          0.5 * (number(a[`p${k}`]) - p) ** 2 +
          0.3 * (Math.log10(number(a[`q${k}`])) / 2 + 1 - q) ** 2 +
          (String(a[`s${k}`]) === 'abc'[s] ? 0 : 0.1) +
          0.02 * Math.abs(number(a[`n${k}`]) - n) +
          0.15 * (number(a.temperature) - (heat[k] as number)) ** 2
        );
      },
    };
  },
  noisy: (random, id) => {
    const inner = families.program?.(random, id) as Omit<DevTask, 'id'>;
    return {
      variables: inner.variables,
      evaluate: (a, trial) => {
        const p = Math.max(0.02, Math.min(0.98, 1 - inner.evaluate(a, trial) / 3));
        const dice = seededRandom(`${id}/${JSON.stringify(a)}`);
        return 1 - range(40).filter(() => dice.next() < p).length / 40 + 1e-9 * 0;
      },
    };
  },
  steps: (random) => {
    const d = random.integer(4, 9);
    const trees = range(12).map(() => {
      const grow = (depth: number): ((x: number[]) => number) => {
        if (depth === 0) {
          const leaf = random.normal();
          return () => leaf;
        }
        const [axis, at] = [random.integer(0, d - 1), random.next()];
        const [low, high] = [grow(depth - 1), grow(depth - 1)];
        return (x) => ((x[axis] as number) < at ? low(x) : high(x));
      };
      return grow(3);
    });
    const sizes = range(d).map(() => random.integer(3, 8));
    return {
      variables: range(d).map((k) =>
        k % 3 === 0
          ? { name: `c${k}`, type: 'choice', choices: range(sizes[k] as number).map((c) => `o${c}`) }
          : { name: `i${k}`, type: 'integer', min: 0, max: sizes[k] as number },
      ),
      evaluate: (a) => {
        const x = range(d).map((k) =>
          k % 3 === 0
            ? ((Number(String(a[`c${k}`]).slice(1)) * 7) % 11) / 11
            : number(a[`i${k}`]) / (sizes[k] as number),
        );
        return trees.reduce((sum, tree) => sum + tree(x), 0);
      },
    };
  },
};

/** `count` tasks of each family. */
export function devTasks(count: number): DevTask[] {
  return Object.entries(families).flatMap(([family, make]) =>
    range(count).map((k) => ({ id: `${family}${k}`, ...make(seededRandom(`dev/${family}/${k}`), `${family}${k}`) })),
  );
}
