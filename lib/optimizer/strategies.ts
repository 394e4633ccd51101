import type * as z from 'zod';
import { InvalidInput } from '#lib/base/errors';
import type { EvaluateExpression } from '#lib/variable/evaluate-expression';
import { BootstrapFewShotConfig } from './bootstrap-few-shot/config.ts';
import { bootstrapFewShot } from './bootstrap-few-shot/strategy.ts';
import { BootstrapRandomSearchConfig } from './bootstrap-random-search/config.ts';
import { bootstrapRandomSearch } from './bootstrap-random-search/strategy.ts';
import { CoproConfig } from './copro/config.ts';
import { copro } from './copro/strategy.ts';
import { GepaConfig } from './gepa/config.ts';
import { gepa } from './gepa/strategy.ts';
import { GridConfig, gridSearch } from './grid/strategy.ts';
import { LabeledFewShotConfig, labeledFewShot } from './labeled-few-shot/strategy.ts';
import { MiproV2Config } from './mipro-v2/config.ts';
import { miproV2 } from './mipro-v2/strategy.ts';
import { PythonConfig } from './python/config.ts';
import { pythonOptimizer } from './python/strategy.ts';
import { RandomConfig, randomSearch } from './random/strategy.ts';
import { SimbaConfig } from './simba/config.ts';
import { simba } from './simba/strategy.ts';
import type { Strategy } from './spec.ts';
import { VariableSearchConfig } from './variable-search/config.ts';
import { variableSearch } from './variable-search/strategy.ts';

export interface StrategyKind {
  /** Strict; gives the defaults. */
  config: z.ZodType;
  create(evaluate: EvaluateExpression): Strategy;
  /** DSPy's class name. */
  dspyName?: string;
  /** Other names of DSPy's for the same class. */
  aliases?: string[];
  /** Does it make use of `history.earlier`? */
  learns?: boolean;
}

export const strategies: Record<string, StrategyKind> = {
  labeled_few_shot: { config: LabeledFewShotConfig, create: labeledFewShot, dspyName: 'LabeledFewShot' },
  bootstrap_few_shot: { config: BootstrapFewShotConfig, create: bootstrapFewShot, dspyName: 'BootstrapFewShot' },
  bootstrap_random_search: {
    config: BootstrapRandomSearchConfig,
    create: bootstrapRandomSearch,
    dspyName: 'BootstrapFewShotWithRandomSearch',
    aliases: ['BootstrapRS'],
  },
  copro: { config: CoproConfig, create: copro, dspyName: 'COPRO', learns: true },
  mipro_v2: { config: MiproV2Config, create: miproV2, dspyName: 'MIPROv2', learns: true },
  simba: { config: SimbaConfig, create: simba, dspyName: 'SIMBA', learns: true },
  gepa: { config: GepaConfig, create: gepa, dspyName: 'GEPA', learns: true },
  variable_search: { config: VariableSearchConfig, create: variableSearch, learns: true },
  python: { config: PythonConfig, create: pythonOptimizer },
  random: { config: RandomConfig, create: randomSearch },
  grid: { config: GridConfig, create: gridSearch },
};

/** Our name for a strategy, from ours or from DSPy's class name; an unknown one is an error that lists what there is. */
export function strategyName(name: string): string {
  if (Object.hasOwn(strategies, name)) return name;
  const found = Object.entries(strategies).find(([, kind]) => kind.dspyName === name || kind.aliases?.includes(name));
  if (found !== undefined) return found[0];
  const known = Object.entries(strategies).map(([key, { dspyName }]) => (dspyName ? `${key} (${dspyName})` : key));
  throw new InvalidInput('optimizer_unknown', `no strategy "${name.slice(0, 80)}"; there are ${known.join(', ')}`);
}

/** `createStrategy('variable_search', evaluate)`; the expressions are those of the space's constraints and composites. */
export function createStrategy(name: string, evaluate: EvaluateExpression): Strategy {
  return (strategies[strategyName(name)] as StrategyKind).create(evaluate);
}
