import { isDeepStrictEqual } from 'node:util';
import { randomCase } from '../engine/random-graph.ts';
import type { Faults } from '../engine/world.ts';
import type { Ending, EquivalenceHouse } from './equivalence.ts';
import { asProduct } from './equivalence-ledger.ts';

/** One random program, driven in this process and by its state machine. */
export interface Compared {
  seed: number;
  here: Ending;
  there: Ending;
  /** How the machine itself ended. */
  machine: { status: string; error: string | null };
  same: boolean;
  /** What occurred in it. */
  kinds: string[];
}

interface Twist {
  /** What goes wrong on the machine's side instead, to see that it is seen. */
  theirs?: Faults;
  /** By an Express machine. */
  express?: boolean;
}

export async function compareCase(house: EquivalenceHouse, seed: number, twist: Twist = {}): Promise<Compared> {
  const { graph, faults, input } = randomCase(seed);
  const { theirs = faults, express = false } = twist;
  const name = ['case', seed, ...Object.keys(twist)].join('-');
  await house.create(name, asProduct(graph, faults));
  const driven = await house.run(name, { ...input, run: `${name}-here` }, faults);
  const compiled = await house.run(name, { ...input, run: `${name}-there` }, theirs);
  await house.drive(driven);
  const { status, error } = await (express ? house.express(name, compiled) : house.machine(compiled));
  const [here, there] = [await house.ending(driven), await house.ending(compiled)];
  const wanted = here.state === 'completed' ? ['SUCCEEDED', null] : ['FAILED', here.failure?.name];
  const same = isDeepStrictEqual(here, there) && isDeepStrictEqual([status, error], wanted);
  return { seed, here, there, machine: { status, error }, same, kinds: kindsOf(here, JSON.stringify(graph.nodes)) };
}

function kindsOf({ state, degraded, steps, rows, done }: Ending, nodes: string): string[] {
  const what = {
    [state]: true,
    degraded,
    retried: steps.some((step) => step.endsWith(':retried')),
    compensated: steps.some((step) => step.includes('/compensate/')),
    'effects done': done.length > 0,
    'rows written': rows.length > 0,
    parallel: nodes.includes('"branches"'),
    map: nodes.includes('"items"'),
    choice: nodes.includes('"arms"'),
    fallback: nodes.includes('"fallback"'),
  };
  return Object.keys(what).filter((kind) => what[kind]);
}

/** All of them, so many at the same time; `told` hears of each as it ends. */
export async function compareCases(
  house: EquivalenceHouse,
  seeds: readonly number[],
  told: (one: Compared) => void,
  atOnce = 12,
): Promise<void> {
  const left = [...seeds];
  const worker = async (): Promise<void> => {
    for (let seed = left.shift(); seed !== undefined; seed = left.shift()) told(await compareCase(house, seed));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Of so many programs, how many had what in them. */
export function counted(all: readonly Compared[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kinds } of all) for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
