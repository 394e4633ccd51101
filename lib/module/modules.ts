import type { Signature } from '#lib/signature/signature';
import { withReasoning } from './chain-of-thought.ts';
import type { ModuleType } from './spec.ts';

/** What a module type asks of the model, given what its user declared. */
interface ModuleKind {
  doc: string;
  /** The signature that is rendered and parsed. */
  asked(signature: Signature): Signature;
}

export const MODULES: Record<ModuleType, ModuleKind> = {
  predict: { doc: 'One call that fills in the outputs.', asked: (signature) => signature },
  chain_of_thought: { doc: 'One call that reasons first, then fills in the outputs.', asked: withReasoning },
};

// Rendering starts from the asked signature at every call, so it is derived once for each declared one.
const askedOf = new WeakMap<Signature, Map<ModuleType, Signature>>();

/** The signature a module really sends to its model, for instance with `reasoning` in front. */
export function askedSignature(type: ModuleType, signature: Signature): Signature {
  const byType = askedOf.get(signature) ?? new Map<ModuleType, Signature>();
  askedOf.set(signature, byType);
  const asked = byType.get(type) ?? MODULES[type].asked(signature);
  byType.set(type, asked);
  return asked;
}
