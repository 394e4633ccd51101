import { StepFailure } from '#lib/base/failure';
import type { ModuleKind } from './forward.ts';
import type { ModuleType } from './spec.ts';

/** Module types that nothing but Python runs, and why: what a route answers, and what declaring them otherwise is told. */
export const PYTHON_ONLY: Readonly<Partial<Record<ModuleType, string>>> = {
  adopted: 'an adopted program is Python',
  multi_chain_comparison: 'multi_chain_comparison is DSPy’s own, in Python',
  react_v2: 'react_v2 is DSPy’s own, in Python, where it is experimental; react is served natively too',
};

/** The `forward` of such a type: only a call that asks for `native` gets here. */
export const inPythonOnly: ModuleKind['forward'] = async ({ spec }) => {
  throw new StepFailure('Module.Unsupported', `${PYTHON_ONLY[spec.type] ?? spec.type}: it runs in Python only`);
};
