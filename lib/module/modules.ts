import { adopted } from './adopted.ts';
import { bestOfN } from './best-of-n.ts';
import { chainOfThought } from './chain-of-thought.ts';
import type { ModuleKind } from './forward.ts';
import { majority } from './majority.ts';
import { multiChainComparison } from './multi-chain-comparison.ts';
import { parallel } from './parallel.ts';
import { predict } from './predict.ts';
import { react } from './react.ts';
import { reactV2 } from './react-v2.ts';
import { refine } from './refine.ts';
import { retrieve } from './retrieve.ts';
import type { ModuleType } from './spec.ts';

/** Every module type: one file each, which reads like DSPy's `forward`. */
export const MODULES: Record<ModuleType, ModuleKind> = {
  predict,
  chain_of_thought: chainOfThought,
  react,
  best_of_n: bestOfN,
  refine,
  majority,
  parallel,
  retrieve,
  multi_chain_comparison: multiChainComparison,
  react_v2: reactV2,
  adopted,
};
