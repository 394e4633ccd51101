import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import { defaultAssignment, dimensionsOf } from '#lib/variable/dimensions';
import type { EvaluateExpression } from '#lib/variable/evaluate-expression';
import type { Space } from '#lib/variable/space';
import { configOf } from '../config-of.ts';
import { demoPlaces } from '../demos/places.ts';
import { textPlaces } from '../propose/places.ts';
import { askScript, type Done, type Tape } from '../script.ts';
import type { History, PythonFound, Strategy } from '../spec.ts';
import { type Utility, utilityOf } from '../utility.ts';
import { ending } from '../winner.ts';
import { PythonConfig } from './config.ts';

const NAME = 'python';
const FOUND = 'compiled';

/**
 * One of DSPy's own optimizers as one opaque job: the program as it is and what the job made of it are measured on the
 * validation split, and the better one wins. Whatever the job asks of models goes through the gateway.
 */
export function pythonOptimizer(_evaluate: EvaluateExpression): Strategy {
  return {
    name: NAME,
    space: (history) => withFound(history),
    ask: async (history, count) => {
      const config = configOf(PythonConfig, history, NAME) as PythonConfig;
      return askScript(history, count, (tape) => script(tape, config));
    },
  };
}

async function script(tape: Tape, config: PythonConfig): Promise<Done> {
  const { history } = tape;
  const { train, validation } = history.examples;
  if (textPlaces(history).length + demoPlaces(history).length === 0)
    return {
      winner: null,
      reason: 'the program has no variable for instructions or demos, and DSPy learns nothing else',
    };
  const exampleIds = validation.map(({ id }) => id);
  const measure = (space: Space, origin: string) =>
    tape.trial(() => ({
      assignment: assignmentOf(space, origin === FOUND),
      ...({ split: 'validation', exampleIds, origin } as const),
    }));
  await measure(history.space, 'baseline');
  tape.settle();
  const [job] = await tape.generate([
    {
      messages: [],
      parameters: {},
      purpose: `DSPy's ${config.optimizer}`,
      job: {
        optimizer: config.optimizer,
        config: config.settings as JsonObject,
        compile: config.compile as JsonObject,
        train: train.map(({ id }) => id),
        validation: exampleIds,
        seed: history.seed,
        turnSeconds: config.turn_seconds,
      },
    },
  ]);
  if (job?.failure !== undefined) return { winner: null, reason: `${config.optimizer} failed: ${job.failure.message}` };
  await measure(withFound(history), FOUND);
  const trials = tape.settle();
  const utility: Utility = utilityOf(history, trials, trials[0]);
  return ending(trials, utility, `${config.optimizer} has ended`);
}

function assignmentOf(space: Space, found: boolean) {
  const assignment = defaultAssignment(dimensionsOf(space));
  if (!found) return assignment;
  for (const [name, candidates] of Object.entries(space.candidates))
    if (Object.hasOwn(candidates, FOUND)) assignment[name] = { candidate: FOUND };
  return assignment;
}

/** The space with what the job found as a candidate of each variable that holds an instruction or demos of a predictor. */
function withFound(history: History): Space {
  const found = foundIn(history);
  if (found === null) return history.space;
  const candidates = { ...history.space.candidates };
  const add = (variable: string, value: Json | undefined): void => {
    if (value !== undefined) candidates[variable] = { ...candidates[variable], [FOUND]: value };
  };
  for (const { variable, nodes, part } of textPlaces(history))
    if (part === 'whole') add(variable.name, nodes.map(({ id }) => found[id]?.instructions).find(isThere));
  for (const { variable, nodes } of demoPlaces(history))
    add(variable.name, nodes.map(({ id }) => found[id]?.demos as Json[] | undefined).find(isThere));
  return { ...history.space, candidates };
}

const isThere = <T>(value: T | undefined): value is T => value !== undefined;

function foundIn({ generations }: History): PythonFound | null {
  const text = generations.find(({ work }) => work.job !== undefined)?.text;
  if (text === undefined || text === null) return null;
  const value = JSON.parse(text) as Json;
  return isJsonObject(value) ? (value as unknown as PythonFound) : null;
}
