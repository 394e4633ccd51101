import type { Assignment } from '#lib/variable/variable';

/** The objectives of suite.json by formula id, all minimised. peers/formulas.py is the twin; twin.ts compares them. */
export const formulas: Record<string, (assignment: Assignment) => number> = {
  branin_mixed: (a) => {
    const shape = String(a.shape);
    const shift = shape === 'shifted' || shape === 'both' ? 1.5 : 0;
    const scale = shape === 'scaled' || shape === 'both' ? 1.4 : 1;
    const penalty = { plain: 0, shifted: 2, scaled: 4, both: 6 }[shape] ?? 0;
    return scale * branin(number(a.x) + shift, number(a.y)) + penalty;
  },
  ackley_mixed: (a) => {
    const x = [...names('x', 5), ...names('i', 3)].map((name) => number(a[name]));
    const z = rotate(x.map((value, index) => value - (ACKLEY_OPTIMUM[index] ?? 0)));
    // Categories are not ordered: a is 0, the others stand at fixed distances.
    const far = { a: 1.4, b: 0.7, c: 0, d: 2.1, e: 2.8 };
    z.push(far[String(a.c0) as 'a'] ?? 0, far[String(a.c1) as 'a'] ?? 0);
    const squares = z.reduce((sum, value) => sum + value * value, 0) / z.length;
    const waves = z.reduce((sum, value) => sum + Math.cos(2 * Math.PI * value), 0) / z.length;
    return 20 - 20 * Math.exp(-0.2 * Math.sqrt(squares)) + Math.E - Math.exp(waves);
  },
  rastrigin_int: (a) => {
    const optimum = [1, -2, 0, 2, 0.6, -1.1, 0.2, 1.7];
    const x = [...names('i', 4), ...names('x', 4)].map((name, index) => number(a[name]) - (optimum[index] ?? 0));
    return x.reduce((sum, value) => sum + 4 + value * value - 4 * Math.cos(2 * Math.PI * value * 0.5), 0);
  },
  rosenbrock_log: (a) => {
    const stiff = { mild: 5, middle: 20, hard: 100 }[String(a.condition)] ?? 5;
    const offset = { mild: 0.5, middle: 0, hard: 0.2 }[String(a.condition)] ?? 0;
    const z = ['a', 'b', 'c', 'd'].map((name) => Math.log10(number(a[name])) * 0.8);
    let sum = offset;
    for (let i = 0; i + 1 < z.length; i++) {
      const [here = 0, next = 0] = [z[i], z[i + 1]];
      sum += stiff * (next - here * here) ** 2 + (1 - here) ** 2;
    }
    return sum;
  },
  conditional_tree: (a) => {
    const t = number(a.temperature);
    switch (String(a.module)) {
      case 'predict':
        return 0.25 + 0.02 * Math.abs(number(a.demos) - 5) + (a.style === 'plain' ? 0 : 0.05) + 0.1 * (t - 0.2) ** 2;
      case 'cot':
        return (
          0.12 +
          0.05 * Math.abs(number(a.depth) - 3) +
          (a.hint === true ? 0 : 0.06) +
          0.3 * (number(a.top_p) - 0.8) ** 2 +
          0.15 * (t - 0.7) ** 2
        );
      case 'react':
        return (
          (a.tool === 'both' ? 0 : a.tool === 'search' ? 0.1 : 0.3) +
          0.02 * Math.abs(number(a.steps) - 7) +
          0.08 * Math.log10(number(a.patience) / 0.5) ** 2 +
          0.2 * (t - 1) ** 2
        );
      default:
        return (
          0.05 +
          0.02 * Math.abs(number(a.members) - 5) +
          (a.vote === 'judge' ? 0 : 0.08) +
          0.25 * (number(a.spread) - 0.4) ** 2 +
          (a.weighting === true ? 0 : 0.03) +
          0.12 * (t - 1.2) ** 2
        );
    }
  },
  shared_program: (a) => {
    const t = number(a.temperature);
    const style = ['terse', 'plain', 'formal'].indexOf(String(a.style));
    let loss = 0;
    let previous = -1;
    for (let m = 0; m < 4; m++) {
      const model = ['s', 'm', 'l', 'xl'].indexOf(String(a[`model${m}`]));
      const demos = number(a[`demos${m}`]);
      loss += MODEL_LOSS[m]?.[model] ?? 0;
      loss += STYLE_LOSS[m]?.[style] ?? 0;
      loss += 0.01 * (demos - (BEST_DEMOS[m] ?? 0)) ** 2;
      loss += 0.5 * (t - (BEST_TEMPERATURE[m] ?? 0)) ** 2;
      // The fifth that is not separable: neighbours like the same model, and large models need fewer demos.
      if (previous >= 0 && previous !== model) loss += 0.08;
      loss += 0.015 * Math.abs(demos - (6 - 1.5 * model));
      previous = model;
    }
    return loss;
  },
  knapsack: (a) => {
    const n = names('n', 8).map((name) => number(a[name]));
    let worth = 0;
    // More of the same is worth less, and neighbours help or hinder each other.
    n.forEach((count, k) => {
      worth += (WORTH[k] ?? 0) * count ** 0.8;
    });
    for (let k = 0; k + 1 < n.length; k++) worth += 2.5 * Math.min(n[k] ?? 0, n[k + 1] ?? 0) * (k % 2 === 0 ? 1 : -1);
    return -worth;
  },
};

/** What a knapsack costs beside what it is worth (`formulas.knapsack`, negative): two things with limits. */
export function knapsackUse(a: Assignment): { cost: number; latency: number } {
  const n = names('n', 8).map((name) => number(a[name]));
  const total = (each: readonly number[]): number => n.reduce((sum, count, k) => sum + count * (each[k] ?? 0), 0);
  return { cost: total([10, 17, 6, 12, 22, 4, 11, 13]), latency: total([7, 9, 5, 10, 8, 3, 4, 12]) };
}

const WORTH = [9, 14, 6, 11, 17, 5, 8, 12];
const ACKLEY_OPTIMUM = [3.1, -2.4, 1.7, -3.6, 2.2, -3, 2, 4];
const MODEL_LOSS = [
  [0.4, 0.2, 0.05, 0],
  [0.1, 0, 0.1, 0.3],
  [0.3, 0.2, 0, 0.1],
  [0.2, 0, 0.05, 0.1],
];
const STYLE_LOSS = [
  [0.1, 0, 0.2],
  [0, 0.05, 0.1],
  [0.2, 0, 0.1],
  [0.1, 0.05, 0],
];
const BEST_DEMOS = [2, 6, 4, 3];
const BEST_TEMPERATURE = [0.2, 0.6, 0.9, 0.5];

function branin(x: number, y: number): number {
  const curve = y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6;
  return curve * curve + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
}

/** Givens rotations by 0.4 rad of neighbouring coordinates: no axis stays alone, and every language computes it alike. */
function rotate(x: readonly number[]): number[] {
  const z = [...x];
  for (let i = 0; i + 1 < z.length; i++) {
    const [a = 0, b = 0] = [z[i], z[i + 1]];
    z[i] = Math.cos(0.4) * a - Math.sin(0.4) * b;
    z[i + 1] = Math.sin(0.4) * a + Math.cos(0.4) * b;
  }
  return z;
}

const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);
const number = (value: unknown): number => Number(value ?? 0);
