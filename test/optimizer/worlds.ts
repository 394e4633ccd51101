import { checksum } from '#lib/base/hash';
import { newHistory } from '#lib/optimizer/drive';
import type { ExampleOutcome, ExampleSketch, History, Work } from '#lib/optimizer/spec';
import type { Signature } from '#lib/signature/signature';
import { materialize } from '#lib/variable/candidates';
import type { Space } from '#lib/variable/space';
import type { Assignment } from '#lib/variable/variable';

export type TrialWork = Extract<Work, { kind: 'trial' }>;

const str = { kind: 'str' } as const;
export const triage: Signature = {
  name: 'Triage',
  instructions: 'Sort tickets.',
  inputs: [{ name: 'ticket', type: str, description: 'What came in.' }],
  outputs: [{ name: 'queue', type: str, description: 'Who answers it.' }],
};

const QUEUES = ['billing', 'login', 'shipping'];

export function examples(count: number, prefix: string): ExampleSketch[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `${prefix}${index}`,
    inputs: { ticket: `ticket ${prefix}${index}` },
    labels: { queue: QUEUES[index % QUEUES.length] ?? '' },
  }));
}

export const mixedSpace: Space = {
  variables: [
    { name: 'temperature', type: { kind: 'float', min: 0, max: 2 }, default: 0.7 },
    { name: 'module', type: { kind: 'module', modules: ['predict', 'chain_of_thought'] } },
    { name: 'depth', type: { kind: 'integer', min: 1, max: 5 }, default: 1, when: { module: 'chain_of_thought' } },
    { name: 'style', type: { kind: 'text', candidates: ['Be short.', 'Be exact.', 'Be kind.'] } },
    { name: 'answer_demos', type: { kind: 'demos', maxDemos: 4 } },
  ],
  constraints: [],
  candidates: {},
};

export function historyOf(overrides: Partial<Omit<History, 'trials' | 'generations'>> = {}): History {
  return newHistory({
    space: mixedSpace,
    seed: 1,
    config: {},
    parallelism: 1,
    program: {
      nodes: [{ id: 'answer', signature: triage, instructions: 'Sort tickets.', demos: [] }],
      bindings: [{ variable: 'answer_demos', to: ['nodes.answer.demos'] }],
    },
    examples: { train: examples(24, 'train'), validation: examples(20, 'val') },
    objectives: [{ name: 'quality', goal: 'maximize' }],
    ...overrides,
  });
}

/** A number in [0, 1) that looks random and depends on these words alone. */
export function chance(...words: unknown[]): number {
  return Number.parseInt(checksum(words).slice(0, 8), 16) / 0xffffffff;
}

/** How often the pretended model is right: better with demos, exactness, depth and a temperature of 0.3. */
export function skill(assignment: Assignment): number {
  const demos = Array.isArray(assignment.answer_demos) ? assignment.answer_demos.length : 0;
  const temperature = Number(assignment.temperature ?? 0.7);
  const depth = Number(assignment.depth ?? 1);
  return (
    0.3 +
    0.08 * Math.min(demos, 4) +
    (assignment.style === 'Be exact.' ? 0.12 : 0) -
    0.1 * Math.abs(temperature - 0.3) +
    (assignment.module === 'chain_of_thought' ? 0.04 * (3 - Math.abs(depth - 3)) : 0)
  );
}

/** The pretended program: each example has a hardness of its own, so comparisons on the same examples are paired. */
export function evaluateIn(space: (history: History) => Space) {
  return (work: TrialWork, ids: string[], history: History): ExampleOutcome[] => {
    const assignment = materialize(space(history), work.assignment);
    const all = [...history.examples.train, ...history.examples.validation];
    return ids.map((id) => {
      const example = all.find((candidate) => candidate.id === id);
      const right = chance('hardness', id) < skill(assignment);
      const queue = right ? (example?.labels.queue ?? '') : 'other';
      return {
        exampleId: id,
        score: right ? 1 : 0,
        costNanoUsd: 1000,
        latencyMs: 5,
        tokens: 10,
        ...(work.keepTraces === true
          ? { traces: [{ nodeId: 'answer', inputs: { ...example?.inputs }, outputs: { queue } }] }
          : {}),
      };
    });
  };
}
