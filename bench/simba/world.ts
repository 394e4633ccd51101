import { sha256 } from '#lib/base/hash';
import { newHistory, runStrategy } from '#lib/optimizer/drive';
import type { ExampleOutcome, ExampleSketch, History, Work } from '#lib/optimizer/spec';
import { createStrategy } from '#lib/optimizer/strategies';
import { parseSignature } from '#lib/signature/parse';
import { materialize } from '#lib/variable/candidates';
import type { Assignment, Variable } from '#lib/variable/variable';

export interface Task {
  name: string;
  about: string;
  variables: Variable[];
  steps: number;
  /** So many steps take at least the runs that `steps` with `amplify` take: its rounds come on top of the steps. */
  stepsAtEqualRuns: number;
  /** The chance of a right answer, exactly: what is reported of the winner. */
  skill(assignment: Assignment, seed: number): number;
}

type TrialWork = Extract<Work, { kind: 'trial' }>;

/** A number in [0, 1) that depends on these words alone. */
export function chance(...words: unknown[]): number {
  return Number.parseInt(sha256(JSON.stringify(words)).slice(0, 8), 16) / 2 ** 32;
}

const strategy = createStrategy('simba', () => undefined);
const CLASSES = ['billing', 'login', 'shipping'];

/** The exact skill of what SIMBA ends with, under the seed and this configuration, and the runs it took. */
export async function solve(
  task: Task,
  seed: number,
  moves: Record<string, boolean>,
  steps = task.steps,
): Promise<{ skill: number; runs: number }> {
  const names = (count: number, prefix: string): ExampleSketch[] =>
    Array.from({ length: count }, (_, index) => ({
      id: `${prefix}${index}`,
      inputs: { ticket: `${prefix}${index}` },
      labels: { queue: CLASSES[index % 3] ?? '' },
    }));
  const signature = parseSignature('ticket -> queue', { instructions: 'Sort tickets.' });
  const history = newHistory({
    space: { variables: task.variables, constraints: [], candidates: {} },
    seed,
    config: { bsize: 12, num_candidates: 4, max_steps: steps, moves },
    parallelism: 64,
    program: {
      nodes: [{ id: 'answer', signature, instructions: 'Sort tickets.', demos: [] }],
      bindings: task.variables.map(({ name, type }) => ({
        variable: name,
        to: [
          `nodes.answer.${type.kind === 'demos' ? 'demos' : type.kind === 'text' ? 'instructions' : 'lm.temperature'}`,
        ],
      })),
    },
    examples: { train: names(36, 'train'), validation: names(40, 'val') },
    objectives: [{ name: 'quality', goal: 'maximize' }],
  });
  const ended = await runStrategy(
    strategy,
    history,
    async (work, ids, now) => outcomes(task, seed, work, ids, now),
    undefined,
    async ({ sample = 0 }) => {
      const word = ['exactly', 'slowly', 'kindly', 'twice'][Math.floor(chance('word', seed, sample) * 4)];
      return `[[ ## discussion ## ]]\nIt differs.\n\n[[ ## advice ## ]]\n{"answer": "Read ${word}."}\n\n[[ ## completed ## ]]`;
    },
  );
  const winner = ended.history.trials.find(({ id }) => id === ended.winner);
  return {
    skill: task.skill(materialize(strategy.space(ended.history), winner?.work.assignment ?? {}), seed),
    runs: ended.history.trials.reduce((sum, { outcomes }) => sum + outcomes.length, 0),
  };
}

function outcomes(task: Task, seed: number, work: TrialWork, ids: readonly string[], now: History): ExampleOutcome[] {
  const skill = task.skill(materialize(strategy.space(now), work.assignment), seed);
  return ids.map((exampleId) => {
    const luck =
      0.3 * (chance('luck', seed, exampleId, work.draw?.sample ?? 'none', JSON.stringify(work.assignment)) - 0.5);
    const right = chance('hard', seed, exampleId) + luck < skill;
    const traces = [{ nodeId: 'answer', inputs: { ticket: exampleId }, outputs: { queue: right ? 'right' : 'wrong' } }];
    return {
      exampleId,
      score: right ? 1 : 0,
      costNanoUsd: 0,
      latencyMs: 1,
      tokens: 1,
      ...(work.keepTraces ? { traces } : {}),
    };
  });
}
