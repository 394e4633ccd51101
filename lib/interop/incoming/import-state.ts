import { ALONE, readState } from '../state/read-state.ts';
import { type Imported, importDspy } from './import-dspy.ts';
import { importWithSidecar } from './import-sidecar.ts';
import { isSidecar, readMapping } from './mapping.ts';

/** The text of a DSPy state, with a sidecar, a mapping or a lone signature, as the source of a program version. */
export async function importState(text: string, mapping: unknown, name: string): Promise<Imported> {
  const state = readState(text);
  return isSidecar(mapping) ? importWithSidecar(state, mapping) : importDspy(state, readMapping(mapping, ALONE), name);
}
