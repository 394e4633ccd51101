import { seededRandom } from '#lib/base/random';
import type { EvaluateExpression } from '#lib/variable/evaluate-expression';
import { sample } from '#lib/variable/sample';
import type { Assignment } from '#lib/variable/variable';
import { configOf } from '../config-of.ts';
import { begin, finish } from '../propose/begin.ts';
import { bootstrapDemoSets, type DemoSet } from '../propose/demo-sets.ts';
import { firstNamed, grown, type Proposals, proposedSpace, withFirstNames } from '../propose/space.ts';
import { askScript, type Done, type Tape } from '../script.ts';
import type { Strategy } from '../spec.ts';
import { firstFresh, keyOf, triedKeys } from '../tried.ts';
import { BootstrapRandomSearchConfig } from './config.ts';

const NAME = 'bootstrap_random_search';

/**
 * DSPy's BootstrapFewShotWithRandomSearch as ask and tell: the baseline, then one trial for each demo set (none, labelled
 * ones, bootstrapped ones from the data in its own and in random orders) on the whole validation split; the best wins.
 */
export function bootstrapRandomSearch(evaluate: EvaluateExpression): Strategy {
  return {
    name: NAME,
    space: proposedSpace,
    ask: async (history, count) => {
      const config = configOf(BootstrapRandomSearchConfig, history, NAME);
      return askScript(history, count, (tape) => script(tape, config, evaluate));
    },
  };
}

async function script(tape: Tape, config: BootstrapRandomSearchConfig, evaluate: EvaluateExpression): Promise<Done> {
  const { history } = tape;
  const start = await begin(tape, evaluate);
  if ('reason' in start) return start;
  const { base, validation, dimensions, admission } = start;
  await tape.trial(() => ({ assignment: base, split: 'validation', exampleIds: validation, origin: 'baseline' }));

  const made = await bootstrapDemoSets(tape, base, {
    sets: 3 + config.num_candidate_programs,
    maxBootstrapped: config.max_bootstrapped_demos,
    maxLabeled: config.max_labeled_demos,
    threshold: config.metric_threshold,
    rounds: config.max_rounds,
    maxErrors: config.max_errors,
    teach: config.teacher !== undefined,
  });
  if ('trouble' in made) return finish(tape, made.trouble);
  if (made.sets.length === 0 && !config.variables) return finish(tape, 'the program has no variable for demos');
  const proposals = proposalsOf(made.sets);
  const space = grown(history, start.space, proposals);
  const baseKey = keyOf(withFirstNames(space, base));

  let reason = `all ${made.sets.length} demo sets are measured`;
  for (const [index, set] of made.sets.entries()) {
    const named = Object.fromEntries(Object.keys(set.demos).map((name) => [name, { candidate: `d${index}` }]));
    const plain = withFirstNames(space, { ...base, ...named });
    // Without demos it is the baseline, which has been measured.
    if (keyOf(plain) === baseKey) continue;
    const going = await tape.trial(async (seen, pending) => {
      const reached = seen.some((trial) =>
        isReached(trial.objectives.quality, trial.outcomes.length, validation, config),
      );
      if (reached) return null;
      let assignment = plain;
      if (config.variables && index >= 3) {
        const random = seededRandom(`${history.seed}/variables/${index}`);
        const draw = (): Assignment => onlyExisting({ ...sample(dimensions, random) }, named);
        assignment = (await firstFresh(draw, 200, triedKeys(seen, pending), admission)) ?? assignment;
      }
      return {
        assignment,
        split: 'validation',
        exampleIds: validation,
        origin: set.kind,
        ...firstNamed(assignment, proposals, tape.asked()),
      };
    });
    if (going) continue;
    reason = `a score of ${config.stop_at_score} is reached`;
    break;
  }
  return finish(tape, reason);
}

/** The drawn values with this demo set wherever they have a place for one. */
function onlyExisting(drawn: Assignment, named: Assignment): Assignment {
  for (const [name, value] of Object.entries(named)) if (Object.hasOwn(drawn, name)) drawn[name] = value;
  return drawn;
}

function proposalsOf(sets: readonly DemoSet[]): Proposals {
  const proposals: Proposals = {};
  for (const [index, { demos }] of sets.entries())
    for (const [name, sources] of Object.entries(demos))
      proposals[name] = { ...proposals[name], [`d${index}`]: { demos: sources } };
  return proposals;
}

function isReached(
  quality: number | undefined,
  examples: number,
  validation: readonly string[],
  { stop_at_score }: BootstrapRandomSearchConfig,
): boolean {
  return (
    stop_at_score !== undefined && quality !== undefined && examples === validation.length && quality >= stop_at_score
  );
}
