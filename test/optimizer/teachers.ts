import { runStrategy } from '#lib/optimizer/drive';
import type { ExampleOutcome, History, Strategy, Work } from '#lib/optimizer/spec';
import type { Values } from '#lib/signature/signature';
import { materialize } from '#lib/variable/candidates';
import type { Space } from '#lib/variable/space';
import type { Assignment } from '#lib/variable/variable';
import { chance, historyOf, type TrialWork } from './worlds.ts';

export type GenerationWork = Extract<Work, { kind: 'generation' }>;

/** A space in which what the teacher writes matters most: an instruction without a default, demos and two settings. */
export const promptSpace: Space = {
  variables: [
    { name: 'answer_text', type: { kind: 'text' } },
    { name: 'answer_demos', type: { kind: 'demos', maxDemos: 4 } },
    { name: 'temperature', type: { kind: 'float', min: 0, max: 2, step: 0.1 }, default: 1 },
    { name: 'style', type: { kind: 'choice', choices: ['plain', 'warm', 'formal'] } },
  ],
  constraints: [],
  candidates: {},
};
const bindings = [
  { variable: 'answer_text', to: ['nodes.answer.instructions'] },
  { variable: 'answer_demos', to: ['nodes.answer.demos'] },
  { variable: 'temperature', to: ['nodes.*.lm.temperature'] },
  { variable: 'style', to: ['nodes.answer.instructions.suffix'] },
];

export function promptHistory(overrides: Parameters<typeof historyOf>[0] = {}): History {
  const { program } = historyOf();
  return historyOf({ space: promptSpace, program: { ...program, bindings }, ...overrides });
}

/** The secret words make an instruction better, each by so much. */
export const WORDS: Record<string, number> = { queue: 0.1, evidence: 0.15, calm: 0.1 };

export function promptSkill(assignment: Assignment): number {
  const text = String(assignment.answer_text ?? '');
  const words = Object.entries(WORDS).reduce((sum, [word, gain]) => sum + (text.includes(word) ? gain : 0), 0);
  const demos = Array.isArray(assignment.answer_demos) ? assignment.answer_demos.length : 0;
  return (
    0.25 +
    words +
    0.04 * Math.min(demos, 4) -
    0.12 * Math.abs(Number(assignment.temperature ?? 1) - 0.3) +
    (assignment.style === 'formal' ? 0.08 : 0)
  );
}

/** The pretended program under a skill; says what was wrong, and keeps traces when asked to. */
export function promptWorld(strategy: Strategy, skill: (assignment: Assignment) => number = promptSkill) {
  return async (work: TrialWork, ids: string[], history: History): Promise<ExampleOutcome[]> => {
    const assignment = materialize(strategy.space(history), work.assignment);
    const all = [...history.examples.train, ...history.examples.validation];
    return ids.map((exampleId) => {
      const example = all.find(({ id }) => id === exampleId);
      const luck = work.draw === undefined ? 0 : 0.2 * (chance('draw', exampleId, work.draw.sample) - 0.5);
      const right = chance('hardness', exampleId) + luck < skill(assignment);
      const queue = right ? (example?.labels.queue ?? '') : 'other';
      return {
        exampleId,
        score: right ? 1 : 0,
        feedback: right ? 'right' : `wanted ${String(example?.labels.queue)}`,
        costNanoUsd: 1000,
        latencyMs: 5,
        tokens: 10,
        ...(work.keepTraces === true
          ? { outputs: { queue }, traces: [{ nodeId: 'answer', inputs: { ...example?.inputs }, outputs: { queue } }] }
          : {}),
      };
    });
  };
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** A teacher whose answers fill the fields it is asked for. */
export function teacher(write: (work: GenerationWork, prompt: string) => Values | string) {
  return async (work: GenerationWork): Promise<string> => {
    const prompt = work.messages.map(({ content }) => String(content)).join('\n');
    const said = write(work, prompt);
    if (typeof said === 'string') return said;
    const blocks = (work.answer?.outputs ?? []).map(({ name }) => `[[ ## ${name} ## ]]\n${shown(said[name] ?? 'n/a')}`);
    return `${blocks.join('\n\n')}\n\n[[ ## completed ## ]]`;
  };
}

/** Proposals hold one or two of the secret words, by draw. */
export const knowing = teacher((work) => {
  const names = Object.keys(WORDS);
  const pick = (salt: string): string =>
    names[Math.floor(chance(salt, work.sample ?? 0, work.id) * names.length)] ?? '';
  return { instruction: `Sort it with ${pick('a')} and ${pick('b')}.`, observations: 'tickets', summary: 'Tickets.' };
});

export const garbage = async (): Promise<string> => 'I would rather talk about the weather.';

export function run(strategy: Strategy, history: History, teach = knowing, skill = promptSkill) {
  return runStrategy(strategy, history, promptWorld(strategy, skill), undefined, teach);
}

export function valuesOf(strategy: Strategy, history: History, id: string | null): Assignment {
  const trial = history.trials.find((candidate) => candidate.id === id);
  return materialize(strategy.space(history), trial?.work.assignment ?? {});
}
