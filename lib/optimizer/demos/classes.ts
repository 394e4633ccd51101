import { canonicalJson } from '#lib/base/json';
import type { Random } from '#lib/base/random';
import type { ExampleSketch } from '../spec.ts';

// More different label values than this are answers, not classes.
const MAX_CLASSES = 20;

/**
 * Examples in random order, classes taking turns when the labels have any: every beginning of the list is as balanced as
 * it can be. A label counts as a class when it has few values that repeat; `among` leaves other labels out of account.
 */
export function balancedOrder(
  examples: readonly ExampleSketch[],
  random: Random,
  among?: ReadonlySet<string>,
): ExampleSketch[] {
  const names = classLabels(examples).filter((name) => among?.has(name) ?? true);
  const groups = new Map<string, ExampleSketch[]>();
  for (const example of random.shuffle(examples)) {
    const key = canonicalJson(names.map((name) => example.labels[name] ?? null));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [example]);
    else group.push(example);
  }
  const order: ExampleSketch[] = [];
  const queues = random.shuffle([...groups.values()]);
  for (let turn = 0; order.length < examples.length; turn++) {
    for (const queue of queues) {
      const example = queue[turn];
      if (example !== undefined) order.push(example);
    }
  }
  return order;
}

/** How many classes the examples fall into; 1 when no label makes any. */
export function classCount(examples: readonly ExampleSketch[], among?: ReadonlySet<string>): number {
  const names = classLabels(examples).filter((name) => among?.has(name) ?? true);
  return new Set(examples.map(({ labels }) => canonicalJson(names.map((name) => labels[name] ?? null)))).size;
}

function classLabels(examples: readonly ExampleSketch[]): string[] {
  const values = new Map<string, Set<string>>();
  for (const { labels } of examples) {
    for (const [name, value] of Object.entries(labels)) {
      const seen = values.get(name) ?? new Set();
      seen.add(canonicalJson(value));
      values.set(name, seen);
    }
  }
  const limit = Math.min(MAX_CLASSES, examples.length / 2);
  return [...values].filter(([, seen]) => seen.size <= limit).map(([name]) => name);
}
