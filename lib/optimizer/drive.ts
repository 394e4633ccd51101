import { type Failure, failureOf } from '#lib/base/failure';
import { meanObjectives, soundOutcome, weightsOf } from './objectives.ts';
import { readAnswer } from './propose/answer.ts';
import { isOpen } from './script.ts';
import type { ExampleOutcome, History, Strategy, Trial, Work } from './spec.ts';

type TrialWork = Extract<Work, { kind: 'trial' }>;
type GenerationWork = Extract<Work, { kind: 'generation' }>;

/** A history in which nothing has happened yet. */
export function newHistory(start: Omit<History, 'trials' | 'generations'>): History {
  return { ...start, trials: [], generations: [] };
}

/**
 * The history with a piece of asked work taken up: a running trial (closed at once when its parent's outcomes already
 * cover it, or when it has no examples), or a generation without its text. Taking up the same id twice changes nothing.
 */
export function addWork(history: History, work: Work): History {
  if (work.kind === 'generation') {
    if (history.generations.some(({ id }) => id === work.id)) return history;
    return {
      ...history,
      generations: [...history.generations, { id: work.id, purpose: work.purpose, work, text: null }],
    };
  }
  if (history.trials.some(({ id }) => id === work.id)) return history;
  const wanted = new Set(work.exampleIds);
  const outcomes = work.continues === true ? (parentOf(history, work)?.outcomes ?? []) : [];
  const trial = judged(history, {
    id: work.id,
    work,
    state: 'running',
    outcomes: outcomes.filter((outcome) => wanted.has(outcome.exampleId)),
    objectives: {},
    failures: 0,
  });
  return { ...history, trials: [...history.trials, trial] };
}

/** The examples of a trial that still have to be run; what its parent has counts, when it continues it. */
export function examplesToRun(history: History, work: TrialWork): string[] {
  const trial = history.trials.find(({ id }) => id === work.id);
  const parent = work.continues === true ? parentOf(history, work) : undefined;
  const known = new Set((trial ?? parent)?.outcomes.map((outcome) => outcome.exampleId));
  return work.exampleIds.filter((id) => !known.has(id));
}

/**
 * The history with outcomes of a trial's examples; the trial is completed when it has all of them. An outcome counts
 * once: told again, or for an example that is not the trial's, it changes nothing.
 */
export function addOutcomes(history: History, trialId: string, outcomes: readonly ExampleOutcome[]): History {
  return withTrial(history, trialId, (trial) => {
    if (trial.state !== 'running') return trial;
    const wanted = new Set(trial.work.exampleIds);
    for (const { exampleId } of trial.outcomes) wanted.delete(exampleId);
    const fresh = outcomes.filter((outcome) => wanted.delete(outcome.exampleId)).map(soundOutcome);
    if (fresh.length === 0) return trial;
    // In the order of the work, not of arrival: sums of the same numbers in another order differ in their last digit.
    const place = new Map(trial.work.exampleIds.map((id, index) => [id, index]));
    const ordered = [...trial.outcomes, ...fresh].sort(
      (a, b) => (place.get(a.exampleId) ?? 0) - (place.get(b.exampleId) ?? 0),
    );
    return judged(history, { ...trial, outcomes: ordered });
  });
}

/** The history with a trial that could not be run as a whole: a rejected assignment, a lost model. */
export function failTrial(history: History, trialId: string, failure: Failure): History {
  return withTrial(history, trialId, (trial) =>
    trial.state === 'running' ? { ...trial, state: 'failed', failure } : trial,
  );
}

/** The history with a generation's text, or why there is none. */
export function addGeneration(history: History, id: string, result: { text: string } | { failure: Failure }): History {
  const generations = history.generations.map((generation) =>
    generation.id === id && generation.text === null && generation.failure === undefined
      ? { ...generation, ...result }
      : generation,
  );
  return { ...history, generations };
}

export interface Ending {
  history: History;
  winner: string | null;
  reason: string;
}

/**
 * A strategy driven to its end in this process, `history.parallelism` pieces of work at a time, from wherever the history
 * stands: work it shows as running is run again.
 */
export async function runStrategy(
  strategy: Strategy,
  history: History,
  evaluateWork: (work: TrialWork, exampleIds: string[], history: History) => Promise<ExampleOutcome[]>,
  onStep?: (history: History) => void,
  /** The teacher; throws when it has no answer. Without it a strategy that asks for one fails. */
  generate?: (work: GenerationWork) => Promise<string>,
): Promise<Ending> {
  let now = history;
  const running = new Map<string, Promise<void>>();
  const start = (work: Work): void => {
    now = addWork(now, work);
    if (work.kind === 'generation') {
      if (generate === undefined) throw new Error(`${strategy.name} asks for a generation, which needs a model`);
      const answered = async (): Promise<void> => {
        const answer = await answerTo(work, generate);
        now = addGeneration(now, work.id, answer);
        running.delete(work.id);
        onStep?.(now);
      };
      running.set(work.id, answered());
      return;
    }
    const run = async (): Promise<void> => {
      try {
        const outcomes = await evaluateWork(work, examplesToRun(now, work), now);
        now = addOutcomes(now, work.id, outcomes);
      } catch (error) {
        now = failTrial(now, work.id, failureOf(error));
      }
      running.delete(work.id);
      onStep?.(now);
    };
    running.set(work.id, run());
  };
  for (const trial of now.trials) if (trial.state === 'running') start(trial.work);
  for (const generation of now.generations) if (isOpen(generation)) start(generation.work);
  for (;;) {
    const ask = await strategy.ask(now, Math.max(0, now.parallelism - running.size));
    if ('done' in ask) return { history: now, ...ask.done };
    for (const work of ask.work) start(work);
    if (running.size === 0) throw new Error(`${strategy.name} asks for nothing and waits for nothing`);
    await Promise.race(running.values());
  }
}

async function answerTo(
  work: GenerationWork,
  generate: (work: GenerationWork) => Promise<string>,
): Promise<{ text: string } | { failure: Failure }> {
  try {
    const text = await generate(work);
    if (work.answer !== undefined) readAnswer(work.answer, text);
    return { text };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

function parentOf(history: History, work: TrialWork): Trial | undefined {
  return history.trials.find(({ id }) => id === work.parent);
}

function withTrial(history: History, id: string, change: (trial: Trial) => Trial): History {
  return { ...history, trials: history.trials.map((trial) => (trial.id === id ? change(trial) : trial)) };
}

function judged(history: History, trial: Trial): Trial {
  const complete = trial.outcomes.length >= new Set(trial.work.exampleIds).size;
  return {
    ...trial,
    state: complete ? 'completed' : 'running',
    objectives: meanObjectives(trial.outcomes, weightsOf(history.examples[trial.work.split])),
    failures: trial.outcomes.filter((outcome) => outcome.score === null).length,
  };
}
