/**
 * What ministack cannot do is left out of the template when the context says `dspex:emulator`; docs/aws-emulator.md lists
 * it, and the assertions on the full template cover it. This is the one place that decides: stacks ask `emulated`.
 */
import type { IConstruct } from 'constructs';

export const EMULATOR = 'dspex:emulator';
/** Synthesizes without Python where `npm run layer` has not been run: for tests of everything else. */
export const WITHOUT_LAYER = 'dspex:without-layer';

/** Another folder than the one where `npm run layer` puts it. */
export const LAYER = 'dspex:layer';

export function isEmulated(scope: IConstruct): boolean {
  return isSet(scope, EMULATOR);
}

export function isSet(scope: IConstruct, name: string): boolean {
  const value: unknown = scope.node.tryGetContext(name);
  return value === true || value === 'true';
}
