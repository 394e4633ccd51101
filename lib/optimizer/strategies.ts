import type { EvaluateExpression } from '#lib/variable/evaluate-expression';
import { bootstrapFewShot } from './bootstrap-few-shot/strategy.ts';
import { bootstrapRandomSearch } from './bootstrap-random-search/strategy.ts';
import { copro } from './copro/strategy.ts';
import { gepa } from './gepa/strategy.ts';
import { gridSearch } from './grid/strategy.ts';
import { labeledFewShot } from './labeled-few-shot/strategy.ts';
import { miproV2 } from './mipro-v2/strategy.ts';
import { pythonOptimizer } from './python/strategy.ts';
import { randomSearch } from './random/strategy.ts';
import { simba } from './simba/strategy.ts';
import type { Strategy } from './spec.ts';
import { type StrategyFace, strategyFaces, strategyName } from './strategy-faces.ts';
import { variableSearch } from './variable-search/strategy.ts';

export { strategyName } from './strategy-faces.ts';

export interface StrategyKind extends StrategyFace {
  create(evaluate: EvaluateExpression): Strategy;
}

const code: Record<string, StrategyKind['create']> = {
  labeled_few_shot: labeledFewShot,
  bootstrap_few_shot: bootstrapFewShot,
  bootstrap_random_search: bootstrapRandomSearch,
  copro,
  mipro_v2: miproV2,
  simba,
  gepa,
  variable_search: variableSearch,
  python: pythonOptimizer,
  random: randomSearch,
  grid: gridSearch,
};

export const strategies: Record<string, StrategyKind> = Object.fromEntries(
  Object.entries(strategyFaces).map(([name, face]) => [
    name,
    { ...face, create: code[name] as StrategyKind['create'] },
  ]),
);

/** `createStrategy('variable_search', evaluate)`; the expressions are those of the space's constraints and composites. */
export function createStrategy(name: string, evaluate: EvaluateExpression): Strategy {
  return (strategies[strategyName(name)] as StrategyKind).create(evaluate);
}
