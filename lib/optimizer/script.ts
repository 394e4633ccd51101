import type { Ask, Generation, History, Trial, Work } from './spec.ts';

export type Draft = Omit<Extract<Work, { kind: 'trial' }>, 'kind' | 'id'>;
export type GenerationDraft = Omit<Extract<Work, { kind: 'generation' }>, 'kind' | 'id'>;
export interface Done {
  winner: string | null;
  reason: string;
}

/** What a strategy's script works with. */
export interface Tape {
  readonly history: History;
  /**
   * The next trial: the one the history has at this place, or one made now. `make` sees the closed trials up to k minus
   * the parallelism and, of those after them, only what was asked; null ends this stretch of the script. `belongs` tells
   * whether the trial found at this place is of this stretch (it is not when `make` had ended it there).
   */
  trial(
    make: (seen: Trial[], pending: Trial[]) => Promise<Draft | null> | Draft | null,
    belongs?: (trial: Trial) => boolean,
  ): Promise<boolean>;
  /** How many trials have been passed. */
  place(): number;
  /** What was asked in the trials passed so far. */
  asked(): Draft[];
  /** All trials passed so far, closed; waits for them. What is asked later sees at least these. */
  settle(): Trial[];
  /** Puts prompts to the teacher, at the same time, and waits for all of them: their texts, or why there is none. */
  generate(drafts: readonly GenerationDraft[]): Promise<Generation[]>;
}

// Thrown to leave the script where it cannot go on; never seen outside of `askScript`.
const SUSPEND = Symbol('suspend');

/**
 * A strategy written as a script that is run from its beginning for every ask: trials the history has are passed over,
 * and where the history ends new ones are made. So all its state is the history, a run can be resumed anywhere, and what
 * trial k is depends neither on `count` nor on the order in which workers finish.
 */
export async function askScript(history: History, count: number, script: (tape: Tape) => Promise<Done>): Promise<Ask> {
  const trials = [...history.trials];
  const work: Work[] = [];
  const parallelism = Math.max(1, history.parallelism);
  let place = 0;
  let settled = 0;
  let generated = 0;

  const closed = (end: number): Trial[] => {
    const seen = trials.slice(0, end);
    if (seen.some((trial) => trial.state === 'running')) throw SUSPEND;
    return seen;
  };
  const tape: Tape = {
    history,
    place: () => place,
    asked: () => trials.slice(0, place).map((trial) => trial.work),
    settle: () => {
      const seen = closed(place);
      settled = place;
      return seen;
    },
    trial: async (make, belongs = () => true) => {
      const there = trials[place];
      if (there !== undefined) {
        if (belongs(there)) place++;
        return belongs(there);
      }
      const end = Math.max(settled, place - parallelism + 1);
      const seen = closed(end);
      if (work.length >= count) throw SUSPEND;
      const draft = await make(seen, trials.slice(end).map(asked));
      if (draft === null) return false;
      const made: Work = { kind: 'trial', id: `t${place}`, ...draft };
      work.push(made);
      trials.push({ id: made.id, work: made, state: 'running', outcomes: [], objectives: {}, failures: 0 });
      place++;
      return true;
    },
    generate: async (drafts) => {
      const answers: Generation[] = [];
      let waiting = false;
      for (const draft of drafts) {
        const there = history.generations[generated];
        if (there === undefined) {
          if (work.length >= count) throw SUSPEND;
          work.push({ kind: 'generation', id: `g${generated}`, ...draft });
        } else answers.push(there);
        generated++;
        waiting ||= there === undefined || isOpen(there);
      }
      if (waiting) throw SUSPEND;
      return answers;
    },
  };
  try {
    const done = await script(tape);
    return work.length > 0 ? { work } : { done };
  } catch (error) {
    if (error !== SUSPEND) throw error;
    return { work };
  }
}

/** Is its answer still to come? */
export const isOpen = ({ text, failure }: Generation): boolean => text === null && failure === undefined;

/** A trial without what it may already have found out. */
function asked(trial: Trial): Trial {
  return { id: trial.id, work: trial.work, state: 'running', outcomes: [], objectives: {}, failures: 0 };
}
