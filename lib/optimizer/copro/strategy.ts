import { seededRandom } from '#lib/base/random';
import { materialize } from '#lib/variable/candidates';
import type { EvaluateExpression } from '#lib/variable/evaluate-expression';
import { sampleFilling } from '#lib/variable/sample';
import type { Assignment } from '#lib/variable/variable';
import { configOf } from '../config-of.ts';
import { again } from '../earlier/incumbents.ts';
import { type Beginning, baselineOf, begin, finish } from '../propose/begin.ts';
import { instructionIn } from '../propose/instructions.ts';
import { settingsOf, withValue } from '../propose/neighbour.ts';
import { type TextPlace, textPlaces } from '../propose/places.ts';
import { firstNamed, grown, type Proposals, proposedSpace, withFirstNames } from '../propose/space.ts';
import { askScript, type Done, type Draft, type Tape } from '../script.ts';
import type { Strategy, Trial } from '../spec.ts';
import { keyOf } from '../tried.ts';
import { type Utility, utilityOf } from '../utility.ts';
import { CoproConfig } from './config.ts';
import { type Attempt, improvements, inventions } from './prompts.ts';

const NAME = 'copro';

/**
 * COPRO as ask and tell: one text after the other (and, unless told otherwise, one setting after the other) takes the
 * best of a batch of candidates while the rest of the program stays as good as it has become; every further batch is
 * written by the teacher in view of what the attempts so far have scored.
 */
export function copro(evaluate: EvaluateExpression): Strategy {
  return {
    name: NAME,
    space: proposedSpace,
    ask: async (history, count) => {
      const config = configOf(CoproConfig, history, NAME);
      return askScript(history, count, (tape) => script(tape, config, evaluate));
    },
  };
}

interface State {
  tape: Tape;
  start: Beginning;
  proposals: Proposals;
  /** The best so far: every coordinate at its best under the others. */
  current: Assignment;
  /** Trials by the key of their assignment: none is measured twice. */
  measured: Map<string, Trial>;
}

async function script(tape: Tape, config: CoproConfig, evaluate: EvaluateExpression): Promise<Done> {
  const { history } = tape;
  const start = await begin(tape, evaluate);
  if ('reason' in start) return start;
  const places = textPlaces(history).filter(({ variable }) => Object.hasOwn(start.base, variable.name));
  const settings = config.variables ? settingsOf(start.dimensions) : [];
  const state: State = { tape, start, proposals: {}, current: start.base, measured: new Map() };
  await climb(state, [{ assignment: start.base, origin: 'baseline' }]);
  if (places.length + settings.length === 0) return finish(tape, 'the program has no variable to change');
  await climb(state, await again(history, start.base, start.admission));

  const random = seededRandom(`${history.seed}/${NAME}`);
  const samples = (): number => random.integer(0, 1_000_000_000);
  const { breadth, init_temperature: temperature } = config;
  const texts = new Map(places.map(({ variable, current }) => [variable.name, [current]]));
  let spoken = 0;
  for (let round = 0; round < config.depth; round++) {
    const batches = places.map((place) =>
      round === 0
        ? inventions(place, breadth - 1, temperature, samples)
        : improvements(place, attemptsAt(state, place), breadth, temperature, samples),
    );
    const answers = (await tape.generate(batches.flat())).values();
    const said = batches.map((drafts) =>
      drafts.flatMap((draft) => instructionIn(draft, answers.next().value?.text) ?? []),
    );
    spoken += said.flat().length;
    for (const [index, { variable }] of places.entries()) {
      const fresh = said[index] ?? [];
      const all = texts.get(variable.name) ?? [];
      all.push(...fresh);
      // Other texts have changed meanwhile, and with them what the earlier candidates of this one are worth.
      const wanted = places.length > 1 ? all : fresh;
      if (!Object.hasOwn(state.current, variable.name)) continue;
      await climb(
        state,
        wanted.map((text) => ({ assignment: withText(state, variable.name, text), origin: 'instruction' })),
      );
    }
    const points = sampleFilling(start.dimensions, config.values, seededRandom(`${history.seed}/${NAME}/${round}`));
    for (const { name } of settings)
      await climb(
        state,
        points.map((point) => ({
          assignment: withValue(start.dimensions, state.current, name, point),
          origin: 'setting',
        })),
      );
  }
  const silent = places.length > 0 && spoken === 0 ? '; the teacher gave no instruction that can be used' : '';
  return finish(tape, `all ${config.depth} rounds are done${silent}`);
}

/** Measures what has not been measured, and goes on from the best of it when that is strictly better. */
async function climb(
  state: State,
  candidates: readonly Pick<Draft, 'assignment' | 'origin' | 'from'>[],
): Promise<void> {
  const { tape, start, measured, proposals } = state;
  const from = tape.place();
  const planned = new Set<string>();
  for (const candidate of candidates) {
    const key = keyOf(candidate.assignment);
    if (measured.has(key) || planned.has(key) || (await start.admission(candidate.assignment)) !== null) continue;
    planned.add(key);
    const named = firstNamed(candidate.assignment, proposals, tape.asked());
    await tape.trial(() => ({ ...candidate, split: 'validation', exampleIds: start.validation, ...named }));
  }
  const trials = tape.settle();
  for (const trial of trials.slice(from)) measured.set(keyOf(trial.work.assignment), trial);
  const utility = utilityOf(tape.history, trials, baselineOf(trials));
  for (const { assignment } of candidates)
    if (isBetter(measured.get(keyOf(assignment)), measured.get(keyOf(state.current)), utility))
      state.current = assignment;
}

function isBetter(one: Trial | undefined, other: Trial | undefined, utility: Utility): boolean {
  if (one === undefined || other === undefined) return false;
  const [a, b] = [utility.feasible(one), utility.feasible(other)];
  return a === b ? utility.of(one) > utility.of(other) : a;
}

/** Each text that was tried at this place, in the order of their first trials, with the best it was worth. */
function attemptsAt({ tape, start, proposals }: State, { variable }: TextPlace): Attempt[] {
  const trials = tape.settle();
  const utility = utilityOf(tape.history, trials, baselineOf(trials));
  const space = grown(tape.history, start.space, proposals);
  const attempts = new Map<string, Attempt>();
  for (const trial of trials) {
    const text = materialize(space, trial.work.assignment)[variable.name];
    if (typeof text !== 'string') continue;
    const score = utility.of(trial);
    const known = attempts.get(text);
    if (known === undefined) attempts.set(text, { text, score });
    else known.score = Math.max(known.score, score);
  }
  return [...attempts.values()];
}

/** What is best so far, with this text, which becomes a candidate when it is new. */
function withText({ start, proposals, current, tape }: State, name: string, text: string): Assignment {
  const own = proposals[name] ?? {};
  const known = Object.entries(own).find(([, one]) => 'text' in one && one.text === text)?.[0];
  const candidate = known ?? `i${Object.keys(own).length + 1}`;
  proposals[name] = { ...own, [candidate]: { text } };
  return withFirstNames(grown(tape.history, start.space, proposals), { ...current, [name]: { candidate } });
}
