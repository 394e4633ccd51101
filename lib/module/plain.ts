import { chainOfThought } from './chain-of-thought.ts';
import type { ModuleKind } from './forward.ts';
import { predict } from './predict.ts';
import { react } from './react.ts';
import type { ModuleSpec, PlainType } from './spec.ts';

const PLAIN: Record<PlainType, ModuleKind> = { predict, chain_of_thought: chainOfThought, react };

/** The module that a drawing one draws from. */
export function plainOf(spec: ModuleSpec): ModuleKind {
  return PLAIN[spec.of ?? 'predict'];
}
