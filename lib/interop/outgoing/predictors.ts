import { Unprocessable } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import type { LmParameters } from '#lib/lm/spec';
import { predictorsOf as askedOf } from '#lib/module/asked';
import type { ModuleType } from '#lib/module/spec';
import type { Signature } from '#lib/signature/signature';
import { ALONE } from '../state/read-state.ts';
import type { ExportedModule } from './exported-modules.ts';

/** One `dspy.Predict` inside an exported module. */
export interface ExportedPredictor {
  /** Its path in the DSPy program: `answer.predict`. */
  path: string;
  /** DSPy's name of it inside the module: `predict`; `self` where the module is the predictor. */
  part: string;
  /** What it asks of the model, `reasoning` included. */
  asked: Signature;
  demos: readonly JsonObject[];
  lm?: string;
  config: LmParameters;
}

/** Module types DSPy has as classes whose predictors it saves and that need no Python of the user's. */
export const EXPORTED_TYPES: readonly ModuleType[] = ['predict', 'chain_of_thought', 'react'];

/** Throws Unprocessable for a module type that is a function or takes a reward in DSPy; it names module and node. */
export function predictorsOf({ spec, nodes, path }: ExportedModule): ExportedPredictor[] {
  if (!EXPORTED_TYPES.includes(spec.type))
    throw new Unprocessable(
      'export_module_type',
      `node ${nodes.join(', ')}: a ${spec.type} has no saved state in DSPy, or needs a reward written in Python; exported are ${EXPORTED_TYPES.join(', ')}`,
    );
  const asked = Object.entries(askedOf(spec));
  const answering = asked.at(-1)?.[0];
  return asked.map(([part, signature]) => {
    const own = spec.predictors?.[part] ?? {};
    const lm = own.lm ?? spec.lm;
    return {
      path: part === ALONE ? path : `${path}.${part}`,
      part,
      asked: signature,
      demos: own.demos ?? (part === answering ? spec.demos : []),
      config: { ...spec.config, ...own.config },
      ...(lm === undefined ? {} : { lm }),
    };
  });
}
