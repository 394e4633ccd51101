import { defaultAssignment, dimensionsOf } from '#lib/variable/dimensions';
import type { EvaluateExpression } from '#lib/variable/evaluate-expression';
import { admissionTo } from '../admissible.ts';
import { configOf } from '../config-of.ts';
import { withDemos } from '../demos/labeled.ts';
import { demoPlaces } from '../demos/places.ts';
import { askScript, type Done, type Tape } from '../script.ts';
import type { ExampleSketch, Strategy, Trial } from '../spec.ts';
import { utilityOf } from '../utility.ts';
import { ending } from '../winner.ts';
import { bootstrappedSpace, isTeaching, passedRuns, teacherSpace } from './candidates.ts';
import { BootstrapFewShotConfig } from './config.ts';

const NAME = 'bootstrap_few_shot';

/**
 * DSPy's BootstrapFewShot as ask and tell: the teacher (the program with labelled demos, never the example's own) runs
 * one train example per trial, in order, until enough runs pass the metric; their traces are the demos, filled up with
 * labelled examples. The last trial has the finished demos, is measured on the validation split, and wins.
 */
export function bootstrapFewShot(evaluate: EvaluateExpression): Strategy {
  return {
    name: NAME,
    ask: async (history, count) => {
      const config = configOf(BootstrapFewShotConfig, history, NAME);
      return askScript(history, count, (tape) => script(tape, config, evaluate));
    },
    space: (history) => {
      const config = configOf(BootstrapFewShotConfig, history, NAME);
      const { space } = teacherSpace(history, config);
      const taught = history.trials.filter(isTeaching);
      if (taught.some((trial) => trial.state === 'running')) return space;
      return bootstrappedSpace(history, config, space, taught);
    },
  };
}

async function script(tape: Tape, config: BootstrapFewShotConfig, evaluate: EvaluateExpression): Promise<Done> {
  const { history } = tape;
  const { space, teacherFor } = teacherSpace(history, config);
  const trouble = await admissionTo(history.space, evaluate)(defaultAssignment(dimensionsOf(history.space)));
  if (trouble !== null) return { winner: null, reason: `the rules forbid the program as it is: ${trouble}` };
  const wanted = demoPlaces(history).length > 0 ? config.max_bootstrapped_demos : 0;

  const attempt = (example: ExampleSketch, round: number): Promise<boolean> =>
    tape.trial(
      (seen) => {
        const passed = passedRuns(seen, config);
        const done = passed.length >= wanted || failed(seen) >= config.max_errors;
        if (done || passed.some((trial) => trial.work.exampleIds[0] === example.id)) return null;
        return {
          assignment: withDemos(space, teacherFor(example.id)),
          split: 'train',
          exampleIds: [example.id],
          keepTraces: true,
          origin: 'bootstrap',
          ...(round === 0 ? {} : { draw: { sample: round, temperature: 1 } }),
        };
      },
      (trial) => isTeaching(trial) && trial.work.exampleIds[0] === example.id && sampleOf(trial) === round,
    );
  for (let round = 0; round < config.max_rounds && wanted > 0; round++) {
    for (const example of history.examples.train) await attempt(example, round);
  }

  const taught = tape.settle();
  if (failed(taught) >= config.max_errors) {
    return { winner: null, reason: `${failed(taught)} train examples failed: ${lastFailure(taught)}` };
  }
  await tape.trial(() => ({
    assignment: withDemos(bootstrappedSpace(history, config, space, taught), 'bootstrapped'),
    split: 'validation',
    exampleIds: history.examples.validation.map(({ id }) => id),
    origin: 'bootstrapped',
  }));
  const trials = tape.settle();
  const passed = passedRuns(taught, config).length;
  const reason = `${passed} of ${taught.length} bootstrapping runs passed the metric, ${wanted} were wanted`;
  // Without examples to measure it on the program is what was asked for all the same.
  if (history.examples.validation.length === 0) return { winner: `t${taught.length}`, reason };
  return ending(trials, utilityOf(history, trials, undefined), reason);
}

const sampleOf = (trial: Trial): number => trial.work.draw?.sample ?? 0;

const failed = (trials: readonly Trial[]): number =>
  trials.filter((trial) => isTeaching(trial) && (trial.state === 'failed' || trial.failures > 0)).length;

function lastFailure(trials: readonly Trial[]): string {
  const trial = trials.findLast(({ state, failures }) => state === 'failed' || failures > 0);
  return (trial?.failure ?? trial?.outcomes[0]?.failure)?.message ?? 'without a reason';
}
