import type { FailureName } from '#lib/base/failure';
import { type Random, seededRandom } from '#lib/base/random';
import type { Graph } from '#lib/program/graph';
import type { Node } from '#lib/program/node';
import { shownBy } from '#lib/program/validate-circles';
import type { Faults } from './world.ts';

/** A valid program of every kind that runs without a person, and what will go wrong in it. */
export interface RandomCase {
  seed: number;
  graph: Graph;
  faults: Faults;
  input: { q: string; items: string[]; yes: boolean };
}

const FATAL: FailureName[] = ['Internal', 'Model.Refused', 'Effect.Failed'];
const PASSING: FailureName[] = ['Model.Throttled', 'Model.Transient', 'Output.Invalid'];

/** The same seed gives the same case. `kinds` narrows what may occur, for executors that cannot do all of it yet. */
export function randomCase(seed: number, kinds?: readonly Node['kind'][]): RandomCase {
  const random = seededRandom(seed);
  const maker = new Maker(random, kinds);
  const nodes = maker.block(random.integer(2, 6), { visible: [], inMap: false, depth: 0 });
  const output: Graph['output'] = {
    all: `[${nodes
      .flatMap(shownBy)
      .map((id) => `nodes.${id}`)
      .join(', ')}]`,
  };
  for (const { id } of nodes) output[id] = `nodes.${id}`;
  return {
    seed,
    graph: { name: `case_${seed}`, input: { q: 'str', items: 'list[str]', yes: 'bool' }, output, nodes },
    faults: maker.faults,
    input: {
      q: `q${random.integer(0, 9)}`,
      items: Array.from({ length: random.integer(0, 3) }, (_, i) => `item${i}`),
      yes: random.next() < 0.5,
    },
  };
}

interface Spot {
  visible: string[];
  inMap: boolean;
  depth: number;
}

class Maker {
  readonly faults: Faults = {};
  private readonly random: Random;
  private readonly kinds: readonly Node['kind'][] | undefined;
  private count = 0;

  constructor(random: Random, kinds: readonly Node['kind'][] | undefined) {
    this.random = random;
    this.kinds = kinds;
  }

  block(size: number, spot: Spot): Node[] {
    const nodes: Node[] = [];
    const visible = [...spot.visible];
    while (nodes.length < size) {
      const made = this.node({ ...spot, visible });
      // Two groups of actions side by side would be one transaction.
      if (made[0]?.kind === 'action' && nodes.at(-1)?.kind === 'action') continue;
      nodes.push(...made);
      visible.push(...made.flatMap(shownBy));
    }
    // Written in any order: the plan must find the right one. Neighbours in a transaction stay neighbours.
    return nodes.some(({ kind }) => kind === 'action') || this.chance(0.6) ? nodes : this.random.shuffle(nodes);
  }

  private node(spot: Spot): Node[] {
    const all: Node['kind'][] = ['module', 'module', 'module', 'transform', 'effect', 'effect', 'action'];
    if (spot.depth < 2) all.push('choice', 'map', 'parallel');
    const kind = this.random.pick(all.filter((one) => this.kinds === undefined || this.kinds.includes(one)));
    const id = this.id();
    if (kind === 'action') return this.actions(spot);
    const common = {
      id,
      ...(this.chance(0.15) ? { when: this.condition(spot) } : {}),
      ...(this.chance(0.15) ? { optional: true } : {}),
    };
    const inner = (more: Partial<Spot> = {}) =>
      this.block(this.random.integer(1, 3), { ...spot, depth: spot.depth + 1, ...more });
    if (kind === 'transform') return [{ ...common, kind, expression: this.value(spot) }];
    if (kind === 'parallel') return [{ ...common, kind, branches: [inner(), inner()] }];
    if (kind === 'map')
      return [
        {
          ...common,
          kind,
          items: 'input.items',
          nodes: inner({ inMap: true }),
          concurrency: this.random.integer(1, 3),
        },
      ];
    if (kind === 'choice') {
      const arms = Array.from({ length: this.random.integer(1, 2) }, () => ({
        when: this.condition(spot),
        nodes: inner(),
      }));
      return [{ ...common, kind, arms, ...(this.chance(0.5) ? { otherwise: inner() } : {}) }];
    }
    this.trouble(id, 0.3);
    const retry = this.chance(0.5) ? { retry: { maxAttempts: this.random.integer(2, 3) } } : {};
    const inputs = { a: this.value(spot), b: this.value(spot) };
    const fallback = this.chance(0.3) ? { fallback: [this.standIn()] } : {};
    if (kind === 'effect')
      return [
        {
          ...common,
          kind,
          http: { method: 'POST', url: 'https://example.com/' },
          inputs,
          ...retry,
          ...fallback,
          ...this.undoing(),
        },
      ];
    return [{ ...common, kind: 'module', module: 'echo', inputs, ...retry, ...fallback }];
  }

  private actions(spot: Spot): Node[] {
    const count = this.random.integer(1, 3);
    return Array.from({ length: count }, (): Node => {
      const id = this.id();
      this.trouble(id, 0.1);
      const inputs = { a: this.value(spot) };
      return {
        id,
        kind: 'action',
        resource: 'ledger',
        action: 'post',
        inputs,
        transaction: count > 1,
        ...this.undoing(),
      };
    });
  }

  private standIn(): Node {
    const id = this.id();
    this.trouble(id, 0.3);
    return { id, kind: 'module', module: 'echo' };
  }

  private undoing(): { compensate?: Node } {
    if (this.chance(0.3)) return {};
    const id = this.id();
    return {
      compensate: {
        id,
        kind: 'effect',
        http: { method: 'DELETE', url: 'https://example.com/' },
        inputs: { a: 'input.q' },
      },
    };
  }

  private trouble(id: string, share: number): void {
    if (!this.chance(share)) return;
    const passing = Array.from({ length: this.random.integer(0, 2) }, () => this.random.pick(PASSING));
    this.faults[id] = [...passing, this.chance(0.5) ? null : this.random.pick(FATAL)];
  }

  private value({ visible, inMap }: Spot): string {
    const choices = ['input.q', '"text"', '7', '$uppercase(input.q)'];
    if (inMap) choices.push('item', 'index');
    if (visible.length > 0) {
      const id = this.random.pick(visible);
      choices.push(`nodes.${id}`, `nodes.${id}`, `$string(nodes.${id})`, `$string(nodes.${id}) & input.q`);
    }
    return this.random.pick(choices);
  }

  private condition({ visible }: Spot): string {
    const choices = ['input.yes', '$not(input.yes)', '$count(input.items) > 1'];
    if (visible.length > 0)
      choices.push(`$exists(nodes.${this.random.pick(visible)})`, `nodes.${this.random.pick(visible)} != null`);
    return this.random.pick(choices);
  }

  private chance(share: number): boolean {
    return this.random.next() < share;
  }

  private id(): string {
    return `n${this.count++}`;
  }
}
