import type { History } from '../spec.ts';
import type { VariableSearchConfig } from './config.ts';
import { orderOf } from './rungs.ts';

// Measured on recorded answers (bench/lm-replay/budgets.ts): between a fifth and an eighth of the budget it makes no difference.
const SHARE_OF_BUDGET = 1 / 6;
const FEWEST_EXAMPLES = 15;

/** The history with only those validation examples that are searched on. */
export function searchedOn(
  history: History,
  { validationExamples, minibatch, maxExampleRuns }: VariableSearchConfig,
): History {
  const { validation } = history.examples;
  const affordable =
    minibatch === undefined || maxExampleRuns === undefined
      ? validation.length
      : Math.max(FEWEST_EXAMPLES, Math.ceil(SHARE_OF_BUDGET * maxExampleRuns));
  const most = validationExamples ?? affordable;
  if (most >= validation.length) return history;
  const searched = new Set(orderOf(history).slice(0, most));
  return { ...history, examples: { ...history.examples, validation: validation.filter(({ id }) => searched.has(id)) } };
}
