import { expect, test } from 'vitest';
import type { RandomCase } from '../engine/random-graph.ts';
import { byMachine, inProcess, randomCase } from './equivalence.ts';

test('200 random programs end the same in process and as state machines: output, error, every attempt, every effect, every undoing', async () => {
  const seen: Record<string, number> = {};
  for (let seed = 1; seed <= 200; seed++) {
    const one = randomCase(seed);
    const engine = await inProcess(one);
    const machine = await byMachine(one);
    expect(machine.outcome, `seed ${seed}`).toEqual(engine.outcome);
    expect(machine.done.toSorted(), `seed ${seed}`).toEqual(engine.done.toSorted());
    seen[engine.outcome.status] = (seen[engine.outcome.status] ?? 0) + 1;
    if (engine.outcome.degraded) seen.degraded = (seen.degraded ?? 0) + 1;
    if (engine.outcome.undone.length > 0) seen.undone = (seen.undone ?? 0) + 1;
  }
  for (const what of ['completed', 'failed', 'degraded', 'undone']) expect(seen[what], what).toBeGreaterThan(10);
}, 120_000);

test('a task that is delivered again after it succeeded answers the same, and has no effect again', async () => {
  for (let seed = 201; seed <= 260; seed++) {
    const one = randomCase(seed);
    const engine = await inProcess(one);
    const machine = await byMachine(one, 2);
    expect(machine.outcome, `seed ${seed}`).toEqual(engine.outcome);
    expect(machine.done.toSorted(), `seed ${seed}`).toEqual(engine.done.toSorted());
  }
}, 60_000);

test('a map of more items than an execution has events for is run by the step that joins it, with the same end', async () => {
  const items = Array.from({ length: 1001 }, (_, i) => `item${i}`);
  const inner = {
    id: 'one',
    kind: 'effect',
    http: { method: 'POST', url: 'https://example.com/' },
    inputs: { a: 'item' },
  };
  const graph = {
    name: 'large',
    input: { q: 'str', items: 'list[str]', yes: 'bool' },
    output: { all: 'nodes.each' },
    nodes: [{ id: 'each', kind: 'map', items: 'input.items', nodes: [inner] }],
  } as RandomCase['graph'];
  const large: RandomCase = { seed: 0, graph, faults: {}, input: { q: 'q', items, yes: true } };
  const machine = await byMachine(large);
  expect(machine.outcome).toEqual((await inProcess(large)).outcome);
  expect(machine.entered.filter((name) => name === 'one')).toEqual([]);
}, 60_000);
