import type { Demo } from '#lib/adapter/adapter';
import { canonicalJson } from '#lib/base/json';
import { seededRandom } from '#lib/base/random';
import type { Signature } from '#lib/signature/signature';
import type { ExampleOutcome, ExampleSketch } from '../spec.ts';

/**
 * Demos of each node that a run's traces give, marked as bootstrapped. A node called more than once gives its last call,
 * or half of the time an earlier one, as in DSPy; the draw is seeded by what it draws from.
 */
export function tracedDemos(outcome: ExampleOutcome): Map<string, Demo> {
  const calls = new Map<string, Demo[]>();
  for (const { nodeId, inputs, outputs } of outcome.traces ?? []) {
    calls.set(nodeId, [...(calls.get(nodeId) ?? []), { augmented: true, ...inputs, ...outputs }]);
  }
  return new Map(
    Array.from(calls, ([nodeId, demos]) => {
      const random = seededRandom(canonicalJson(demos));
      const earlier = demos.length > 1 && random.next() < 0.5;
      return [nodeId, (earlier ? random.pick(demos.slice(0, -1)) : demos.at(-1)) as Demo];
    }),
  );
}

/** What an example itself shows of a node's fields; null when it has no input or no output of the node. */
export function labeledDemo(example: ExampleSketch, signature: Signature): Demo | null {
  const demo: Demo = {};
  for (const { name } of signature.inputs)
    if (Object.hasOwn(example.inputs, name)) demo[name] = example.inputs[name] ?? null;
  const inputs = Object.keys(demo).length;
  for (const { name } of signature.outputs)
    if (Object.hasOwn(example.labels, name)) demo[name] = example.labels[name] ?? null;
  return inputs > 0 && Object.keys(demo).length > inputs ? demo : null;
}

/** Does a demo show every field? Others are rendered as incomplete, and teach less. */
export function isComplete(demo: Demo, signature: Signature): boolean {
  return [...signature.inputs, ...signature.outputs].every(
    ({ name }) => demo[name] !== undefined && demo[name] !== null,
  );
}
