import type * as z from 'zod';
import { InvalidInput } from '#lib/base/errors';
import { BootstrapFewShotConfig } from './bootstrap-few-shot/config.ts';
import { BootstrapRandomSearchConfig } from './bootstrap-random-search/config.ts';
import { CoproConfig } from './copro/config.ts';
import { GepaConfig } from './gepa/config.ts';
import { GridConfig } from './grid/strategy.ts';
import { LabeledFewShotConfig } from './labeled-few-shot/strategy.ts';
import { MiproV2Config } from './mipro-v2/config.ts';
import { PythonConfig } from './python/config.ts';
import { RandomConfig } from './random/strategy.ts';
import { SimbaConfig } from './simba/config.ts';
import { VariableSearchConfig } from './variable-search/config.ts';

/** What a request for a strategy is checked by; its code is beside it, in `strategies.ts`. */
export interface StrategyFace {
  /** Strict; gives the defaults. */
  config: z.ZodType;
  /** DSPy's class name. */
  dspyName?: string;
  /** Other names of DSPy's for the same class. */
  aliases?: string[];
  /** Does it make use of `history.earlier`? */
  learns?: boolean;
}

export const strategyFaces: Record<string, StrategyFace> = {
  labeled_few_shot: { config: LabeledFewShotConfig, dspyName: 'LabeledFewShot' },
  bootstrap_few_shot: { config: BootstrapFewShotConfig, dspyName: 'BootstrapFewShot' },
  bootstrap_random_search: {
    config: BootstrapRandomSearchConfig,
    dspyName: 'BootstrapFewShotWithRandomSearch',
    aliases: ['BootstrapRS'],
  },
  copro: { config: CoproConfig, dspyName: 'COPRO', learns: true },
  mipro_v2: { config: MiproV2Config, dspyName: 'MIPROv2', learns: true },
  simba: { config: SimbaConfig, dspyName: 'SIMBA', learns: true },
  gepa: { config: GepaConfig, dspyName: 'GEPA', learns: true },
  variable_search: { config: VariableSearchConfig, learns: true },
  python: { config: PythonConfig },
  random: { config: RandomConfig },
  grid: { config: GridConfig },
};

/** Our name for a strategy, from ours or from DSPy's class name; an unknown one is an error that lists what there is. */
export function strategyName(name: string): string {
  if (Object.hasOwn(strategyFaces, name)) return name;
  const found = Object.entries(strategyFaces).find(
    ([, kind]) => kind.dspyName === name || kind.aliases?.includes(name),
  );
  if (found !== undefined) return found[0];
  const known = Object.entries(strategyFaces).map(([key, { dspyName }]) => (dspyName ? `${key} (${dspyName})` : key));
  throw new InvalidInput('optimizer_unknown', `no strategy "${name.slice(0, 80)}"; there are ${known.join(', ')}`);
}
